"""The words that the files may use: closed lists, each word once; those of the run time come from there."""

from gateway.domain.media import MODALITIES as OPERATIONS
from gateway.domain.order import ORDERS
from gateway.domain.outcome import ERROR_CLASSES as ERRORS
from gateway.domain.transcript import FORMATS
from gateway.plan import DIRECT, MEDIA
from gateway.protocols.chat.family import FAMILIES

__all__ = ["DIRECT", "ERRORS", "FAMILIES", "MEDIA", "OPERATIONS", "ORDERS"]

METERS = (
    "request",
    "input_token",
    "cached_input_token",
    "output_token",
    "input_audio_token",
    "output_audio_token",
    "input_text_token",
    "input_image_token",
    "output_image_token",
    "input_character",
    "input_second",
    "output_second",
    "output_image",
    "output_megapixel",
    "billed",  # what the provider says that it billed, in its own unit
)
OVERFLOWS = ("wait", "shed", "divert")
OVERAGES = ("refuse", "list_price")
EXPOSURES = ("all", "listed")
ENCODINGS = ("json", "multipart", "none")
OUTPUTS = ("url", "base64", "hex", "bytes", "transcript")
# What a transcript can be written as.
TRANSCRIPTS = tuple(FORMATS)
STATES = ("queued", "running", "done", "failed")
PLACES = ("body", "url", "query", "none")
TYPES = ("string", "integer", "number", "boolean", "array", "object", "any", *MEDIA)
AS_TYPES = ("string", "integer", "number")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

USUAL_REGION = "prefer-low-latency"
# First segments of paths below /v1 that are not models.
PATHS = frozenset(
    {
        "admin",
        "audio",
        "batches",
        "callbacks",
        "chat",
        "embeddings",
        "files",
        "health",
        "images",
        "jobs",
        "models",
        "responses",
        "uploads",
        "usage",
        "videos",
        "webhook-secret",
    }
)
# What every template may name; the rest is kept by a step or placed in the url by a parameter.
TEMPLATE_NAMES = frozenset({"base", "endpoint", "reference"})
