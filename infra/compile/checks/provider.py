"""Rules of a provider's account: secret, addresses, limits, names."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from infra.compile import vocabulary
from infra.compile.checks.value import number
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, looks_secret, redact, unknown
from infra.compile.whole import Whole, base_urls, stranger

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")


def known_entries(whole: Whole) -> Iterator[Problem]:
    """An entry that only names an account is known to the catalogue."""
    for name, entry in whole.providers.items():
        if name not in whole.catalog and stranger(entry):
            what, way_out = unknown("provider", name, whole.catalog)
            yield at_key(
                entry, what, f"{way_out} A provider of your own needs base_url, protocols and models."
            )


def legal_names(whole: Whole) -> Iterator[Problem]:
    """A provider's name can name a queue and stand in a path."""
    for name, entry in whole.providers.items():
        if not _NAME.fullmatch(name):
            what = f"{name!r} cannot be a provider's name"
            yield at_key(entry, what, "Use up to 40 small letters, digits and '-'.")


def secret_names(whole: Whole) -> Iterator[Problem]:
    """A secret is given by its name in Secrets Manager. What was written is never repeated."""
    for name, entry in whole.providers.items():
        secret = entry.at("secret")
        if looks_secret(secret.text) or secret.text.startswith(("sk-", "key_", "Bearer ")):
            what = "looks like the secret itself, which has no place in a file"
            example = f"sluice/providers/{redact(name)}"
            way_out = f"Write its name, such as {example}, and renew the key: it has been seen."
            yield at(secret, what, way_out)
        elif secret.text and not _SECRET.fullmatch(secret.text):
            what = "is not a name that Secrets Manager takes"
            yield at(secret, what, "Use letters, digits and / _ + = . @ - only.")


def no_pasted_secrets(whole: Whole) -> Iterator[Problem]:
    """No key hides in a header or an address."""
    for entry in whole.providers.values():
        fixed = [entry.at("auth", "value"), *entry.at("auth", "headers").children.values()]
        for protocol in entry.at("protocols").children.values():
            for step in protocol.at("steps").elements:
                fixed += [*step.at("headers").children.values(), *step.at("query").children.values()]
        for node in [*fixed, *base_urls(entry).values()]:
            if looks_secret(node.text):
                what = "holds what looks like a secret"
                yield at(node, what, "Write {secret} in auth.value, and renew the key: it has been seen.")


def right_addresses(whole: Whole) -> Iterator[Problem]:
    """Every provider has an address, and each is one."""
    for entry in whole.providers.values():
        if stranger(entry) or not isinstance(entry.value, dict):
            continue
        addresses = base_urls(entry)
        if not addresses:
            what = "has no address"
            yield at_key(entry, what, "Add `base_url: https://...`, or `base_urls` by region.")
        if entry.at("base_url").present and entry.at("base_urls").present:
            yield at_key(entry.at("base_url"), "is given beside 'base_urls'", "Keep one of them.")
        for node in [*addresses.values(), entry.at("auth", "token_url")]:
            if node.text and not looks_secret(node.text) and not _is_address(node.text):
                way_out = "Write it with https://, host and path, without query or password."
                yield at(node, f"{node.text!r} is not an address", way_out)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        known = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False
    return known and not (parts.query or parts.fragment or parts.username or " " in text)


def known_regions(whole: Whole) -> Iterator[Problem]:
    """Regions are those that the provider has addresses for."""
    for entry in whole.providers.values():
        regions, addresses = entry.at("regions"), base_urls(entry)
        if isinstance(regions.value, list) and not regions.value:
            yield at_key(regions, "names no region", "Name at least one, or remove the key.")
        seen: set[str] = set()
        for node in regions.elements:
            if node.text and node.text not in addresses and addresses:
                yield at(node, *unknown("region", node.text, addresses))
            if node.text in seen:
                yield at(node, f"{node.text!r} is in 'regions' twice", "Remove one of them.")
            seen.add(node.text)
        for name, node in entry.at("base_urls").children.items():
            if name == vocabulary.USUAL_REGION:
                yield at_key(node, f"{name!r} cannot be a region's name", "Choose another name.")


def known_regions_of_models(whole: Whole) -> Iterator[Problem]:
    """A model is served where its provider has an address."""
    for entry in whole.providers.values():
        addresses = base_urls(entry)
        for model in entry.at("models").children.values():
            for node in model.at("regions").elements:
                if node.text and node.text not in addresses:
                    yield at(node, *unknown("region", node.text, addresses))


def sane_limits(whole: Whole) -> Iterator[Problem]:
    """A burst is not larger than a minute's calls."""
    for entry in whole.providers.values():
        for path in _limited(entry):
            burst, rpm = number(entry.at(*path, "burst")), number(entry.at(*path, "rpm"))
            if burst is not None and rpm is not None and burst > rpm >= 1:
                what = f"{burst:g} calls back to back are more than {rpm:g} a minute"
                yield at(entry.at(*path, "burst"), what, f"Write at most {rpm:g}.")


def known_limits(whole: Whole) -> Iterator[Problem]:
    """A limit is not above what the provider is known to allow."""
    for name, entry in whole.providers.items():
        for path in _limited(entry) if name in whole.catalog else ():
            shipped = whole.catalog[name].at(*path)
            for key, node in entry.at(*path).children.items():
                given, known = number(node), number(shipped.at(key))
                if given is not None and known is not None and given > known:
                    what = f"{given:g} is above the {known:g} that {name} is known to allow"
                    yield at(node, what, "Lower it, unless your account has more.", level="warning")


def _limited(entry: Node) -> Iterator[tuple[str, ...]]:
    """Return where limits stand: the provider's, and those of its models."""
    yield ("limits",)
    for model in entry.at("limits", "models").children:
        yield ("limits", "models", model)


def known_models(whole: Whole) -> Iterator[Problem]:
    """Prices and limits are given for models that the provider has."""
    for name, entry in whole.providers.items():
        models = entry.at("models").children
        given = [*entry.at("prices").children.items(), *entry.at("limits", "models").children.items()]
        for model, node in given if models else ():
            if model not in models:
                yield at_key(node, *unknown(f"model of {name}", model, models))


RULES = (
    known_entries,
    legal_names,
    secret_names,
    no_pasted_secrets,
    right_addresses,
    known_regions,
    known_regions_of_models,
    sane_limits,
    known_limits,
    known_models,
)
