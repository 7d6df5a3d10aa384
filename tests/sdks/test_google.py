"""Google's SDK on the Gemini API: pictures and speech. Runs with both generations of the SDK."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from tests.probe import picture_size

PICTURE = "gemini-3-pro-image-preview"
VOICE = "gemini-2.5-flash-preview-tts"


@pytest.fixture(scope="module")
def ai(server: str) -> Iterator[genai.Client]:
    """
    Yield the SDK's client as it comes, but for its base URL.
    """
    with genai.Client(api_key="key", http_options={"base_url": f"{server}/google"}) as client:
        yield client


def test_a_picture_has_the_size_that_was_asked_for(ai: genai.Client) -> None:
    """
    Aspect ratio and image size are honoured, and the tokens parse.
    """
    size = types.ImageConfig(aspect_ratio="16:9", image_size="2K")
    config = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=size, seed=7)

    answer = ai.models.generate_content(model=PICTURE, contents="a red fox", config=config)

    assert picture_size(answer.parts[0].as_image().image_bytes) == (2688, 1536)
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.usage_metadata.candidates_tokens_details[0].modality == types.MediaModality.IMAGE
    assert answer.usage_metadata.candidates_token_count == 1120


def test_a_picture_is_edited_in_a_conversation(ai: genai.Client) -> None:
    """
    A picture goes back as bytes beside the text, and counts as input.
    """
    chat = ai.chats.create(model=PICTURE)
    first = chat.send_message("a red fox").parts[0].inline_data

    answer = chat.send_message([types.Part.from_bytes(data=first.data, mime_type="image/png"), "at night"])

    assert picture_size(answer.parts[0].inline_data.data) == (1024, 1024)
    assert answer.usage_metadata.prompt_token_count > 2 * 258


def test_a_picture_comes_as_a_stream(ai: genai.Client) -> None:
    """
    The SDK's stream reads server-sent events.
    """
    chunks = list(ai.models.generate_content_stream(model=PICTURE, contents="a red fox"))

    pictures = [part.inline_data.data for chunk in chunks for part in chunk.parts or []]
    assert [picture_size(picture) for picture in pictures] == [(1024, 1024)]
    assert chunks[-1].usage_metadata.total_token_count > 1120


def test_speech_is_raw_samples(ai: genai.Client) -> None:
    """
    Speech is 24 kHz, 16 bit, mono, without a header.
    """
    voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
    config = types.GenerateContentConfig(
        response_modalities=["AUDIO"], speech_config=types.SpeechConfig(voice_config=voice)
    )

    answer = ai.models.generate_content(model=VOICE, contents="Hello from the fox.", config=config)

    said = answer.parts[0].inline_data
    assert said.mime_type == "audio/L16;codec=pcm;rate=24000"
    assert len(said.data) == pytest.approx(19 * 0.06 * 24_000 * 2, abs=4)


def test_a_refusal_is_an_answer_without_a_picture(ai: genai.Client, break_: Callable[..., None]) -> None:
    """
    Moderation raises nothing: the candidate has a reason and no parts.
    """
    break_("google", "moderation")

    answer = ai.models.generate_content(model=PICTURE, contents="a red fox")

    assert answer.candidates[0].finish_reason == types.FinishReason.IMAGE_SAFETY
    assert not answer.parts


@pytest.mark.parametrize(
    ("fault", "error", "status"),
    [
        ({"kind": "status", "status": 429, "retry_after": 7}, errors.ClientError, "RESOURCE_EXHAUSTED"),
        ({"kind": "status", "status": 403}, errors.ClientError, "PERMISSION_DENIED"),
        ({"kind": "status", "status": 503}, errors.ServerError, "UNAVAILABLE"),
        ({"kind": "fail_after_accept"}, errors.ServerError, "INTERNAL"),
    ],
)
def test_an_error_has_the_sdks_class_and_googles_status(
    ai: genai.Client,
    break_: Callable[..., None],
    fault: dict[str, Any],
    error: type[errors.APIError],
    status: str,
) -> None:
    """
    The body's error is found by the SDK.
    """
    break_("google", **fault)

    with pytest.raises(error, match=status) as caught:
        ai.models.generate_content(model=PICTURE, contents="a red fox")

    assert caught.value.status == status


def test_a_refused_call_is_sent_again_when_the_caller_wants_it(
    server: str, break_: Callable[..., None], starts: Callable[[], list[bool]]
) -> None:
    """
    The SDK repeats an overload by its own schedule, and pays once.
    """
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.01, jitter=0)
    options = types.HttpOptions(base_url=f"{server}/google", retry_options=retry)
    break_("google", "status", status=503, count=2)

    with genai.Client(api_key="key", http_options=options) as client:
        client.models.generate_content(model=PICTURE, contents="a red fox")

    assert starts() == [False, False, True]


def test_a_bad_key_is_a_400(server: str) -> None:
    """
    Google has no 401 for keys; the reason is in the details.
    """
    options = {"base_url": f"{server}/google"}

    with (
        genai.Client(api_key="invalid", http_options=options) as client,
        pytest.raises(errors.ClientError, match="API key") as caught,
    ):
        client.models.generate_content(model=PICTURE, contents="a red fox")

    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert caught.value.details["error"]["details"][0]["reason"] == "API_KEY_INVALID"


def test_a_wrong_parameter_is_a_400(ai: genai.Client) -> None:
    """
    An aspect ratio that no model has is an invalid argument.
    """
    config = types.GenerateContentConfig(image_config=types.ImageConfig(aspect_ratio="7:5"))

    with pytest.raises(errors.ClientError, match="aspect ratio '7:5'") as caught:
        ai.models.generate_content(model=PICTURE, contents="a red fox", config=config)

    assert caught.value.code == 400


SPEAKER = "gemini-3.8-flash"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Rome"]}},
    "required": ["city"],
}
TOOLS = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(name="get_weather", parameters_json_schema=SCHEMA),
        types.FunctionDeclaration(name="get_clock", parameters_json_schema=SCHEMA),
    ]
)


def test_words_come_at_once_or_one_by_one(ai: genai.Client) -> None:
    """
    The same words, the same counts, and a reason to finish.
    """
    whole = ai.models.generate_content(model=SPEAKER, contents="hello")
    pieces = list(ai.models.generate_content_stream(model=SPEAKER, contents="hello"))

    assert "".join(piece.text for piece in pieces) == whole.text
    assert len(pieces) > 10
    assert (
        pieces[-1].candidates[0].finish_reason == whole.candidates[0].finish_reason == types.FinishReason.STOP
    )
    assert pieces[-1].usage_metadata == whole.usage_metadata


def test_two_tools_are_called_at_once_and_their_results_taken(ai: genai.Client) -> None:
    """
    In a conversation of the SDK's own, which keeps the signature of the first.
    """
    chat = ai.chats.create(model=SPEAKER, config=types.GenerateContentConfig(tools=[TOOLS]))

    called = chat.send_message("weather and clock, please")
    results = [
        types.Part.from_function_response(name=call.name, response={"output": "sun"})
        for call in called.function_calls
    ]
    answer = chat.send_message(results)

    assert [(call.name, call.args) for call in called.function_calls] == [
        ("get_weather", {"city": "Rome"}),
        ("get_clock", {"city": "Rome"}),
    ]
    assert [bool(part.thought_signature) for part in called.parts] == [True, False]
    assert answer.text


def test_json_fits_its_schema(ai: genai.Client) -> None:
    """
    In JSON Schema, or in the API's own form.
    """
    by_json = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=SCHEMA)
    city = types.Schema(type="STRING", enum=["Rome"])
    own = types.Schema(type="OBJECT", properties={"city": city})
    by_own = types.GenerateContentConfig(response_mime_type="application/json", response_schema=own)

    answers = [
        ai.models.generate_content(model=SPEAKER, contents="where?", config=each)
        for each in (by_json, by_own)
    ]

    assert [answer.parsed for answer in answers] == [{"city": "Rome"}] * 2


def test_a_blocked_prompt_has_no_answer(ai: genai.Client, break_: Callable[..., None]) -> None:
    """
    The reason stands beside the candidates that are not there.
    """
    break_("google", "moderation")

    answer = ai.models.generate_content(model=SPEAKER, contents="hello")

    assert answer.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
    assert not answer.candidates


def test_an_overload_in_the_middle_of_a_stream_is_an_error(
    ai: genai.Client, break_: Callable[..., None]
) -> None:
    """
    After the words that were said before.
    """
    break_("google", "overload")
    stream = ai.models.generate_content_stream(model=SPEAKER, contents="hello")

    assert next(stream).text
    with pytest.raises(errors.ServerError, match="overloaded") as caught:
        list(stream)

    assert caught.value.code == 503


def test_a_call_without_its_signature_is_a_400(ai: genai.Client) -> None:
    """
    As Gemini 3 has it.
    """
    call = types.Part.from_function_call(name="get_weather", args={"city": "Rome"})
    result = types.Part.from_function_response(name="get_weather", response={"output": "sun"})
    talk = [
        types.UserContent("weather?"),
        types.ModelContent([call]),
        types.UserContent([result]),
    ]

    with pytest.raises(errors.ClientError, match="missing a `thought_signature`"):
        ai.models.generate_content(model=SPEAKER, contents=talk)
