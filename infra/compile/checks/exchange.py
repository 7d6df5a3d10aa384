"""Rules of keys that are exchanged for a token: where that is done, and what addresses may name of them."""

from collections.abc import Iterator

from gateway.protocols.grant import EXCHANGES, NAMES
from infra.compile.checks.protocol import unnamed
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key
from infra.compile.whole import Whole, base_urls

_KEYS = ("token_url", "scope")


def whole_exchanges(whole: Whole) -> Iterator[Problem]:
    """A scheme that exchanges the key says where and for what; no other scheme does."""
    for entry in whole.providers.values():
        auth = entry.at("auth")
        scheme = auth.at("scheme")
        for key in _KEYS:
            if scheme.text in EXCHANGES and not auth.at(key).text:
                yield at(scheme, f"{scheme.text!r} has no {key!r}", f"Add `{key}`, as its provider says.")
            elif scheme.text not in EXCHANGES and auth.at(key).text:
                way_out = f"Remove it, or write `scheme: {next(iter(EXCHANGES))}`."
                yield at_key(auth.at(key), "has no meaning: the key is sent itself", way_out)


def filled_addresses(whole: Whole) -> Iterator[Problem]:
    """An address names nothing but what the key's scheme tells of the account."""
    for entry in whole.providers.values():
        names = set(_names(entry))
        listed = " or ".join(f"{{{name}}}" for name in sorted(names))
        way_out = f"Write {listed}." if names else "Write it out, as this scheme tells nothing of an account."
        for node in base_urls(entry).values():
            yield from unnamed(node, names, way_out)


def _names(entry: Node) -> tuple[str, ...]:
    return NAMES.get(entry.at("auth", "scheme").text, ())


RULES = (whole_exchanges, filled_addresses)
