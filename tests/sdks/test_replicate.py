"""Replicate's SDK: predictions, waited for, cancelled, refused; and webhooks, as it validates them itself."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
import replicate
from replicate.exceptions import ModelError, ReplicateError
from replicate.webhook import InvalidSignatureError, Webhooks

from tests.probe import clip_facts, picture_size

Break = Callable[..., None]
PICTURE, PICTURES = "black-forest-labs/flux-1.1-pro", "black-forest-labs/flux-schnell"
CLIP = "minimax/video-01"
FOX = {"prompt": "a red fox"}


@pytest.fixture(scope="module")
def client_(server: str) -> Iterator[replicate.Client]:
    """
    Yield the SDK's client as it comes, but for its base URL; it looks more often.
    """
    client = replicate.Client(api_token="key", base_url=f"{server}/replicate", timeout=20)
    client.poll_interval = 0.05
    yield client
    client._client.close()


def test_run_waits_for_one_file(client_: replicate.Client) -> None:
    """
    An official model's output is a file that the SDK reads.
    """
    output = client_.run(PICTURE, input=FOX | {"aspect_ratio": "16:9", "output_format": "png"})

    assert picture_size(output.read()) == (1360, 768)


def test_run_waits_for_a_list_of_files(client_: replicate.Client) -> None:
    """
    Other models answer a list, in order.
    """
    outputs = client_.run(PICTURES, input=FOX | {"num_outputs": 2})

    files = [output.read() for output in outputs]
    assert [picture_size(file) for file in files] == [(1024, 1024)] * 2
    assert files[0] != files[1]


def test_a_prediction_is_followed_to_its_clip(client_: replicate.Client, client: httpx.Client) -> None:
    """
    Created, looked at, waited for, found in the list.
    """
    prediction = client_.models.predictions.create(CLIP, input=FOX)
    first = prediction.status
    prediction.wait()

    assert (first, prediction.status, prediction.error) == ("starting", "succeeded", None)
    assert clip_facts(client.get(prediction.output).content) == (1280, 720, 6.0)
    assert prediction.id in [each.id for each in client_.predictions.list()]
    assert client_.predictions.get(prediction.id).metrics["predict_time"] > 0


def test_a_prediction_is_cancelled(client_: replicate.Client) -> None:
    """
    And waiting for it ends.
    """
    prediction = client_.models.predictions.create(CLIP, input=FOX)

    prediction.cancel()
    prediction.wait()

    assert (prediction.status, prediction.output) == ("canceled", None)


@pytest.mark.parametrize(
    ("kind", "words"), [("fail_after_accept", "raised an error"), ("moderation", "NSFW content detected")]
)
def test_a_prediction_that_failed_says_why(
    client_: replicate.Client, break_: Break, kind: str, words: str
) -> None:
    """
    As the SDK's own error.
    """
    break_("replicate", kind, on="job")

    with pytest.raises(ModelError, match=words):
        client_.run(PICTURE, input=FOX)


def test_refusals_are_the_sdks_errors(server: str, client_: replicate.Client, break_: Break) -> None:
    """
    A bad input, a bad key, a limit: with status and words.
    """
    with pytest.raises(ReplicateError) as bad_input:
        client_.models.predictions.create(PICTURE, input={})
    stranger = replicate.Client(api_token="invalid", base_url=f"{server}/replicate")
    with pytest.raises(ReplicateError) as bad_key, stranger._client:
        stranger.predictions.get("p")
    break_("replicate", "status", status=402)
    with pytest.raises(ReplicateError) as no_credit:
        client_.models.predictions.create(PICTURE, input=FOX)

    assert [caught.value.status for caught in (bad_input, bad_key, no_credit)] == [422, 401, 402]
    assert [caught.value.title for caught in (bad_key, no_credit)] == [
        "Unauthenticated",
        "Insufficient credit",
    ]


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[tuple[dict[str, str], str]]]]:
    """
    Yield the address of a receiver, and what came there.
    """
    came: list[tuple[dict[str, str], str]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", came
    server.shutdown()
    server.server_close()


def test_webhooks_are_what_the_sdk_takes_for_genuine(
    client_: replicate.Client, inbox: tuple[str, list[tuple[dict[str, str], str]]]
) -> None:
    """
    Signed with the account's secret, which the SDK asks for; another body is another's.
    """
    url, came = inbox
    events = ["completed"]
    prediction = client_.models.predictions.create(
        PICTURE, input=FOX, webhook=url, webhook_events_filter=events
    )
    prediction.wait()
    while not came:
        prediction.reload()
    headers, body = came[0]
    secret = client_.webhooks.default.secret()

    Webhooks.validate(headers=headers, body=body, secret=secret)
    with pytest.raises(InvalidSignatureError):
        Webhooks.validate(headers=headers, body=body + " ", secret=secret)
    assert f'"{prediction.id}"' in body
