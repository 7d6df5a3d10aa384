"""Google's SDK on Vertex AI, with a service account. Runs with both generations of the SDK."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from google import genai
from google.auth import exceptions
from google.genai import errors, types
from google.oauth2 import service_account

from sluice.sandbox import account
from tests.probe import clip_facts, picture_size

PICTURE, SPEAKER, VOICE = "gemini-3-pro-image", "gemini-3.8-flash", "gemini-3.8-flash-tts"
IMAGEN, VEO = "imagen-3.0-generate-002", "veo-3.1-generate-001"
FOX = types.GenerateVideosSource(prompt="a red fox")
# The SDK lets Imagen go, not before 2027; until then it is there.
pytestmark = pytest.mark.filterwarnings("ignore:The (generate_images|upscale_image) method is deprecated")
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def client_of(server: str, file: str) -> genai.Client:
    """Make the SDK's client as it comes, but for its base URL."""
    credentials = service_account.Credentials.from_service_account_info(json.loads(file), scopes=SCOPES)
    return genai.Client(
        vertexai=True,
        project=account.PROJECT,
        location="us-central1",
        credentials=credentials,
        http_options={"base_url": f"{server}/vertex"},
    )


@pytest.fixture(scope="module")
def ai(server: str) -> Iterator[genai.Client]:
    """
    Yield a client whose key file names the sandbox's token endpoint.
    """
    with client_of(server, account.key_file(f"{server}/vertex/token")) as client:
        yield client


def test_a_picture_and_a_voice_are_made_in_a_project(ai: genai.Client) -> None:
    """
    By the calls of the Gemini API, after the SDK has exchanged its key.
    """
    size = types.ImageConfig(aspect_ratio="16:9", image_size="2K")
    drawn = types.GenerateContentConfig(response_modalities=["IMAGE"], image_config=size)
    voice = types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
    said = types.GenerateContentConfig(
        response_modalities=["AUDIO"], speech_config=types.SpeechConfig(voice_config=voice)
    )

    picture = ai.models.generate_content(model=PICTURE, contents="a red fox", config=drawn)
    speech = ai.models.generate_content(model=VOICE, contents="Hello from the fox.", config=said)

    assert picture_size(picture.parts[0].as_image().image_bytes) == (2688, 1536)
    assert speech.parts[0].inline_data.mime_type == "audio/L16;codec=pcm;rate=24000"


def test_words_come_one_by_one(ai: genai.Client) -> None:
    """
    As they do from the Gemini API.
    """
    pieces = list(ai.models.generate_content_stream(model=SPEAKER, contents="hello"))

    assert len(pieces) > 10
    assert pieces[-1].candidates[0].finish_reason == types.FinishReason.STOP


def test_imagen_makes_pictures_and_larger_ones(ai: genai.Client) -> None:
    """
    As many as are asked for, each in its shape.
    """
    asked = types.GenerateImagesConfig(number_of_images=2, aspect_ratio="1:1", image_size="1K")
    made = ai.models.generate_images(model=IMAGEN, prompt="a red fox", config=asked).generated_images

    larger = ai.models.upscale_image(model=IMAGEN, image=made[0].image, upscale_factor="x2")

    assert [picture_size(each.image.image_bytes) for each in made] == [(1024, 1024)] * 2
    assert picture_size(larger.generated_images[0].image.image_bytes) == (2048, 2048)


def test_a_filtered_picture_tells_its_reason(ai: genai.Client, break_: Callable[..., None]) -> None:
    """
    To those who ask for it.
    """
    break_("vertex", "moderation")
    asked = types.GenerateImagesConfig(number_of_images=1, include_rai_reason=True)

    answer = ai.models.generate_images(model=IMAGEN, prompt="a red fox", config=asked)

    assert "policies" in answer.generated_images[0].rai_filtered_reason
    assert answer.generated_images[0].image.image_bytes is None


def ended(ai: genai.Client, operation: types.GenerateVideosOperation) -> types.GenerateVideosOperation:
    """Ask for an operation until it has ended."""
    for _ in range(100):
        if operation.done:
            return operation
        time.sleep(0.05)
        operation = ai.operations.get(operation)
    raise AssertionError("the operation never ended")


def test_a_clip_is_fetched_with_its_operation(ai: genai.Client) -> None:
    """
    Its bytes are in the answer, or in the bucket that was named.
    """
    asked = types.GenerateVideosConfig(duration_seconds=4, resolution="1080p", generate_audio=True)
    stored = types.GenerateVideosConfig(duration_seconds=4, output_gcs_uri="gs://mine/clips")
    begun = [ai.models.generate_videos(model=VEO, source=FOX, config=each) for each in (asked, stored)]

    inside, outside = (ended(ai, operation).response.generated_videos[0].video for operation in begun)

    assert clip_facts(inside.video_bytes) == (1920, 1080, 4.0)
    assert outside.uri.startswith("gs://mine/clips/")


@pytest.mark.parametrize(("kind", "found"), [("fail_after_accept", "error"), ("moderation", "reasons")])
def test_a_clip_that_is_none_says_why(
    ai: genai.Client, break_: Callable[..., None], kind: str, found: str
) -> None:
    """
    A failure is an error of the operation; a refusal an answer without a clip.
    """
    break_("vertex", kind)
    asked = types.GenerateVideosConfig(duration_seconds=4)

    operation = ended(ai, ai.models.generate_videos(model=VEO, source=FOX, config=asked))

    said = operation.error["code"] if found == "error" else operation.response.rai_media_filtered_count
    assert said == (13 if found == "error" else 1)


@pytest.mark.parametrize(("status", "name"), [(429, "RESOURCE_EXHAUSTED"), (403, "PERMISSION_DENIED")])
def test_an_error_has_its_status(
    ai: genai.Client, break_: Callable[..., None], status: int, name: str
) -> None:
    """
    The body's error is found by the SDK.
    """
    break_("vertex", "status", status=status)

    with pytest.raises(errors.ClientError, match=name) as caught:
        ai.models.generate_content(model=PICTURE, contents="a red fox")

    assert (caught.value.code, caught.value.status) == (status, name)


def test_an_account_that_nobody_knows_gets_no_token(server: str) -> None:
    """
    The SDK's own library tells what the endpoint has said.
    """
    file = account.key_file(f"{server}/vertex/token", name="invalid")

    with client_of(server, file) as client, pytest.raises(exceptions.RefreshError, match="account not found"):
        client.models.generate_content(model=PICTURE, contents="a red fox")
