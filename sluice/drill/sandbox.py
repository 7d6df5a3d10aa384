"""The hand on the sandbox's controls. Rule: what it broke it heals, and each fault ends by itself besides."""

from contextlib import suppress
from typing import Any

import httpx

from sluice.errors import Refused
from sluice.sandbox.fault import read_fault

# How long a fault outlives its phase where nobody came back to heal it.
LEASE_S = 60


def fault_of(text: str) -> dict[str, Any]:
    """Read a fault: its kind, and if wanted its number and which calls it hits.

    >>> fault_of("status:503"), fault_of("hang:poll"), fault_of("slow:5")
    ({'kind': 'status', 'status': 503}, {'kind': 'hang', 'on': 'poll'}, {'kind': 'slow', 'delay_s': 5})
    """
    kind, *more = text.split(":")
    fault: dict[str, Any] = {"kind": kind}
    for word in more:
        if word.isdecimal():
            fault["delay_s" if kind == "slow" else "status"] = int(word)
        else:
            fault["on"] = word
    try:
        read_fault(fault)
    except ValueError as error:
        raise Refused(f"--fault: {error}. Write it as status:503, hang, slow:5 or hang:poll.") from None
    return fault


class Sandbox:
    """The sandbox of the running stack."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http, self._url = http, f"{url}/_sandbox"
        self._broken: list[str] = []

    def require_whole(self, providers: tuple[str, ...]) -> None:
        """Insist that the sandbox plays these providers, and that nobody has broken one of them.

        Raises:
            Refused: otherwise, with the way out.
        """
        played = self._ask("GET", "health")["providers"]
        for provider in providers:
            if provider not in played:
                raise Refused(f"the sandbox does not play {provider!r}, so it cannot break it. Use --model.")
            if fault := self._ask("GET", f"faults/{provider}")["fault"]:
                raise Refused(
                    f"{provider!r} has a {fault['kind']} fault already, which this drill did not set. "
                    f"Clear it: `{self._remedy(provider)}`."
                )

    def break_(self, providers: tuple[str, ...], fault: dict[str, Any], for_s: float) -> None:
        """Break providers until they are healed, or for so long at most."""
        for provider in providers:
            self._broken.append(provider)  # before it is true, so that no interruption comes between
            self._ask("PUT", f"faults/{provider}", {**fault, "for_s": for_s + LEASE_S})

    def heal(self) -> None:
        """Clear every fault that was set here.

        Raises:
            Refused: the sandbox did not do it.
        """
        for provider in tuple(self._broken):
            with suppress(Refused):
                self._ask("DELETE", f"faults/{provider}")
                self._broken.remove(provider)
        if self._broken:
            remedies = " and ".join(f"`{self._remedy(provider)}`" for provider in self._broken)
            raise Refused(
                f"the sandbox at {self._url} does not answer: {' and '.join(self._broken)} may be broken for "
                f"{LEASE_S} s more. To heal at once: {remedies}."
            )

    def billed_since(self, at: float) -> list[tuple[str, float]]:
        """List the calls since an instant that started something billable, as (provider, instant)."""
        entries = self._ask("GET", f"requests?since={at}")["requests"]
        return [(entry["provider"], entry["at"]) for entry in entries if entry["billable_start"]]

    def _remedy(self, provider: str) -> str:
        return f"curl -X DELETE {self._url}/faults/{provider}"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._http.request(method, f"{self._url}/{path}", json=body)
        except httpx.HTTPError as error:
            raise Refused(f"the sandbox at {self._url} does not answer ({type(error).__name__}).") from None
        if answer.is_error:
            raise Refused(f"the sandbox answers {answer.status_code} to {method} {path}: {answer.text}")
        found: dict[str, Any] = answer.json()
        return found
