"""Rules of callbacks: the address is told, the call can be read, and what proves it can be checked."""

from collections.abc import Iterator

from gateway.protocols.signatures import SCHEMES
from infra.compile import vocabulary
from infra.compile.checks.protocol import PATH, gaps, leaves
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, show, unknown
from infra.compile.whole import Whole

_KEYS = ("keys", "path")
# Scheme -> what it needs besides.
_NEEDS = dict.fromkeys(SCHEMES, ("header", "signed", *_KEYS)) | {
    "standard_webhooks": _KEYS,
    "password": ("header",),
}
_NAMES = (*sorted(vocabulary.TEMPLATE_NAMES), "callback", "password")


def told_addresses(whole: Whole) -> Iterator[Problem]:
    """The start says where to call, in names that are known then."""
    for callback in _callbacks(whole):
        named = [name for node in _told(callback) for name in gaps(node.text) or ()]
        for node in _told(callback):
            for name in gaps(node.text) or ():
                if name not in _NAMES:
                    known = ", ".join(f"{{{each}}}" for each in _NAMES)
                    yield at(node, f"names {{{name}}}, which nothing fills in", f"Known here: {known}.")
        if "callback" not in named:
            yield at_key(callback, "never tells where to call", 'Add `body: {webhook: "{callback}"}`.')


def awaited_callbacks(whole: Whole) -> Iterator[Problem]:
    """Somebody waits for the call, and the start can ask for it."""
    for protocol in _protocols(whole):
        callback, steps = protocol.at("callback"), protocol.at("steps").elements
        if callback.present and len(steps) == 1:
            yield at_key(
                callback, "is never waited for: the first step has the outputs", "Remove it, or add a step."
            )
        if steps and callback.at("body").present and steps[0].at("encoding").value != "json":
            way_out = "Ask by `query`, or add `encoding: json` to the first step."
            yield at_key(callback.at("body"), "is not sent, because the first step has no JSON", way_out)


def readable_callbacks(whole: Whole) -> Iterator[Problem]:
    """A status has the words that end, and each path is one."""
    for callback in _callbacks(whole):
        status, ends = callback.at("status"), callback.at("ends")
        if status.text and not ends.elements:
            yield at(status, "has no words that end", "Add `ends: [succeeded, failed]`.")
        if ends.elements and not status.text:
            yield at_key(ends, "has words, but no 'status' to read them from", "Add `status: <path>`.")
        for node in (status, callback.at("challenge"), callback.at("signature", "path")):
            if node.text and not PATH.fullmatch(node.text):
                yield at(node, f"{show(node.text)} is not a path", "Write keys and indexes: data.status.")


def provable_callbacks(whole: Whole) -> Iterator[Problem]:
    """A signature is of a scheme that there is, over something, by keys that can be had."""
    for callback in _callbacks(whole):
        signature = callback.at("signature")
        scheme = signature.at("scheme").text
        if scheme and scheme not in _NEEDS:
            yield at(signature.at("scheme"), *unknown("scheme", scheme, list(_NEEDS)))
        missing = [key for key in _NEEDS.get(scheme, ()) if not signature.at(key).text]
        if missing:
            yield at(signature, f"cannot be checked without {', '.join(missing)}", "Add what is missing.")
        told = any("password" in (gaps(node.text) or ()) for node in _told(callback))
        if scheme == "password" and not told:
            yield at(signature, "is a password that is never told", "Put {password} into the body.")


def _callbacks(whole: Whole) -> Iterator[Node]:
    return (callback for each in _protocols(whole) if (callback := each.at("callback")).present)


def _protocols(whole: Whole) -> Iterator[Node]:
    for entry in whole.providers.values():
        yield from entry.at("protocols").children.values()


def _told(callback: Node) -> list[Node]:
    return [leaf for key in ("query", "body", "headers") for leaf in leaves(callback.at(key))]


RULES = (told_addresses, awaited_callbacks, readable_callbacks, provable_callbacks)
