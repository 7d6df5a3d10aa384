"""What was said in a file: the transcript in our own form, and as text, SRT and WebVTT."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import msgspec

# Captions that we make of single words: two lines of a television's screen, and a breath ends one.
# Source: BBC Subtitle Guidelines (37 characters a line, two lines, up to 7 s).
CAPTION_CHARACTERS = 74
CAPTION_S = 7
PAUSE_S = 1.0
_SENTENCE = re.compile(r"[.!?…\u3002\uff01\uff1f]['\")\]»”]*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A word or a segment, with its time in seconds and who said it, where that is known."""

    text: str
    start: float
    end: float
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript, however a provider wrote it.

    Args:
        language: as the provider names it; empty where it does not.
        duration: of the file in seconds, where the provider tells it.
    """

    text: str
    language: str = ""
    duration: float | None = None
    segments: tuple[Passage, ...] = ()
    words: tuple[Passage, ...] = ()


def document(transcript: Transcript) -> dict[str, Any]:
    """Write a transcript in our own form, the same for every provider."""
    return {
        "text": transcript.text,
        "language": transcript.language or None,
        "duration": transcript.duration,
        "segments": [_passage("text", each) for each in captions(transcript)],
        "words": [_passage("word", each) for each in transcript.words],
    }


def read(document: dict[str, Any]) -> Transcript:
    """Read a transcript that we wrote."""
    return Transcript(
        document["text"],
        document["language"] or "",
        document["duration"],
        tuple(_read("text", each) for each in document["segments"]),
        tuple(_read("word", each) for each in document["words"]),
    )


def as_json(transcript: Transcript) -> str:
    """Write our own form as text."""
    return msgspec.json.encode(document(transcript)).decode()


def as_text(transcript: Transcript) -> str:
    """Write what was said and nothing else."""
    return transcript.text


def as_srt(transcript: Transcript) -> str:
    """Write captions as SubRip: numbers, and a comma before the milliseconds.

    >>> print(as_srt(Transcript("Hi.", segments=(Passage("Hi.", 0.5, 3661.25),))))
    1
    00:00:00,500 --> 01:01:01,250
    Hi.
    """
    found = enumerate(captions(transcript), 1)
    return "\n\n".join(f"{n}\n{_times(each, ',')}\n{_lines(each.text)}" for n, each in found)


def as_vtt(transcript: Transcript) -> str:
    """Write captions as WebVTT; what it would take for a tag is written out.

    Source: https://www.w3.org/TR/webvtt1/ section 4.1.

    >>> print(as_vtt(Transcript("1 < 2", segments=(Passage("1 < 2", 0, 1),))))
    WEBVTT
    <BLANKLINE>
    00:00:00.000 --> 00:00:01.000
    1 &lt; 2
    """
    cues = [f"{_times(each, '.')}\n{_escaped(_lines(each.text))}" for each in captions(transcript)]
    return "\n\n".join(["WEBVTT", *cues])


def captions(transcript: Transcript) -> tuple[Passage, ...]:
    """Return the segments; where a provider tells words alone, they are put together to such."""
    return transcript.segments or tuple(_joined(transcript.words))


# Our word for a format -> how a transcript is written in it.
FORMATS: dict[str, Callable[[Transcript], str]] = {
    "json": as_json,
    "text": as_text,
    "srt": as_srt,
    "vtt": as_vtt,
}


def _joined(words: Iterable[Passage]) -> Iterable[Passage]:
    for speaker, said in groupby(words, lambda word: word.speaker):
        caption: list[Passage] = []
        for word in said:
            if caption and _is_full(caption, word):
                yield _caption(caption, speaker)
                caption = []
            caption.append(word)
        yield _caption(caption, speaker)


def _is_full(caption: list[Passage], word: Passage) -> bool:
    long = sum(len(each.text) + 1 for each in caption) + len(word.text) > CAPTION_CHARACTERS
    late = word.end - caption[0].start > CAPTION_S or word.start - caption[-1].end > PAUSE_S
    return long or late or bool(_SENTENCE.search(caption[-1].text))


def _caption(words: list[Passage], speaker: str) -> Passage:
    return Passage(" ".join(each.text for each in words), words[0].start, words[-1].end, speaker)


def _passage(name: str, passage: Passage) -> dict[str, Any]:
    found = {"start": passage.start, "end": passage.end, name: passage.text}
    return {**found, "speaker": passage.speaker} if passage.speaker else found


def _read(name: str, found: dict[str, Any]) -> Passage:
    return Passage(found[name], found["start"], found["end"], found.get("speaker", ""))


def _times(passage: Passage, point: str) -> str:
    return f"{_time(passage.start, point)} --> {_time(max(passage.start, passage.end), point)}"


def _time(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(max(0.0, seconds) * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{point}{milliseconds:03}"


def _lines(text: str) -> str:
    """Take empty lines out, which would end a caption, and what would be read as its time."""
    return "\n".join(line.strip().replace("-->", "→") for line in text.splitlines() if line.strip())


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
