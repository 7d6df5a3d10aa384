"""The providers that the sandbox plays, by the name that begins their paths.

Each of these knows its provider from that one's own SDK. All others are played from their entries.
"""

from collections.abc import Iterator, Mapping

from sluice.sandbox.dialects import (
    anthropic,
    ark,
    assemblyai,
    bedrock,
    bfl,
    cartesia,
    deepgram,
    elevenlabs,
    fal,
    google,
    ideogram,
    kling,
    luma,
    minimax,
    mistral,
    openai,
    openai_chat,
    openrouter,
    recraft,
    replicate,
    runway,
    segmind,
    stability,
    together,
    vertex,
)
from sluice.sandbox.played.dialect import dialect
from sluice.sandbox.played.entry import names
from sluice.sandbox.wire import Dialect

KNOWN: dict[str, Dialect] = {
    found.name: found
    for found in (
        anthropic.DIALECT,
        ark.DIALECT,
        bedrock.DIALECT,
        assemblyai.DIALECT,
        bfl.DIALECT,
        cartesia.DIALECT,
        deepgram.DIALECT,
        elevenlabs.DIALECT,
        fal.DIALECT,
        google.DIALECT,
        ideogram.DIALECT,
        kling.DIALECT,
        luma.DIALECT,
        minimax.DIALECT,
        mistral.DIALECT,
        openai.DIALECT,
        *openai_chat.DIALECTS,
        openrouter.DIALECT,
        recraft.DIALECT,
        replicate.DIALECT,
        runway.DIALECT,
        segmind.DIALECT,
        stability.DIALECT,
        together.DIALECT,
        vertex.DIALECT,
    )
}


class Dialects(Mapping[str, Dialect]):
    """All dialects; those that are made from an entry when they are first spoken."""

    def __init__(self) -> None:
        self._made = dict(KNOWN)
        self._names = frozenset({*KNOWN, *names()})

    def __getitem__(self, name: str) -> Dialect:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = dialect(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names))

    def __len__(self) -> int:
        return len(self._names)
