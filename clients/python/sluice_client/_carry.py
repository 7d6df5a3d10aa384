"""Carry out the steps of a call over httpx: the only module that does anything."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Self

import httpx

from sluice_client._flow import Listen, Read, Send, Sleep, Step
from sluice_client._wire import Request, Response


class Settings:
    """Where the gateway is, and who calls."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url.rstrip("/").removesuffix("/v1")
        self._key = api_key

    def arguments(self, request: Request) -> dict[str, Any]:
        """Write a request as httpx takes it; the key goes to the gateway alone."""
        own = {"authorization": f"Bearer {self._key}"} if request.ours else {}
        return {
            "method": request.method,
            "url": f"{self._base_url}{request.url}" if request.ours else request.url,
            "headers": {**own, **request.headers},
            "json": request.json,
            "data": None if request.form is None else dict(request.form),
            "files": None if request.form is None else {"file": request.file},
        }


class Wire:
    """The connections of one call."""

    def __init__(self, settings: Settings, http: httpx.Client, sleep: Callable[[float], None]) -> None:
        self._settings, self._http, self._sleep = settings, http, sleep
        self._open: httpx.Response | None = None
        self._pieces: Iterator[str] = iter(())

    def take(self, step: Step) -> Any:
        """Carry out one step."""
        match step:
            case Send(request):
                return self._sent(request)
            case Listen(request, silence_s):
                return self._opened(request, silence_s)
            case Read():
                return self._piece()
            case Sleep(seconds):
                self._sleep(seconds)
        return None

    def _sent(self, request: Request) -> Response:
        try:
            return _read(self._http.request(**self._settings.arguments(request)))
        except httpx.TransportError as error:
            return Response(lost=repr(error))

    def _opened(self, request: Request, silence_s: float) -> Response:
        self.close()
        asked = self._http.build_request(**self._settings.arguments(request), timeout=_silent(silence_s))
        try:
            self._open = self._http.send(asked, stream=True)
            if self._open.status_code != 200:
                self._open.read()
            self._pieces = self._open.iter_text()
            return _read(self._open)
        except httpx.TransportError as error:
            return Response(lost=repr(error))

    def _piece(self) -> str | None:
        try:
            return next(self._pieces, None)
        except httpx.TransportError:
            return None

    def close(self) -> None:
        """Let go of the stream that is open."""
        if self._open is not None:
            self._open.close()
        self._open, self._pieces = None, iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncWire:
    """The same to be awaited."""

    def __init__(
        self, settings: Settings, http: httpx.AsyncClient, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._settings, self._http, self._sleep = settings, http, sleep
        self._open: httpx.Response | None = None
        self._pieces = _nothing()

    async def take(self, step: Step) -> Any:
        """Carry out one step."""
        match step:
            case Send(request):
                return await self._sent(request)
            case Listen(request, silence_s):
                return await self._opened(request, silence_s)
            case Read():
                return await self._piece()
            case Sleep(seconds):
                await self._sleep(seconds)
        return None

    async def _sent(self, request: Request) -> Response:
        try:
            return _read(await self._http.request(**self._settings.arguments(request)))
        except httpx.TransportError as error:
            return Response(lost=repr(error))

    async def _opened(self, request: Request, silence_s: float) -> Response:
        await self.close()
        asked = self._http.build_request(**self._settings.arguments(request), timeout=_silent(silence_s))
        try:
            self._open = await self._http.send(asked, stream=True)
            if self._open.status_code != 200:
                await self._open.aread()
            self._pieces = self._open.aiter_text()
            return _read(self._open)
        except httpx.TransportError as error:
            return Response(lost=repr(error))

    async def _piece(self) -> str | None:
        try:
            return await anext(self._pieces, None)
        except httpx.TransportError:
            return None

    async def close(self) -> None:
        """Let go of the stream that is open."""
        if self._open is not None:
            await self._open.aclose()
        self._open, self._pieces = None, _nothing()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def _nothing() -> AsyncIterator[str]:
    return
    yield ""


def _read(response: httpx.Response) -> Response:
    body = response.content if response.is_closed or response.status_code != 200 else b""
    return Response(response.status_code, response.headers, body)


def _silent(seconds: float) -> httpx.Timeout:
    return httpx.Timeout(10, read=seconds)
