"""What a sound says: words with their times, the same for the same sound. Nobody listens: it is made up."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from sluice.sandbox.media.spec import Spec

WORD_S = 0.4
SENTENCE_WORDS = 7
WORDS = ("the", "quiet", "fox", "runs", "over", "a", "green", "hill", "while", "rain", "falls", "on", "boats")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its time in seconds; ``sentence`` counts from 0."""

    text: str
    start: float
    end: float
    sentence: int


def said(length_s: float, seed: int) -> str:
    """Make up what a sound of this length says: sentences of words, at least one."""
    dice = Random(seed)  # noqa: S311  decoration, not cryptography
    words = [dice.choice(WORDS) for _ in range(max(1, round(length_s / WORD_S)))]
    sentences = [words[at : at + SENTENCE_WORDS] for at in range(0, len(words), SENTENCE_WORDS)]
    return " ".join(f"{' '.join(each).capitalize()}." for each in sentences)


def timed(spec: Spec) -> list[Word]:
    """Spread a text's words over its sound."""
    words = spec.text.split()
    step = spec.duration_s / len(words)
    return [
        Word(text, round(i * step, 3), round((i + 1) * step, 3), i // SENTENCE_WORDS)
        for i, text in enumerate(words)
    ]


def sentences(words: list[Word]) -> Iterator[tuple[str, list[Word]]]:
    """Put words together to sentences: the text, and the words of each."""
    for number in range(words[-1].sentence + 1):
        own = [word for word in words if word.sentence == number]
        yield " ".join(word.text for word in own), own


def write_text(spec: Spec) -> bytes:
    """Write the text alone."""
    return spec.text.encode()
