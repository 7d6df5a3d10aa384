"""What a file is, told from real files in pieces of any size, and from what only looks like one."""

import struct
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.domain import media, transcript
from tests import builders

Facts = tuple[str, tuple[int | None, int | None, float | None]]
PIECES = pytest.mark.parametrize("size", [1, 7, 64 * 1024], ids=["1 byte", "7 bytes", "64 KiB"])
NOTHING = (None, None, None)


def probed(data: bytes, size: int = 64 * 1024) -> Facts:
    probe = media.Probe()
    for at in range(0, len(data), size):
        probe.feed(data[at : at + size])
    return probe.content_type, probe.facts()


@cache
def picture(form: str, **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, form, **options)
    return out.getvalue()


@cache
def clip(form: str = "mp4", codec: str = "libx264", flags: str = "") -> bytes:
    """Render two seconds of 64 x 48; flags are FFmpeg's ``movflags``, which want to read the file again."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip")
        with av.open(str(path), "w", format=form, options={"movflags": flags} if flags else {}) as container:
            stream = container.add_stream(codec, rate=4)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), "navy"))
            for _ in range(8):
                container.mux(stream.encode(frame.reformat()))
            container.mux(stream.encode(None))
        return path.read_bytes()


@cache
def sound(form: str, codec: str, rate_hz: int = 48000) -> bytes:
    """Render a second of silence."""
    out = BytesIO()
    with av.open(out, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout="mono")
        frame = av.AudioFrame("s16", "mono", rate_hz)
        frame.sample_rate = rate_hz
        frame.planes[0].update(bytes(2 * rate_hz))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@cache
def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


@PIECES
@pytest.mark.parametrize(
    ("form", "mime"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp"), ("GIF", "gif")]
)
def test_a_picture_is_known_with_its_size(form: str, mime: str, size: int) -> None:
    """
    By its own bytes, however they come.
    """
    assert probed(picture(form), size) == (f"image/{mime}", (64, 48, None))


@PIECES
def test_a_clip_is_known_with_its_size_and_length(size: int) -> None:
    """
    The index stands at the end, after the frames.
    """
    data = builders.a_video()
    assert data.index(b"mdat") < data.index(b"moov")

    assert probed(data, size) == ("video/mp4", (320, 180, 2.0))


@PIECES
def test_a_clip_with_its_index_in_front_is_the_same(size: int) -> None:
    """
    The place of the index changes nothing.
    """
    data = clip(flags="faststart")
    assert data.index(b"moov") < data.index(b"mdat")

    assert probed(data, size) == ("video/mp4", (64, 48, 2.0))


def test_a_clip_in_fragments_has_no_length_rather_than_none_at_all() -> None:
    """
    Where the index does not tell the length, it is unknown; zero seconds would be billed as nothing.
    """
    content_type, facts = probed(clip(flags="frag_keyframe+empty_moov"))

    assert (content_type, facts) == ("video/mp4", (64, 48, None))


def test_a_clip_of_another_container_is_known_without_facts() -> None:
    """
    WebM is delivered, its size and length are not looked for.
    """
    assert probed(clip("webm", "libvpx")) == ("video/webm", NOTHING)


@PIECES
def test_a_wave_is_known_with_its_length(size: int) -> None:
    """
    Sound is kept whole, from its first byte on.
    """
    assert probed(builders.a_wav(), size) == ("audio/wav", (None, None, 2.0))


@PIECES
def test_an_mp3_is_known_with_its_length(size: int) -> None:
    """
    Frames are padded, so the length is a little more than a second.
    """
    content_type, (width, height, duration_s) = probed(sound("mp3", "libmp3lame"), size)

    assert (content_type, width, height) == ("audio/mpeg", None, None)
    assert duration_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("form", "codec", "mime"),
    [("flac", "flac", "flac"), ("ogg", "libopus", "ogg"), ("adts", "aac", "aac"), ("ipod", "aac", "mp4")],
)
def test_other_sounds_are_known_too(form: str, codec: str, mime: str) -> None:
    """
    Every kind of sound that the catalogue offers has a name and a length.
    """
    content_type, facts = probed(sound(form, codec))

    assert content_type == f"audio/{mime}"
    assert facts[2] == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    "text",
    [
        '<svg xmlns="http://www.w3.org/2000/svg" width="64"></svg>',
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>',
        '\n <SVG xmlns="http://www.w3.org/2000/svg"></SVG>',
        '<svg\n  xmlns="http://www.w3.org/2000/svg"></svg>',
        "<svg></svg>",
    ],
)
def test_a_drawing_is_known_by_its_first_tag(text: str) -> None:
    """
    Any white space, or none, may follow the tag's name.
    """
    assert media.sniff(text.encode()) == "image/svg+xml"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"<!doctype html><html><body>502 Bad Gateway</body></html>",
        b"<html><body><svg></svg></body></html>",
        b'{"error": {"code": 500}}',
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        b"hello " * 500,
        bytes(3000),
    ],
    ids=["empty", "one byte", "page", "page with a drawing", "json", "xml", "text", "zeros"],
)
@PIECES
def test_what_is_no_medium_has_no_type_and_no_facts(data: bytes, size: int) -> None:
    """
    An error page that came as a 200 is not delivered as a file.
    """
    assert probed(data, size) == ("", NOTHING)


@pytest.mark.parametrize("whole", [0, 1, 2, 3], ids=["png", "jpeg", "webp", "mp4"])
@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 1))
def test_a_file_that_breaks_off_is_no_reason_to_crash(whole: int, cut: float) -> None:
    """
    The facts that are there are right, the others are unknown.
    """
    data = (picture("PNG"), picture("JPEG"), picture("WEBP"), builders.a_video())[whole]

    content_type, facts = probed(data[: int(len(data) * cut)])

    assert content_type in ("", "image/png", "image/jpeg", "image/webp", "video/mp4")
    assert all(fact in (None, known) for fact, known in zip(facts, probed(data)[1], strict=True))


@pytest.mark.parametrize("whole", [0, 1, 2], ids=["wav", "mp3", "flac"])
@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 1))
def test_a_sound_that_breaks_off_is_no_reason_to_crash(whole: int, cut: float) -> None:
    """
    It is shorter, or its length is unknown.
    """
    data = (builders.a_wav(), sound("mp3", "libmp3lame"), sound("flac", "flac"))[whole]

    content_type, facts = probed(data[: int(len(data) * cut)])

    assert content_type in ("", "audio/wav", "audio/mpeg", "audio/flac")
    assert facts[2] is None or 0 <= facts[2] <= 2.1


@settings(max_examples=150, deadline=None)
@given(
    whole=st.sampled_from([0, 1, 2, 3, 4, 5]),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8
    ),
)
def test_a_damaged_file_is_no_reason_to_crash(whole: int, changes: list[tuple[float, int]]) -> None:
    """
    A provider's bytes are a stranger's bytes: whatever they are, the delivery goes on.
    """
    sources = (
        picture("PNG"),
        picture("JPEG"),
        picture("WEBP"),
        clip(flags="faststart"),
        builders.a_wav(),
        sound("flac", "flac"),
    )
    data = bytearray(sources[whole])
    for place, value in changes:
        data[int(min(len(data), 900) * place)] = value

    probed(bytes(data))


@pytest.mark.parametrize(
    ("form", "codec", "at", "value"),
    [("ogg", "libopus", 26, 0), ("ogg", "libopus", 27, 8), ("ipod", "aac", 39, 1)],
    ids=["no segments", "short head", "box of 64 bits"],
)
def test_a_damaged_sound_is_no_reason_to_crash(form: str, codec: str, at: int, value: int) -> None:
    """
    One wrong byte in its structure leaves a sound without a length, and the delivery goes on.
    """
    data = bytearray(sound(form, codec))
    data[at] = value

    assert probed(bytes(data))[1] == NOTHING


@pytest.mark.parametrize(
    "inside",
    [
        box(b"mvhd", b""),
        box(b"mvhd", b"\0" * 4),
        box(b"mvhd", b"\1" + b"\0" * 20),
        box(b"trak", b""),
        box(b"trak", box(b"tkhd", b"")),
        struct.pack(">I4s", 2**31, b"mvhd"),
        struct.pack(">I4s", 3, b"trak"),
        b"",
    ],
    ids=[
        "empty head",
        "short head",
        "short long head",
        "no track",
        "empty track",
        "too long",
        "too short",
        "none",
    ],
)
def test_an_index_that_lies_about_itself_has_no_facts(inside: bytes) -> None:
    """
    Boxes that are shorter than their form says are passed over.
    """
    data = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + box(b"moov", inside)

    assert probed(data) == ("video/mp4", NOTHING)


def test_large_files_do_not_stay_in_memory() -> None:
    """
    Frames are walked over, not kept: after 200 MB the probe holds less than its head and its index.
    """
    probe = media.Probe()
    probe.feed(box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41"))
    probe.feed(struct.pack(">I4sQ", 1, b"mdat", 16 + 200 * 2**20))
    for _ in range(200):
        probe.feed(bytes(2**20))

    data = clip(flags="faststart")
    probe.feed(data[data.index(b"moov") - 4 :])

    assert probe.facts() == (64, 48, 2.0)
    assert held(probe) < 2**20


def held(probe: media.Probe) -> int:
    boxes = probe._boxes
    return len(probe._head) + len(probe._audio) + len(boxes._buffer) + len(boxes._moov)


def test_a_picture_whose_head_is_longer_than_is_kept_has_no_size_rather_than_a_wrong_one() -> None:
    """
    A colour profile may stand before the size.
    """
    assert probed(picture("JPEG", icc_profile=bytes(200_000))) == ("image/jpeg", NOTHING)


def test_every_type_that_is_known_has_an_ending_and_every_operation_a_modality() -> None:
    """
    A file's name comes from what it is.
    """
    for data in (
        picture("PNG"),
        picture("GIF"),
        clip(),
        clip("webm", "libvpx"),
        builders.a_wav(),
        sound("ogg", "libopus"),
    ):
        assert media.sniff(data) in media.EXTENSIONS
    operations = {each for route in builders.shipped_plan().routes.values() for each in route.operations}
    assert operations <= media.MODALITIES.keys()


def test_every_format_that_the_catalogue_offers_can_be_told_from_its_bytes() -> None:
    """
    A format without a signature would be paid for and then refused as no medium.
    """
    formats = {
        choice
        for model in builders.shipped_plan().models.values()
        for name, parameter in model.parameters.items()
        if name == "format"
        for choice in parameter.enum
    }

    assert formats <= {*media.EXTENSIONS.values(), "jpeg", "opus", *transcript.FORMATS}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"text": "hi"}\n', "application/json"),
        (b"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nhi\n", "text/vtt"),
        (b"1\n00:00:00,000 --> 00:00:01,000\nhi\n", "application/x-subrip"),
        (b"BMW is a make of cars, and BM begins a bitmap\n", "text/plain"),
        ("Grüße".encode()[:-2], "text/plain"),
        (b"\xff\xfe\x00", ""),
        (b"a\x00b", ""),
    ],
)
def test_a_text_is_told_from_its_first_letters(data: bytes, found: str) -> None:
    """
    Only where a text is wanted: a word may begin as a picture does. Half a letter at the end is no harm.
    """
    probe = media.Probe("text")

    probe.feed(data)

    assert (probe.content_type, probe.facts()) == (found, NOTHING)


def test_where_a_picture_is_wanted_a_text_is_none() -> None:
    """
    An error page in place of a picture is not delivered.
    """
    probe = media.Probe("image")

    probe.feed(b"<html>sorry</html>")

    assert not media.is_of(probe.content_type, "image")
