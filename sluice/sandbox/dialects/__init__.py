"""The providers that the sandbox plays, by the name that begins their paths.

A new provider is one module with a ``DIALECT`` and one line here.
"""

from sluice.sandbox.dialects import (
    ark,
    bfl,
    elevenlabs,
    fal,
    google,
    ideogram,
    kling,
    luma,
    minimax,
    openai,
    openai_chat,
    recraft,
    replicate,
    runway,
    segmind,
    stability,
)
from sluice.sandbox.wire import Dialect

DIALECTS: dict[str, Dialect] = {
    found.name: found
    for found in (
        ark.DIALECT,
        bfl.DIALECT,
        elevenlabs.DIALECT,
        fal.DIALECT,
        google.DIALECT,
        ideogram.DIALECT,
        kling.DIALECT,
        luma.DIALECT,
        minimax.DIALECT,
        openai.DIALECT,
        *openai_chat.DIALECTS,
        recraft.DIALECT,
        replicate.DIALECT,
        runway.DIALECT,
        segmind.DIALECT,
        stability.DIALECT,
    )
}
