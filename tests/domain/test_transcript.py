"""Transcripts: one form for all providers, and captions that players can read."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import transcript
from gateway.domain.transcript import Passage, Transcript

TIMES = st.floats(0, 400_000, allow_nan=False)
PASSAGES = st.builds(
    lambda text, times, who: Passage(text, min(times), max(times), who),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    st.tuples(TIMES, TIMES),
    st.sampled_from(["", "A", "B"]),
)
TRANSCRIPTS = st.builds(
    Transcript,
    st.text(),
    st.sampled_from(["", "en"]),
    st.none() | TIMES,
    st.lists(PASSAGES, max_size=4).map(tuple),
    st.lists(PASSAGES, max_size=30).map(tuple),
)
CUE = re.compile(r"\d\d+:[0-5]\d:[0-5]\d[.,]\d{3} --> \d\d+:[0-5]\d:[0-5]\d[.,]\d{3}")


def words(*said: tuple[str, float], who: str = "") -> tuple[Passage, ...]:
    return tuple(Passage(text, at, round(at + 0.3, 3), who) for text, at in said)


@given(TRANSCRIPTS)
def test_srt_is_numbered_cues_whatever_was_said(said: Transcript) -> None:
    """
    No word can end a cue, or pass for a time.
    """
    blocks = transcript.as_srt(said).split("\n\n") if transcript.captions(said) else []

    assert len(blocks) == len(transcript.captions(said))
    for number, block in enumerate(blocks, 1):
        first, times, *lines = block.split("\n")
        assert (first, bool(CUE.fullmatch(times))) == (str(number), True)
        assert not any("-->" in line for line in lines)


@given(TRANSCRIPTS)
def test_vtt_is_a_header_and_cues_whatever_was_said(said: Transcript) -> None:
    """
    No word can end a cue, or pass for a time or a tag.
    """
    header, *blocks = transcript.as_vtt(said).split("\n\n")

    assert (header, len(blocks)) == ("WEBVTT", len(transcript.captions(said)))
    for block in blocks:
        times, *lines = block.split("\n")
        assert CUE.fullmatch(times)
        assert not any("<" in line or "-->" in line for line in lines)


@given(TRANSCRIPTS)
def test_what_is_written_is_read_again(said: Transcript) -> None:
    """
    The stored form loses nothing; captions are there from then on.
    """
    again = transcript.read(transcript.document(said))

    assert (again.text, again.language, again.duration, again.words) == (
        said.text,
        said.language,
        said.duration,
        said.words,
    )
    assert again.segments == transcript.captions(said)


def test_words_alone_become_captions_of_sentences_pauses_and_speakers() -> None:
    """
    A provider that tells words alone has captions all the same.
    """
    said = words(("Hello", 0), ("there.", 0.4), ("Well", 1.0), ("now", 3.0)) + words(("Yes", 3.4), who="B")

    found = transcript.captions(Transcript("", words=said))

    assert [(each.text, each.start, each.end, each.speaker) for each in found] == [
        ("Hello there.", 0, 0.7, ""),
        ("Well", 1.0, 1.3, ""),
        ("now", 3.0, 3.3, ""),
        ("Yes", 3.4, 3.7, "B"),
    ]


def test_a_caption_is_no_longer_than_a_screen_holds() -> None:
    """
    Somebody who never pauses is cut all the same, by letters and by time.
    """
    found = transcript.captions(Transcript("", words=words(*(("wordword", at * 0.3) for at in range(100)))))

    assert max(len(each.text) for each in found) <= transcript.CAPTION_CHARACTERS
    assert max(each.end - each.start for each in found) <= transcript.CAPTION_S


def test_a_provider_s_own_segments_stay_as_they_are() -> None:
    """
    They know better where a sentence ends.
    """
    own = (Passage("All of it", 0, 60),)

    assert transcript.captions(Transcript("", segments=own, words=words(("All", 0)))) == own
