"""MiniMax's own client, the tools of its MCP server; the AI SDK for clips of the second version."""

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.probe import clip_facts, picture_size, sound_seconds

Break = Callable[..., None]
CLIP = {"prompt": "a red fox", "duration": 6, "resolution": "768P", "async_mode": True}


@pytest.fixture(scope="module")
def minimax(server: str) -> Iterator[Any]:
    """
    Yield the tools; they read their settings when they are imported, and here save what they get.
    """
    with pytest.MonkeyPatch.context() as environment, warnings.catch_warnings(action="ignore"):
        environment.setenv("MINIMAX_API_KEY", "key")
        environment.setenv("MINIMAX_API_HOST", f"{server}/minimax")
        environment.setenv("MINIMAX_API_RESOURCE_MODE", "local")
        from minimax_mcp import server as tools
    with tools.api_client.session:
        yield tools


def saved(said: Any, folder: Path) -> list[bytes]:
    """
    Return the files that a tool says it has saved.
    """
    assert said.text.startswith("Success. "), said.text
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def ended(minimax: Any, said: Any, folder: Path) -> Any:
    """
    Ask for a clip until it is over, by the task that its start named.
    """
    task = re.search(r"Task ID: (\d+)", said.text)
    assert task, said.text
    while "still processing" in (told := minimax.query_video_generation(task[1], str(folder))).text:
        pass
    return told


def test_a_clip_is_waited_for(minimax: Any, tmp_path: Path) -> None:
    """
    The task names a file, and that leads to the clip.
    """
    begun = minimax.generate_video(**CLIP, first_frame_image="https://example.com/a.png")

    done = ended(minimax, begun, tmp_path)

    assert [clip_facts(file) for file in saved(done, tmp_path)] == [(1366, 768, 6.0)]


def test_pictures_are_made(minimax: Any, tmp_path: Path) -> None:
    """
    As many as were asked for, of that ratio.
    """
    done = minimax.text_to_image(prompt="a fox", aspect_ratio="16:9", n=2, output_directory=str(tmp_path))

    assert [picture_size(file) for file in saved(done, tmp_path)] == [(1360, 768)] * 2


def test_speech_is_made(minimax: Any, tmp_path: Path) -> None:
    """
    The digits that come are a sound.
    """
    done = minimax.text_to_audio("Hello from the fox.", format="wav", output_directory=str(tmp_path))

    assert [sound_seconds(file) > 0.5 for file in saved(done, tmp_path)] == [True]


@pytest.mark.parametrize("kind", ["fail_after_accept", "moderation"])
def test_a_clip_that_failed_says_so(minimax: Any, break_: Break, tmp_path: Path, kind: str) -> None:
    """
    By its status, or by the code of a look.
    """
    break_("minimax", kind, on="job")

    failed = ended(minimax, minimax.generate_video(**CLIP), tmp_path)

    assert "FAILED" in failed.text or "1027-output new_sensitive" in failed.text


def test_a_refusal_comes_with_a_200_and_its_code_counts(
    server: str, minimax: Any, break_: Break, sandbox: httpx.Client
) -> None:
    """
    A refused prompt, a limit, a bad key.
    """
    break_("minimax", "moderation", on="submit")
    assert "1026-input new_sensitive" in minimax.text_to_image(prompt="a fox").text
    sandbox.post("/_sandbox/reset")
    sandbox.put("/_sandbox/limits/minimax", json={"rpm": 1})
    assert "1002-" in [minimax.text_to_image(prompt="a fox").text for _ in range(2)][1]
    with pytest.raises(minimax.MinimaxRequestError, match=r"^API Error: 2049-"):
        minimax.MinimaxAPIClient("invalid", f"{server}/minimax").post("/v1/t2a_v2", json={})


@pytest.fixture(scope="module")
def h3(node: Callable[[str], Any]) -> Any:
    """
    Run what drives the AI SDK.
    """
    return node("minimax")


def test_a_clip_of_the_second_version_is_waited_for(h3: Any) -> None:
    """
    From words and from a picture; it says what it has used.
    """
    told, folder = h3

    assert clip_facts((folder / "words.mp4").read_bytes()) == (768, 1366, 4.0)
    assert told["words"] == {"warnings": [], "usage": {"totalSeconds": 4, "outputSeconds": 4}}
    assert told["picture"] == {"warnings": []}


def test_what_the_second_version_refuses_is_the_sdks_error(h3: Any) -> None:
    """
    A failed task and a moderated one have a code, a limit has its status.
    """
    told, _ = h3

    assert [told[name]["error"] for name in ("failed", "moderated")] == [
        "MINIMAX_VIDEO_GENERATION_FAILED"
    ] * 2
    assert "internal error (1013)" in told["failed"]["message"]
    assert "output new_sensitive (1027)" in told["moderated"]["message"]
    assert told["limited"]["error"] == "AI_APICallError"
