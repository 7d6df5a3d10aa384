"""Renders in worker threads and remembers the results, so that the event loop answers meanwhile."""

import asyncio
from collections import OrderedDict

from anyio import CapacityLimiter, to_thread

from sluice.sandbox.media.audio import render_audio
from sluice.sandbox.media.image import render_image
from sluice.sandbox.media.spec import Spec
from sluice.sandbox.media.speech import write_text
from sluice.sandbox.media.video import render_video

RENDERERS = {"image": render_image, "video": render_video, "audio": render_audio, "text": write_text}

CACHE_BYTES = 256 * 1024 * 1024
THREADS = 2


class Studio:
    """Renders each spec once; callers who ask meanwhile wait for the same run."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(THREADS)
        self._kept: OrderedDict[Spec, bytes] = OrderedDict()
        self._running: dict[Spec, asyncio.Task[bytes]] = {}

    async def render(self, spec: Spec) -> bytes:
        """Return the bytes of a spec, rendered now or before."""
        if spec in self._kept:
            self._kept.move_to_end(spec)
            return self._kept[spec]
        self.begin(spec)
        return await asyncio.shield(self._running[spec]) if spec in self._running else self._kept[spec]

    def begin(self, spec: Spec) -> None:
        """Start rendering in the background what is neither rendered nor under way."""
        if spec not in self._kept and spec not in self._running:
            self._running[spec] = asyncio.create_task(self._run(spec))

    async def _run(self, spec: Spec) -> bytes:
        try:
            body = await to_thread.run_sync(RENDERERS[spec.kind], spec, limiter=self._limiter)
        finally:
            del self._running[spec]
        self._kept[spec] = body
        while sum(map(len, self._kept.values())) > CACHE_BYTES and len(self._kept) > 1:
            self._kept.popitem(last=False)
        return body
