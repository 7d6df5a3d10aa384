"""The bytes depend on the spec and on nothing else, and look as the spec says."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from sluice.sandbox.media.audio import render_audio
from sluice.sandbox.media.image import render_image
from sluice.sandbox.media.spec import Spec, speech_seconds
from sluice.sandbox.media.video import render_video

IMAGE = Spec("image", "png", "fal", "fal-ai/flux-2-pro", "a red fox", 7, 320, 240)
VIDEO = replace(IMAGE, kind="video", format="mp4", duration_s=1.0)
AUDIO = replace(IMAGE, kind="audio", format="mp3", duration_s=1.0)


@pytest.mark.parametrize(
    ("render", "spec"),
    [(render_image, IMAGE), (render_video, VIDEO), (render_audio, AUDIO)],
    ids=lambda x: str(x)[:15],
)
def test_the_same_spec_gives_the_same_bytes(render: Callable[[Spec], bytes], spec: Spec) -> None:
    """
    Rendering twice gives equal bytes; another seed gives others.
    """
    assert render(spec) == render(spec)
    assert render(spec) != render(replace(spec, seed=8))


@pytest.mark.parametrize("text", ["", "word", "x" * 2000, "many words " * 200, "línea con acentos, 日本語"])
@pytest.mark.parametrize("size", [(64, 64), (1024, 256), (200, 900)])
def test_every_text_fits_every_size(
    picture_size: Callable[[bytes], tuple[int, int]], text: str, size: tuple[int, int]
) -> None:
    """
    Long, empty and foreign prompts render in narrow and flat pictures.
    """
    spec = replace(IMAGE, text=text, width_px=size[0], height_px=size[1])

    assert picture_size(render_image(spec)) == size


@pytest.mark.parametrize("facts", [(1920, 1080, 8.0), (854, 480, 5.0), (720, 1280, 5.1)])
def test_a_clip_has_the_exact_size_and_duration(
    clip_facts: Callable[[bytes], tuple[int, int, float]], facts: tuple[int, int, float]
) -> None:
    """
    A probe reads what was asked for, and the longest usual clip takes few seconds even on a busy machine.
    """
    spec = replace(VIDEO, width_px=facts[0], height_px=facts[1], duration_s=facts[2])

    began = time.monotonic()
    body = render_video(spec)

    assert time.monotonic() - began < 4
    assert clip_facts(body) == facts


def test_speech_has_a_shortest_length() -> None:
    """
    A short text still lasts half a second.
    """
    assert [speech_seconds(text) for text in ("a", "x" * 100)] == [0.5, 6.0]
