"""Every fault for every way of speaking to a provider, as data: families, faults, what a cell must show.

The families come from the compiled plan, so a new provider has its row by itself; chats have their own tests
(tests/flow/chat, tests/clients). What a cell must show follows from its fault and from how its family speaks:
whether it polls, brings links, can be asked for a lost start. The words that providers use are known here for
the shipped ones; another's must only be its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations, groupby
from typing import Any

from gateway.plan import DIRECT, Model, Plan
from gateway.wire import Protocol

# Code of a refusal with 429, with 503, of a job that failed, of a refused prompt.
WORDS = {
    "elevenlabs": ("system_busy", "service_unavailable", "internal_server_error", "content_against_policy"),
    "fal": (
        "rate_limited",
        "runner_scheduling_failure",
        "internal_server_error",
        "content_policy_violation",
    ),
    "google": ("RESOURCE_EXHAUSTED", "UNAVAILABLE", "13|INTERNAL", "200|IMAGE_SAFETY"),
    "kling": ("1302", "5001", "0", "1301|0"),
    "openai": ("rate_limit_exceeded", "overloaded", "500", "moderation_blocked"),
    "runway": ("429", "503", "INTERNAL*", "SAFETY.*"),
}
OURS = {"timeout", "connection", "malformed", "total_deadline", "file_broken", "wrong_media"}
# A start may take so long here, and an accepted job so long in all: a wait for nothing shall be short.
SUBMIT_S, TOTAL_S = 4, 9
# Something to fill a required parameter with, by its type.
FILLING = {"string": "a fox", "integer": 1, "number": 1}


@dataclass(frozen=True, slots=True)
class Family:
    """One protocol of one provider, with the model that is asked for.

    Args:
        partner: a model of another provider that can do the same, or nothing.
    """

    model: Model
    operation: str
    protocol: Protocol
    partner: str = ""

    @property
    def name(self) -> str:
        """Return what the catalogue calls it."""
        return f"{self.model.provider}.{self.model.offers[self.operation].protocol}"

    @property
    def polls(self) -> bool:
        """Tell whether there is a job to look at."""
        return not self.protocol.answers_at_once

    @property
    def kinds(self) -> set[str]:
        """Return how its results come: url, base64, bytes."""
        return {output.kind for step in self.protocol.steps for output in step.outputs}

    @property
    def links(self) -> bool:
        """Tell whether a result is a link, and its file another call."""
        return "url" in self.kinds

    def body(self, files: Mapping[str, str]) -> dict[str, Any]:
        """Ask for the family's model, and for its partner after it.

        Args:
            files: what to give where a picture or a sound is needed.
        """
        needed = {
            name: each.enum[0] if each.enum else FILLING.get(each.type) or files[each.medium]
            for name, each in self.model.parameters.items()
            if each.required and (not each.operations or self.operation in each.operations)
        }
        return {
            "model": f"{self.model.provider}/{self.model.id}",
            "operation": self.operation,
            "input": needed,
            "fallback": [self.partner] if self.partner else [],
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and what follows from it.

    Args:
        set: what the sandbox is told.
        classes: the classes that the first attempt may fail with; none, if it must not fail.
        code: the code of the failure, for a family.
        hits: whether it makes sense for a family.
        unheard: whether the start may have been taken all the same, which a list can tell.
    """

    name: str
    set: dict[str, Any]
    classes: frozenset[str] = frozenset()
    code: Callable[[Family], str] = field(default=lambda _: "*")
    hits: Callable[[Family], bool] = field(default=lambda _: True)
    unheard: bool = False


def _word(place: int) -> Callable[[Family], str]:
    """Name the provider's own word, as far as it is known."""
    return lambda family: WORDS.get(family.model.provider, ("",) * 4)[place]


def _is(code: str) -> Callable[[Family], str]:
    return lambda _: code


def _polls(family: Family) -> bool:
    return family.polls


def _links(family: Family) -> bool:
    return family.links


def _brings_files(family: Family) -> bool:
    """A transcript is written here, from what the provider tells of it."""
    return family.kinds != {"transcript"}


def _unreadable(family: Family) -> str:
    return "wrong_media" if family.kinds == {"bytes"} else "malformed"


def _broken_off(family: Family) -> str:
    if family.links:
        return "file_broken"
    return "total_deadline" if family.polls else "connection"  # a look that breaks off is taken again


