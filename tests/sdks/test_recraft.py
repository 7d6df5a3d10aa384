"""Recraft, which documents OpenAI's SDK as its client: pictures, and changes of them by calls of its own."""

from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import openai
import pytest

from tests.probe import picture_size

Break = Callable[..., None]
PICTURE: dict[str, Any] = {"model": "recraftv4", "prompt": "a red fox"}


@pytest.fixture(scope="module")
def recraft(server: str) -> Iterator[openai.OpenAI]:
    """
    Yield the SDK's client with Recraft's base URL; answers are held against its types.
    """
    strict: Any = {"_strict_response_validation": True}
    with openai.OpenAI(base_url=f"{server}/recraft/v1", api_key="key", max_retries=0, **strict) as client:
        yield client


def test_pictures_come_as_links_or_in_base64(recraft: openai.OpenAI, client: httpx.Client) -> None:
    """
    As many as were asked for, in the ratio that was; what only Recraft knows is passed on.
    """
    linked = recraft.images.generate(**PICTURE, n=2, size="16:9", extra_body={"random_seed": 7})
    coded = recraft.images.generate(**PICTURE, response_format="b64_json")

    files = [client.get(each.url).content for each in linked.data]
    assert [picture_size(file) for file in files] == [(1360, 768)] * 2
    assert files[0] != files[1]
    assert picture_size(b64decode(coded.data[0].b64_json)) == (1024, 1024)
    assert linked.model_extra["credits"] == 80


@pytest.mark.parametrize(
    ("path", "fields", "files"),
    [
        ("imageToImage", {"strength": 0.5}, ("image",)),
        ("inpaint", {}, ("image", "mask")),
        ("replaceBackground", {}, ("image",)),
    ],
)
def test_a_picture_is_changed_by_a_call_of_recrafts_own(
    recraft: openai.OpenAI,
    client: httpx.Client,
    photo: bytes,
    path: str,
    fields: dict[str, Any],
    files: tuple[str, ...],
) -> None:
    """
    As Recraft's documents have it: a form, by the SDK's own ``post``.
    """
    form: Any = {
        "cast_to": object,
        "options": {"headers": {"Content-Type": "multipart/form-data"}},
        "files": {name: BytesIO(photo) for name in files},
        "body": {"prompt": "a hat", **fields},
    }

    answer: Any = recraft.post(path=f"/images/{path}", **form)

    assert picture_size(client.get(answer["data"][0]["url"]).content) == (1024, 1024)


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"kind": "moderation"}, openai.BadRequestError, "moderation"),
        ({"kind": "status", "status": 401}, openai.AuthenticationError, "request unauthorized"),
        ({"kind": "status", "status": 402}, openai.APIStatusError, "not_enough_credits"),
        ({"kind": "status", "status": 429}, openai.RateLimitError, "rate_limit_exceeded"),
        ({"kind": "fail_after_accept"}, openai.InternalServerError, "internal_error"),
    ],
)
def test_a_refusal_has_the_sdks_class_and_recrafts_body(
    recraft: openai.OpenAI, break_: Break, fault: dict[str, Any], error: type[Any], words: str
) -> None:
    """
    Whether that is JSON or plain text.
    """
    break_("recraft", **fault)

    with pytest.raises(error, match="Error code: ") as caught:
        recraft.images.generate(**PICTURE)

    assert words in caught.value.response.text
