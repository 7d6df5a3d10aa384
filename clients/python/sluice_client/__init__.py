"""The native client of a Sluice gateway.

>>> from sluice_client import Sluice
>>> with Sluice("https://gateway.example.com", "sk-sluice-...") as sluice:  # doctest: +SKIP
...     job = sluice.run("nano-banana-pro", {"prompt": "a lighthouse in a storm"})
"""

from sluice_client.client import AsyncSluice, Sluice
from sluice_client.errors import JobFailed, SluiceError, Unreachable, WaitTimedOut, WebhookInvalid
from sluice_client.stream import AsyncStream, Stream
from sluice_client.types import Attempt, Chunk, Cost, Event, Job, Output, Usage
from sluice_client.webhook import verify_webhook

__all__ = [
    "AsyncSluice",
    "AsyncStream",
    "Attempt",
    "Chunk",
    "Cost",
    "Event",
    "Job",
    "JobFailed",
    "Output",
    "Sluice",
    "SluiceError",
    "Stream",
    "Unreachable",
    "Usage",
    "WaitTimedOut",
    "WebhookInvalid",
    "verify_webhook",
]
