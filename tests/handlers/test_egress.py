"""The egress function: two operations, as values."""

import base64
import os
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.builders import a_png
from tests.cloud import client
from tests.handlers.test_steps import step
from tests.test_guard import answering, serving

HOSTILE = "https://169.254.169.254/latest/"


@pytest.fixture
def local(deployed: dict[str, str]) -> Iterator[ModuleType]:
    """The function as the local stack has it: this machine may be called."""
    import importlib

    os.environ.update(ALLOW_LOOPBACK="1", BUCKET_OWNER="123456789012")
    module = importlib.import_module("gateway.handlers.egress")
    yield importlib.reload(module)
    del os.environ["ALLOW_LOOPBACK"]
    importlib.reload(module)


def test_a_file_is_fetched_into_the_bucket(local: ModuleType) -> None:
    """Its type is told from its bytes, whatever its server says."""
    with serving(answering(200, a_png(), content_type="text/html")) as port:
        event = {"do": "fetch", "url": f"http://127.0.0.1:{port}/a", "key": "inputs/acme/gw_1/0"}
        found = local.handler({**event, "most_bytes": 10_000, "deadline_s": 5}, None)

    assert found == {"key": "inputs/acme/gw_1/0", "content_type": "image/png", "bytes": len(a_png())}
    stored = client("s3").get_object(Bucket="artifacts", Key="inputs/acme/gw_1/0")
    assert stored["Body"].read() == a_png()


def test_a_message_is_posted_and_its_status_told(local: ModuleType) -> None:
    """Nothing of the answer's body."""
    with serving(answering(201, b"our secrets")) as port:
        event = {"do": "post", "url": f"http://127.0.0.1:{port}/", "headers": {}, "deadline_s": 5}
        found = local.handler({**event, "body": base64.b64encode(b"{}").decode()}, None)

    assert found == {"status": 201, "retry_after_s": None, "problem": ""}


def test_strangers_are_refused_with_a_word(deployed: dict[str, str]) -> None:
    """In both operations; on AWS this machine is a stranger like any other."""
    posted = step("egress", {"do": "post", "url": HOSTILE, "headers": {}, "body": "", "deadline_s": 1})
    fetched = step(
        "egress",
        {"do": "fetch", "url": "http://127.0.0.1/", "key": "inputs/x", "most_bytes": 1, "deadline_s": 1},
    )

    assert posted == {"status": 0, "retry_after_s": None, "problem": "literal"}
    assert fetched == {"problem": "scheme"}
