"""Deepgram's SDK: transcription by URL and of a file, speech."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment

from tests.probe import sound_seconds

TEXT = "Hello from the fox. " * 3
NO_RETRY: Any = {"max_retries": 0}


# It brings an old part of its own socket library.
pytestmark = pytest.mark.filterwarnings("ignore:websockets.legacy is deprecated:DeprecationWarning")


@contextmanager
def client_of(server: str, key: str = "key") -> Iterator[DeepgramClient]:
    at = dict.fromkeys(("base", "production", "agent", "agent_rest"), f"{server}/deepgram")
    client = DeepgramClient(api_key=key, environment=DeepgramClientEnvironment(**at))
    with client._client_wrapper.httpx_client.httpx_client:  # the SDK has no other way to close it
        yield client


@pytest.fixture
def deepgram(server: str) -> Iterator[DeepgramClient]:
    """
    Yield the SDK's client as it comes, but for its addresses.
    """
    with client_of(server) as client:
        yield client


def test_a_file_is_heard_from_its_first_word_to_its_last(deepgram: DeepgramClient, sound: bytes) -> None:
    """
    The length is the file's own, and words have their times, their speakers and their utterances.
    """
    asked: dict[str, Any] = {"model": "nova-3", "smart_format": True, "diarize": True, "utterances": True}

    answer = deepgram.listen.v1.media.transcribe_file(request=sound, **asked)

    best = answer.results.channels[0].alternatives[0]
    assert answer.metadata.duration == pytest.approx(3, abs=0.01)
    assert " ".join(word.punctuated_word for word in best.words) == best.transcript
    assert (best.words[-1].end, best.words[0].speaker) == (answer.metadata.duration, 0)
    assert " ".join(each.transcript for each in answer.results.utterances) == best.transcript


def test_a_url_is_heard_and_its_language_told(deepgram: DeepgramClient) -> None:
    """
    Nothing is sent but the address.
    """
    answer = deepgram.listen.v1.media.transcribe_url(
        url="https://example.com/a.mp3", model="nova-2", detect_language=True
    )

    assert answer.results.channels[0].alternatives[0].transcript
    assert answer.results.channels[0].detected_language == "en"


@pytest.mark.parametrize("encoding", ["mp3", "linear16", "flac", "opus", "aac"])
def test_speech_comes_in_every_encoding(deepgram: DeepgramClient, encoding: str) -> None:
    """
    The SDK gives the bytes in pieces; they are a file that plays for as long as the text takes.
    """
    pieces = deepgram.speak.v1.audio.generate(text=TEXT, model="aura-2-thalia-en", encoding=encoding)

    assert sound_seconds(b"".join(pieces)) == pytest.approx(60 * 0.06, abs=0.3)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 402}, 402, "ASR_PAYMENT_REQUIRED"),
        ({"kind": "status", "status": 429}, 429, "TOO_MANY_REQUESTS"),
        ({"kind": "status", "status": 504}, 504, "GATEWAY_TIMEOUT"),
        ({"kind": "fail_after_accept"}, 500, "INTERNAL_SERVER_ERROR"),
    ],
)
def test_an_error_carries_deepgrams_code(
    deepgram: DeepgramClient, break_: Callable[..., None], fault: dict[str, Any], status: int, code: str
) -> None:
    """
    The SDK raises with the body as it came.
    """
    break_("deepgram", **fault)

    with pytest.raises(ApiError) as caught:
        deepgram.listen.v1.media.transcribe_url(url="https://example.com/a.mp3", request_options=NO_RETRY)

    assert (caught.value.status_code, caught.value.body["err_code"]) == (status, code)


def test_what_is_no_sound_is_refused(deepgram: DeepgramClient, photo: bytes) -> None:
    """
    A picture is a caller's mistake.
    """
    with pytest.raises(ApiError) as caught:
        deepgram.listen.v1.media.transcribe_file(request=photo, model="nova-3")

    assert caught.value.status_code == 400


def test_a_bad_key_is_refused(server: str) -> None:
    """
    The key's scheme is Token.
    """
    with client_of(server, "invalid") as client, pytest.raises(ApiError) as caught:
        client.listen.v1.media.transcribe_url(url="https://example.com/a.mp3")

    assert (caught.value.status_code, caught.value.body["err_code"]) == (401, "INVALID_AUTH")
