"""Strangers' files in the bucket, and the way to the function that brings them."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.aws.egress import Egress
from gateway.aws.inputs import PART_BYTES, Inputs
from gateway.domain.address import Fetched, Posted, Unfetched
from tests.builders import a_png
from tests.cloud import client, small_cloud

ACCOUNT = "123456789012"
URL = "https://files.example.com/in.png"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A bucket."""
    with small_cloud():
        yield client("s3")


def store(s3: Any, key: str, *chunks: bytes) -> Fetched:
    """Stream chunks into the bucket."""
    return Inputs(lambda: s3, "artifacts", ACCOUNT).store(key, iter(chunks))


@pytest.mark.parametrize("size", [0, 5, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
def test_a_file_of_any_size_arrives_whole_and_is_what_its_bytes_say(s3: Any, size: int) -> None:
    """In one piece or in parts, and never an empty part at the end."""
    data = a_png() + bytes(size)

    found = store(s3, "inputs/acme/gw_1/0", data[: len(data) // 2], data[len(data) // 2 :])

    stored = s3.get_object(Bucket="artifacts", Key="inputs/acme/gw_1/0")
    assert found == Fetched("inputs/acme/gw_1/0", "image/png", len(data))
    assert (stored["Body"].read(), stored["ContentType"]) == (data, "image/png")


@pytest.mark.parametrize("key", ["r30/acme/gw_1/1/0.png", "inputs/../r30/x", "/inputs/x"])
def test_nothing_is_stored_outside_of_the_prefix(s3: Any, key: str) -> None:
    """The role does not permit it either."""
    with pytest.raises(ValueError, match=r"^a key outside of inputs/$"):
        store(s3, key, b"x")


def test_a_file_that_breaks_off_leaves_nothing_behind(s3: Any) -> None:
    """Neither an object nor an upload that was begun."""

    def breaking() -> Iterator[bytes]:
        yield from (bytes(PART_BYTES), bytes(PART_BYTES))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        Inputs(lambda: s3, "artifacts", ACCOUNT).store("inputs/broken", breaking())

    assert "Uploads" not in s3.list_multipart_uploads(Bucket="artifacts")
    assert s3.list_objects_v2(Bucket="artifacts", Prefix="inputs/broken")["KeyCount"] == 0


class FakeLambda:
    """A function that answers once, and keeps what it was asked."""

    def __init__(self, answer: dict[str, Any], **more: str) -> None:
        self.answer, self.more = answer, more
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        """Answer."""
        self.asked.append((FunctionName, json.loads(Payload)))
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **self.more}


def post(egress: Egress) -> Posted:
    """Send a message."""
    return egress.post(URL, {"webhook-id": "msg_1"}, b"{}", 20)


def fetch(egress: Egress) -> Fetched | Unfetched:
    """Bring a file."""
    return egress.fetch(URL, "inputs/x", 100, 30)


@pytest.mark.parametrize(
    ("operation", "answer", "found"),
    [
        (post, {"status": 429, "retry_after_s": 7, "problem": ""}, Posted(429, 7)),
        (post, {"status": 0, "retry_after_s": None, "problem": "address"}, Posted(0, None, "address")),
        (fetch, {"key": "k", "content_type": "image/png", "bytes": 9}, Fetched("k", "image/png", 9)),
        (fetch, {"problem": "status_404"}, Unfetched("status_404")),
    ],
)  # fmt: skip
def test_the_functions_answer_comes_back_as_a_value(
    operation: Callable[[Egress], object], answer: dict[str, Any], found: object
) -> None:
    """Each operation has its own."""
    function = FakeLambda(answer)

    assert operation(Egress(lambda: function, "egress")) == found
    assert [(name, asked["url"]) for name, asked in function.asked] == [("egress", URL)]


@pytest.mark.parametrize(
    ("operation", "found"), [(post, Posted(0, None, "crashed")), (fetch, Unfetched("crashed"))]
)
def test_a_function_that_broke_is_a_problem_like_any_other(
    operation: Callable[[Egress], object], found: object
) -> None:
    """Whoever asked goes on; nothing of the breakage is passed on."""
    function = FakeLambda({"errorMessage": "Task timed out"}, FunctionError="Unhandled")

    assert operation(Egress(lambda: function, "egress")) == found
