"""ElevenLabs' SDK: speech, sound effects, music and transcription."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from elevenlabs import MusicPrompt, SongSection, VoiceSettings
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError

from tests.probe import sound_seconds

TEXT = "Hello from the fox. " * 3
SECONDS = 60 * 0.06
NO_RETRY: Any = {"max_retries": 0}


@pytest.fixture(scope="module")
def eleven(server: str) -> Iterator[ElevenLabs]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    client = ElevenLabs(api_key="key", base_url=f"{server}/elevenlabs")
    with client._client_wrapper.httpx_client.httpx_client:  # the SDK has no other way to close it
        yield client


@pytest.mark.parametrize("form", ["mp3_44100_128", "mp3_22050_32", "opus_48000_96", "wav_16000"])
def test_speech_comes_in_the_format_that_was_asked_for(eleven: ElevenLabs, form: Any) -> None:
    """
    The SDK gives the bytes in pieces; they are a file that plays for as long as the text takes.
    """
    settings = VoiceSettings(stability=0.5, similarity_boost=0.7)

    pieces = eleven.text_to_speech.convert(
        "voice", text=TEXT, model_id="eleven_v3", output_format=form, voice_settings=settings
    )

    assert sound_seconds(b"".join(pieces)) == pytest.approx(SECONDS, abs=0.2)


def test_speech_comes_as_raw_samples_in_a_stream(eleven: ElevenLabs) -> None:
    """
    PCM has the rate of its name, 16 bit, mono; u-law has 8 bit.
    """
    stream = eleven.text_to_speech.stream
    pcm = b"".join(stream("voice", text=TEXT, output_format="pcm_16000"))
    ulaw = b"".join(stream("voice", text=TEXT, output_format="ulaw_8000"))

    assert (len(pcm), len(ulaw)) == pytest.approx((SECONDS * 32_000, SECONDS * 8_000), abs=4)


def test_speech_comes_with_the_time_of_every_character(eleven: ElevenLabs) -> None:
    """
    The alignment is complete, in one answer and in a stream.
    """
    whole = eleven.text_to_speech.convert_with_timestamps("voice", text=TEXT)
    parts = list(eleven.text_to_speech.stream_with_timestamps("voice", text=TEXT))

    sounds = [b64decode(whole.audio_base_64), b"".join(b64decode(part.audio_base_64) for part in parts)]
    assert [sound_seconds(sound) for sound in sounds] == [pytest.approx(SECONDS, abs=0.2)] * 2
    assert "".join(whole.alignment.characters) == TEXT
    assert "".join(c for part in parts if part.alignment for c in part.alignment.characters) == TEXT
    assert whole.alignment.character_end_times_seconds[-1] == pytest.approx(SECONDS)


def test_a_call_tells_its_id_and_its_cost(eleven: ElevenLabs) -> None:
    """
    They are in the headers, which the SDK shows on request.
    """
    with eleven.text_to_speech.with_raw_response.convert("voice", text=TEXT) as answer:
        b"".join(answer.data)

    assert answer.headers["character-cost"] == str(len(TEXT))
    assert answer.headers["request-id"]


def test_a_sound_effect_has_the_length_that_was_asked_for(eleven: ElevenLabs) -> None:
    """
    A length in seconds may have a fraction.
    """
    sound = b"".join(eleven.text_to_sound_effects.convert(text="a fox barks", duration_seconds=2.5))

    assert sound_seconds(sound) == pytest.approx(2.5, abs=0.2)


def test_music_has_the_length_that_was_asked_for(eleven: ElevenLabs) -> None:
    """
    The provider chooses the format of music, if it is asked to; a stream is the same.
    """
    asked: dict[str, Any] = {"prompt": "a song of foxes", "music_length_ms": 4000}
    whole = b"".join(eleven.music.compose(**asked, model_id="music_v2", output_format="auto"))
    streamed = b"".join(eleven.music.stream(**asked))

    assert [sound_seconds(sound) for sound in (whole, streamed)] == [pytest.approx(4, abs=0.2)] * 2


def test_music_after_a_plan_lasts_as_long_as_its_sections(eleven: ElevenLabs) -> None:
    """
    A composition plan stands in place of prompt and length.
    """
    section: dict[str, Any] = {"positive_local_styles": [], "negative_local_styles": [], "lines": ["la"]}
    sections = [SongSection(section_name=name, duration_ms=3000, **section) for name in ("verse", "chorus")]
    plan = MusicPrompt(positive_global_styles=["folk"], negative_global_styles=[], sections=sections)

    sound = b"".join(eleven.music.compose(composition_plan=plan))

    assert sound_seconds(sound) == pytest.approx(6, abs=0.2)


def test_a_file_and_a_url_are_heard_word_by_word(eleven: ElevenLabs, sound: bytes) -> None:
    """
    The words and the spaces between them are the text; speakers are told apart where that is asked for.
    """
    convert = eleven.speech_to_text.convert
    answers = [
        convert(model_id="scribe_v2", file=BytesIO(sound), diarize=True),
        convert(model_id="scribe_v2", source_url="https://example.com/a.mp3"),
    ]

    assert ["".join(word.text for word in each.words) for each in answers] == [each.text for each in answers]
    assert (answers[0].audio_duration_secs, answers[0].words[0].speaker_id) == (3, "speaker_0")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 401}, 401, "invalid_api_key"),
        ({"kind": "status", "status": 429, "retry_after": 7}, 429, "system_busy"),
        ({"kind": "status", "status": 503}, 503, "service_unavailable"),
        ({"kind": "fail_after_accept"}, 500, "internal_server_error"),
        ({"kind": "moderation"}, 400, "content_against_policy"),
    ],
)
def test_an_error_carries_elevenlabs_code(
    eleven: ElevenLabs, break_: Callable[..., None], fault: dict[str, Any], status: int, code: str
) -> None:
    """
    Before the first byte the SDK raises, with the body as it came.
    """
    break_("elevenlabs", **fault)

    with pytest.raises(ApiError) as caught:
        b"".join(eleven.text_to_speech.convert("voice", text=TEXT, request_options=NO_RETRY))

    assert (caught.value.status_code, caught.value.body["detail"]["status"]) == (status, code)


def test_a_wrong_parameter_is_named(eleven: ElevenLabs) -> None:
    """
    A 422 is a list of what is wrong, and where.
    """
    with pytest.raises(ApiError) as caught:
        b"".join(eleven.text_to_sound_effects.convert(text="a fox", duration_seconds=99))

    assert (caught.value.status_code, caught.value.body["detail"][0]["loc"]) == (
        422,
        ["body", "duration_seconds"],
    )


def test_a_bad_key_is_refused(server: str) -> None:
    """
    A key that ElevenLabs does not know is a 401.
    """
    client = ElevenLabs(api_key="invalid", base_url=f"{server}/elevenlabs")

    with client._client_wrapper.httpx_client.httpx_client, pytest.raises(ApiError) as caught:
        b"".join(client.text_to_speech.convert("voice", text=TEXT))

    assert (caught.value.status_code, caught.value.body["detail"]["status"]) == (401, "invalid_api_key")
