"""Rules of targets: what a route asks of providers and their models."""

from collections.abc import Iterator

from infra.compile import unit, vocabulary
from infra.compile.checks import value
from infra.compile.node import Node
from infra.compile.problems import Problem, at, at_key, looks_secret, unknown
from infra.compile.whole import Aim, Whole, aims, base_urls


def known_providers(whole: Whole) -> Iterator[Problem]:
    """A target's provider is enabled."""
    for aim in _all(whole):
        if aim.provider in whole.providers or not whole.complete:
            continue
        if aim.provider in whole.catalog:
            what = f"provider {aim.provider!r} is not enabled"
            way_out = f"Add `{aim.provider}: {{secret: sluice/providers/{aim.provider}}}` to providers.yaml."
            yield at(aim.node, what, way_out)
        else:
            name = "***" if looks_secret(aim.name) else aim.provider
            yield at(aim.node, *unknown("provider", name, {*whole.providers, *whole.catalog}))


def known_models(whole: Whole) -> Iterator[Problem]:
    """A target's provider serves its model."""
    for aim in _all(whole):
        models = whole.providers[aim.provider].at("models") if aim.provider in whole.providers else None
        if models is not None and models.present and aim.model not in models.children:
            yield at(aim.node, *unknown(f"model of {aim.provider}", aim.model, models.children))


def useful_targets(whole: Whole) -> Iterator[Problem]:
    """A target serves at least one of its route's operations."""
    for route in whole.listed.values():
        own = set(whole.operations(route))
        for aim in aims(route):
            served = _served(whole, aim)
            if own and served and not own & set(served):
                what = f"{aim.name!r} serves {', '.join(served)}, none of {', '.join(sorted(own))}"
                yield at(aim.node, what, "Remove the target, or add its operation to the route.")


def served_operations(whole: Whole) -> Iterator[Problem]:
    """Each of a route's operations is served by one of its own targets."""
    for route in whole.listed.values():
        targets = list(aims(route))
        served = [_served(whole, aim) for aim in targets]
        if not all(served) or len(targets) < len(route.at("targets").elements):
            continue  # a target that is not known is reported, and might serve it
        able = {operation for each in served for operation in each}
        own = set(whole.operations(route))
        for node in route.at("operations").elements:
            if node.text in own - able and able & own:
                what = f"no target of this route serves {node.text!r}"
                yield at(node, what, "Add a target that does, or remove the operation.")


def right_overrides(whole: Whole) -> Iterator[Problem]:
    """A target's overrides are parameters of its model, with legal values."""
    for aim in _all(whole):
        model = whole.model(aim)
        known = model.at("parameters").children if model else {}
        for name, given in aim.parameters.children.items() if model else ():
            if name not in known:
                yield at_key(given, *unknown(f"parameter of {aim.name}", name, known))
            elif fault := value.fault(known[name], given.plain()):
                yield at(given, *fault)


def known_regions(whole: Whole) -> Iterator[Problem]:
    """A pinned region is one of the targets' regions, and better of all."""
    for route in whole.listed.values():
        region = whole.policy(route, "region")
        if region.text in ("", vocabulary.USUAL_REGION):
            continue
        having = [(aim, _regions(whole, aim)) for aim in aims(route) if aim.provider in whole.providers]
        if having and all(region.text not in regions for _, regions in having):
            names = {name for _, regions in having for name in regions} | {vocabulary.USUAL_REGION}
            yield at(region, *unknown("region", region.text, names))
            continue
        for aim, regions in having:
            if region.text not in regions:
                what = f"{aim.name!r} is not served in {region.text!r}, so this target is always skipped"
                yield at(aim.node, what, "Remove the target, or the region.", level="warning")


def ample_deadlines(whole: Whole) -> Iterator[Problem]:
    """A deadline leaves time for what the targets usually take."""
    for route in whole.listed.values():
        for aim in aims(route):
            yield from ample(whole, aim, whole.policy(route, "deadline"))


def ample(whole: Whole, aim: Aim, deadline: Node) -> Iterator[Problem]:
    """Warn of a deadline that is shorter than a target usually takes."""
    limit = _seconds(deadline)
    usual = _seconds((whole.model(aim) or deadline).at("usual"))
    if limit and usual and limit < usual:
        what = f"{deadline.text!r} is shorter than the {usual:g} s that {aim.name!r} usually takes"
        yield at(deadline, what, f"Write a longer {deadline.path[-1]}.", level="warning")


def priced_targets(whole: Whole) -> Iterator[Problem]:
    """A route's only target has a price."""
    for route in whole.listed.values():
        targets = list(aims(route))
        model = whole.model(targets[0]) if len(targets) == 1 else None
        if model is None or route.at("fallback").elements:
            continue
        own = whole.providers[targets[0].provider].at("prices", targets[0].model)
        if not model.at("prices").elements and not own.elements:
            what = f"{targets[0].name!r} has no price, so budgets do not count it"
            way_out = f"Add its prices to providers.yaml, under `{targets[0].provider}: {{prices: ...}}`."
            yield at(targets[0].node, what, way_out, level="warning")


def known_weights(whole: Whole) -> Iterator[Problem]:
    """A weight is given to a target of the route."""
    for route in whole.listed.values():
        names = [aim.name for aim in aims(route)]
        for name, node in route.at("weights").children.items():
            if names and name not in names:
                yield at_key(node, *unknown("target of this route", name, names))


def possible_weights(whole: Whole) -> Iterator[Problem]:
    """Some target of a route with weights can be the first."""
    for route in whole.listed.values():
        weights, targets = route.at("weights"), list(aims(route))
        if targets and all(value.number(weights.at(aim.name)) == 0 for aim in targets):
            yield at_key(weights, "gives every target 0", "Give one of them 1 or more.")


def useful_weights(whole: Whole) -> Iterator[Problem]:
    """Weights stand where the order goes by them."""
    for route in whole.listed.values():
        weights, order = route.at("weights"), whole.policy(route, "order").text or "fill"
        if weights.children and order in vocabulary.ORDERS and order not in ("weighted", "sticky"):
            what = f"has no effect while the order is {order}"
            yield at_key(weights, what, "Write `order: weighted`, or remove it.", level="warning")


def _all(whole: Whole) -> Iterator[Aim]:
    for route in whole.listed.values():
        yield from aims(route)


def _served(whole: Whole, aim: Aim) -> list[str]:
    model = whole.model(aim)
    return whole.operations(model) if model else []


def _regions(whole: Whole, aim: Aim) -> list[str]:
    entry, model = whole.providers[aim.provider], whole.model(aim)
    known = entry.at("regions").texts or list(base_urls(entry)) or ["global"]
    own = model.at("regions").texts if model else []
    return [region for region in known if not own or region in own]


def _seconds(node: Node) -> float:
    try:
        return unit.duration_s(node.value)
    except unit.Unreadable:
        return 0


RULES = (
    known_providers,
    known_models,
    useful_targets,
    served_operations,
    right_overrides,
    known_regions,
    ample_deadlines,
    priced_targets,
    known_weights,
    possible_weights,
    useful_weights,
)