TRANSIENT, TIMEOUT = frozenset({"transient"}), frozenset({"timeout"})
BUSY, REFUSED = frozenset({"capacity", "transient"}), frozenset({"moderation"})
FAULTS = (
    Fault("429", {"kind": "status", "status": 429, "retry_after": 1}, frozenset({"capacity"}), _word(0)),
    Fault("503", {"kind": "status", "status": 503, "retry_after": 1}, BUSY, _word(1)),
    Fault("hang at submit", {"kind": "hang"}, TIMEOUT, _is("timeout"), unheard=True),
    Fault("hang while running", {"kind": "hang", "on": "poll"}, TIMEOUT, _is("total_deadline"), _polls),
    Fault("connection reset", {"kind": "reset"}, TRANSIENT, _is("connection"), unheard=True),
    Fault("malformed JSON", {"kind": "malformed"}, TRANSIENT, _unreadable, unheard=True),
    Fault("failed after acceptance", {"kind": "fail_after_accept"}, TRANSIENT, _word(2)),
    Fault("moderation at submit", {"kind": "moderation"}, REFUSED, _word(3)),
    Fault("moderation in a poll", {"kind": "moderation", "on": "job"}, REFUSED, _word(3), _polls),
    Fault("stuck in progress", {"kind": "hang", "on": "job"}, TIMEOUT, _is("total_deadline"), _polls),
    Fault("expired result URL", {"kind": "expired_url"}, TRANSIENT, _is("file_*"), _links),
    Fault("truncated file", {"kind": "truncate"}, TRANSIENT | TIMEOUT, _broken_off),
    Fault("wrong media type", {"kind": "wrong_media"}, TRANSIENT, _is("wrong_media"), hits=_brings_files),
    Fault("slow download", {"kind": "slow", "on": "file", "delay_s": 0.3}, hits=_links),
)


def halves(plan: Plan) -> tuple[list[Family], list[Family]]:
    """Divide the providers into two, so that one half is whole while the other is broken.

    Of all ways the one is taken in which the most families have a partner in the other half, and then the one
    with the most even halves.
    """
    families = _families(plan)
    names = sorted({family.model.provider for family in families})
    able = [{f.model.provider for f in families if f.operation == each.operation} for each in families]
    ways = (set(way) for size in range(1, len(names)) for way in combinations(names, size))

    def worth(way: set[str]) -> tuple[int, int]:
        inside = [family.model.provider in way for family in families]
        paired = sum(bool(able[n] - way) if ours else bool(able[n] & way) for n, ours in enumerate(inside))
        return paired, -abs(2 * sum(inside) - len(families))

    best = max(ways, key=worth)
    paired = [Family(f.model, f.operation, f.protocol, _partner(f, families, best)) for f in families]
    first = [family for family in paired if family.model.provider in best]
    return first, [family for family in paired if family not in first]


def hurried(plan: Plan) -> str:
    """Write a providers.yaml without limits, whose starts and jobs must be quick."""
    lines = ["version: 1", "providers:"]
    for name, provider in plan.providers.items():
        lines += [f"  {name}:", f"    secret: {provider.secret}", "    protocols:"]
        quick = f"{{submit_deadline: {SUBMIT_S}s, total_deadline: {TOTAL_S}s}}"
        lines += [f"      {protocol}: {quick}" for protocol in provider.protocols]
    return "\n".join(lines) + "\n"


def _families(plan: Plan) -> list[Family]:
    """Find a model for each protocol that is offered: a priced one, and none for two if that can be."""
    offered = sorted(
        (model.provider, offer.protocol, not model.prices, model.id, operation)
        for model in plan.models.values()
        for operation, offer in model.offers.items()
        if operation not in DIRECT
    )
    families: list[Family] = []
    for (provider, protocol), offers in groupby(offered, key=lambda each: each[:2]):
        taken = {(family.model.provider, family.model.id) for family in families}
        known = [(model_id, operation) for *_, model_id, operation in offers]
        model_id, operation = next((each for each in known if (provider, each[0]) not in taken), known[0])
        model = plan.models[f"{provider}/{model_id}"]
        families.append(Family(model, operation, plan.providers[provider].protocols[protocol]))
    return families


def _partner(family: Family, families: list[Family], half: set[str]) -> str:
    """Name a model of the other half that does the same."""
    ours = family.model.provider in half
    able = [
        other.model
        for other in families
        if (other.model.provider in half) != ours and other.operation == family.operation
    ]
    best = min(able, key=lambda model: not model.prices, default=None)  # one with a price shows more
    return f"{best.provider}/{best.id}" if best else ""
