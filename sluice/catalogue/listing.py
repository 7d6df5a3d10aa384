"""One provider's list of models as text, and what was left out with the reason."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sluice.catalogue import family, price
from sluice.catalogue.row import Row, by_model
from sluice.catalogue.signature import Signature
from sluice.catalogue.yaml import flow, key

DIGEST = 6
_NO_MEDIA = ("3d", "training", "realtime", "rerank", "moderation", "other", "voice")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written by hand of a provider, and the list that is there.

    Args:
        rows: under which name the CSV has it, and the protocol of each modality for models with a signature.
        templates: those written by hand, with the rows that they are for.
        known: ids and endpoints of the models written by hand.
        listed: id -> template of the list that is there, and ``shared`` its templates.
    """

    provider: str
    rows: dict[str, Any]
    templates: dict[str, dict[str, Any]]
    known: frozenset[str]
    listed: dict[str, str] = field(default_factory=dict)
    shared: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Listing:
    """What came of a provider's rows.

    Args:
        kept: modality -> models; ``left`` and ``unpriced`` count models by reason.
    """

    text: str = ""
    kept: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    unpriced: Counter[str] = field(default_factory=Counter)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)


def make(entry: Entry, rows: list[Row], signatures: Mapping[str, Signature]) -> Listing:
    """Make the list of one provider from its rows."""
    listing = Listing()
    models = by_model(rows)
    for name, own in models.items():
        if name in entry.known:
            listing.left["written by hand"] += 1
            continue
        try:
            template, shared = _template(entry, own[0], signatures)
        except family.Unfit as unfit:
            listing.left[str(unfit)] += 1
            continue
        if template not in entry.templates:
            listing.templates[template] = shared
        listing.models[name] = {"like": template, **_prices(listing, own, shared)}
        listing.kept[own[0].modality] += 1
    listing.text = _text(entry.provider, listing, rows) if listing.models else ""
    return listing


def _template(entry: Entry, row: Row, signatures: Mapping[str, Signature]) -> tuple[str, dict[str, Any]]:
    """Find what a model is like: a template written by hand, its signature, or what the list had it be."""
    for name, template in entry.templates.items():
        if _is_for(template.get("rows", {}), row):
            return name, template
    if row.modality in _NO_MEDIA:
        raise family.Unfit(f"{row.modality} is no operation here")
    if row.id in signatures:
        found = family.of(row.id, signatures[row.id], row.modality)
        shared = family.template(found, entry.rows["protocols"][found.modality])
        return f"{found.operation}-{_digest(flow(shared))}", shared
    if row.id in entry.listed:
        return entry.listed[row.id], entry.shared[entry.listed[row.id]]
    raise family.Unfit("no template is for it, and its signature is not known")


def _is_for(rows: Mapping[str, Any], row: Row) -> bool:
    named = any(fnmatchcase(row.id, pattern) for pattern in rows.get("match", ["*"]))
    excepted = any(fnmatchcase(row.id, pattern) for pattern in rows.get("except", []))
    return row.modality in rows.get("modality", ()) and named and not excepted


def _prices(listing: Listing, rows: list[Row], shared: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"prices": price.lines(rows, shared.get("parameters", {}))}
    except price.Unpriced as unpriced:
        listing.unpriced[str(unpriced)] += 1
        return {}


def _text(provider: str, listing: Listing, rows: list[Row]) -> str:
    sources = sorted({row.source.partition(" <- ")[0] for row in rows if row.id in listing.models})
    dates = sorted({row.source_date for row in rows if row.id in listing.models and row.source_date})
    lines = [
        "# Written by `sluice catalogue import`; write into the entry beside it instead.",
        f"# Source: {', '.join(sources)}, read {' and '.join(dates)}.",
        "# A price of a month counts from its first day. `usual` is an estimate.",
        "# A model without prices is unpriced, which is not free.",
        f"{provider}:",
    ]
    if listing.templates:
        lines += _templates(listing.templates)
    lines += ["  models:", *(f"    {key(name)}: {flow(model)}" for name, model in listing.models.items())]
    return "\n".join(lines) + "\n"


def _templates(templates: Mapping[str, dict[str, Any]]) -> list[str]:
    """Write templates in a line each, over parameters that are written once."""
    names: dict[str, str] = {}
    written = {}
    for name, template in sorted(templates.items()):
        references = {}
        for parameter, facts in template["parameters"].items():
            text = flow(facts)
            names[f"{parameter}-{_digest(text)}"] = text
            references[parameter] = f"*{parameter}-{_digest(text)}"
        parts = {
            **{part: flow(value) for part, value in template.items()},
            "parameters": _mapping(references),
        }
        written[name] = _mapping(parts)
    return [
        "  parameters:",
        *(f"    {name}: &{name} {text}" for name, text in sorted(names.items())),
        "  templates:",
        *(f"    {name}: {text}" for name, text in written.items()),
    ]


def _mapping(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key(name)}: {text}" for name, text in texts.items()) + "}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]
