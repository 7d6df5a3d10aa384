"""What a file is, told from its own bytes while they stream by; the name and the header are never trusted.

Keeps the head of every file, the index box of an MP4, and small audio whole; never a large file.
"""

import re
import struct
from codecs import getincrementaldecoder
from io import BytesIO

HEAD_BYTES = 64 * 1024
INDEX_BYTES = 16 * 1024 * 1024
AUDIO_BYTES = 32 * 1024 * 1024

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "video/quicktime": "mov",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
}
# What we write ourselves, or a provider's own words.
TEXTS = {
    "application/json": "json",
    "application/x-subrip": "srt",
    "text/vtt": "vtt",
    "text/plain": "txt",
}
MODALITIES = {
    "text_to_image": "image",
    "image_edit": "image",
    "image_to_image": "image",
    "upscale": "image",
    "text_to_video": "video",
    "image_to_video": "video",
    "video_to_video": "video",
    "lipsync": "video",
    "speech": "audio",
    "music": "audio",
    "sound_effect": "audio",
    "transcription": "text",
    "translation": "text",
    "chat": "text",
    "embedding": "vector",
}
_SAME = {
    "audio/x-wav": "audio/wav",
    "audio/x-flac": "audio/flac",
    "video/x-m4v": "video/mp4",
    "audio/m4a": "audio/mp4",
}


def sniff(head: bytes) -> str:
    """Return the media type of a file that starts with these bytes, or an empty text."""
    import filetype  # only a delivery pays for it

    if head.lstrip()[:4].lower() in (b"<svg", b"<?xm") and b"<svg" in head[:1024].lower():
        return "image/svg+xml"
    kind = filetype.guess_mime(head)
    return _SAME.get(kind, kind) or ""


def sniff_text(head: bytes) -> str:
    r"""Return the type of a text that starts with these bytes; an empty text where it is none (in UTF-8).

    >>> sniff_text(b'{"text": "hi"}'), sniff_text(b"hi"), sniff_text(b"\x00\x01")
    ('application/json', 'text/plain', '')
    """
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut
    except UnicodeDecodeError:
        return ""
    kinds = {"{": "application/json", "WEBVTT": "text/vtt"}
    found = next((kind for start, kind in kinds.items() if text.startswith(start)), "")
    cue = re.match(r"1\n\d\d+:\d\d:\d\d,\d{3} --> ", text)
    return found or ("application/x-subrip" if cue else "" if "\0" in text else "text/plain")


def duration_s(data: bytes) -> float | None:
    """Return how long a sound or a clip is, where its bytes tell it."""
    probe = Probe()
    probe.feed(data)
    return probe.facts()[2]


def extension(content_type: str) -> str:
    """Return the ending of a file's name.

    >>> extension("audio/mpeg"), extension("text/vtt"), extension("")
    ('mp3', 'vtt', 'bin')
    """
    return EXTENSIONS.get(content_type) or TEXTS.get(content_type, "bin")


def is_of(content_type: str, modality: str) -> bool:
    """Tell whether a file is of a modality."""
    return content_type in TEXTS if modality == "text" else content_type.startswith(f"{modality}/")


class Probe:
    """Feed it a file's bytes in order, then ask what the file was.

    Args:
        modality: what it should be; only where that is text are its bytes taken for one.
    """

    def __init__(self, modality: str = "") -> None:
        self._sniff = sniff_text if modality == "text" else sniff
        self._head = bytearray()
        self._audio = bytearray()
        self._boxes = _Boxes()
        self.content_type = ""

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        before = len(self._head)
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
        self.content_type = self.content_type or self._sniff(bytes(self._head))
        if self.content_type.startswith("audio/") and len(self._audio) < AUDIO_BYTES:
            self._audio += chunk if self._audio else self._head + chunk[len(self._head) - before :]
        elif not self.content_type.startswith(("audio/", "image/")) and self.content_type not in TEXTS:
            self._boxes.feed(chunk)

    def facts(self) -> tuple[int | None, int | None, float | None]:
        """Return width and height in pixels and duration in seconds, each where the file has one."""
        if self.content_type.startswith("image/"):
            return (*self._image_size(), None)
        if self.content_type.startswith("audio/"):
            return None, None, self._audio_duration()
        return self._boxes.facts()

    def _image_size(self) -> tuple[int | None, int | None]:
        import imagesize

        width, height = imagesize.get(BytesIO(bytes(self._head)))
        return (int(width), int(height)) if width > 0 else (None, None)

    def _audio_duration(self) -> float | None:
        import mutagen

        file = BytesIO(bytes(self._audio))
        file.name = f"x.{EXTENSIONS.get(self.content_type, '')}"  # mutagen knows some formats by name alone
        try:
            audio = mutagen.File(file)
        except Exception:  # its parsers raise anything over a damaged file
            return None
        return round(audio.info.length, 3) if audio is not None and audio.info is not None else None


class _Boxes:
    """Walk the top-level boxes of an ISO media file (ISO/IEC 14496-12) and keep ``moov`` alone."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip = 0
        self._moov = b""

    def feed(self, chunk: bytes) -> None:
        if self._moov:
            return
        dropped = min(self._skip, len(chunk))
        self._skip -= dropped
        self._buffer += chunk[dropped:]
        while not self._skip and len(self._buffer) >= 16:
            size, kind = struct.unpack_from(">I4s", self._buffer)
            if size == 1:
                size = struct.unpack_from(">Q", self._buffer, 8)[0]
            if kind == b"moov" and size <= INDEX_BYTES:
                if len(self._buffer) >= size:
                    self._moov = bytes(self._buffer[:size])
                return
            if size < 8:
                self._buffer.clear()
                return
            self._skip = max(0, size - len(self._buffer))
            del self._buffer[:size]

    def facts(self) -> tuple[int | None, int | None, float | None]:
        duration = _movie_duration(self._moov)
        sizes = [_track_size(box) for box in _children(self._moov, b"trak")]
        width, height = max(sizes, default=(0, 0))
        return width or None, height or None, duration


def _children(box: bytes, kind: bytes) -> list[bytes]:
    found = []
    at = 8
    while at + 8 <= len(box):
        size, name = struct.unpack_from(">I4s", box, at)
        if size < 8:
            break
        if name == kind:
            found.append(box[at : at + size])
        at += size
    return found


def _movie_duration(moov: bytes) -> float | None:
    for box in _children(moov, b"mvhd"):
        form = ">8xB3x16xIQ" if box[8:9] == b"\1" else ">8xB3x8xII"
        if len(box) < struct.calcsize(form):
            return None
        _, scale, duration = struct.unpack_from(form, box)
        return round(duration / scale, 3) if scale and duration else None
    return None


def _track_size(trak: bytes) -> tuple[int, int]:
    for box in _children(trak, b"tkhd"):
        if len(box) < 92:
            continue
        width, height = struct.unpack_from(">II", box, len(box) - 8)
        return width >> 16, height >> 16
    return 0, 0
