"""Lower what was read and found right into the plan and the blueprint. Nothing is checked here any more."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway import plan as lowered
from gateway import wire
from gateway.protocols.signatures import STANDARD
from infra.compile import unit, vocabulary
from infra.compile.blueprint import Blueprint, Pool
from infra.compile.schema import protocol as spoken
from infra.compile.schema import provider as entry
from infra.compile.schema import route as file

USUAL_CONCURRENT = 10
LEAST_CONCURRENT = 2
USUAL_RETENTION_DAYS = lowered.Route("", (), ()).retention_days


def plan(routes: file.RoutesFile, providers: Mapping[str, entry.Provider]) -> lowered.Plan:
    """Lower everything into a plan with its hash."""
    models = {
        f"{name}/{model_id}": _model(model_id, name, model, provider)
        for name, provider in providers.items()
        for model_id, model in provider.models.items()
    }
    written = {name: _route(name, route, routes.defaults) for name, route in routes.models.items()}
    implied = (
        {}
        if routes.expose == "listed"
        else {key: _implied(key, models[key], routes.defaults) for key in models}
    )
    return hashed(
        lowered.Plan(
            hash="",
            routes={**implied, **written},
            models=models,
            providers={name: _provider(name, provider) for name, provider in providers.items()},
            tiers={name: _tier(tier) for name, tier in routes.tiers.items()},
        )
    )


def hashed(plan: lowered.Plan) -> lowered.Plan:
    """Put the digest of a plan's own text into it."""
    text = lowered.dump(replace(plan, hash=""))
    return replace(plan, hash=f"sha256:{hashlib.sha256(text).hexdigest()}")


def blueprint(plan: lowered.Plan, *, target: str, public_url: str) -> Blueprint:
    """Say what a deployment of a plan consists of."""
    pools = [Pool(name, each.secret, _at_once(plan, each)) for name, each in plan.providers.items()]
    days = {USUAL_RETENTION_DAYS, *(route.retention_days for route in plan.routes.values())}
    days |= {tier.retention_days for tier in plan.tiers.values() if tier.retention_days}
    protocols = [protocol for provider in plan.providers.values() for protocol in provider.protocols.values()]
    submits = [protocol.submit_deadline_s for protocol in protocols]
    submits += [route.deadlines.submit_s for route in plan.routes.values() if route.deadlines.submit_s]
    slowest_s = max(submits, default=60)
    return Blueprint(
        target=target,
        plan_hash=plan.hash,
        pools=tuple(sorted(pools, key=lambda pool: pool.provider)),
        retention_days=tuple(sorted(days)),
        start_timeout_s=math.ceil(slowest_s),
        public_url=public_url,
    )


def _at_once(plan: lowered.Plan, provider: lowered.Provider) -> int:
    """Return how many of a provider's calls may start at once, all its pools together."""
    own = (model.limits for model in plan.models.values() if model.provider == provider.name and model.limits)
    return max(LEAST_CONCURRENT, sum(each.concurrent or USUAL_CONCURRENT for each in (provider.limits, *own)))


def _route(name: str, route: file.Route, defaults: file.Defaults) -> lowered.Route:
    targets = tuple(
        lowered.Target(t.provider, t.model, t.parameters, route.weights.get(f"{t.provider}/{t.model}", 1))
        for t in route.targets
    )
    bare = lowered.Route(name, tuple(route.operations), targets, tuple(route.fallback))
    retention = route.delivery.retention if route.delivery else None
    return replace(
        _policed(_policed(bare, defaults), route), **_given(retention_days=retention or defaults.retention)
    )


def _implied(name: str, model: lowered.Model, defaults: file.Defaults) -> lowered.Route:
    bare = lowered.Route(name, tuple(model.offers), (lowered.Target(model.provider, model.id),))
    return replace(_policed(bare, defaults), **_given(retention_days=defaults.retention))


def _policed(route: lowered.Route, policy: file.Policy) -> lowered.Route:
    region = "" if policy.region == vocabulary.USUAL_REGION else policy.region
    return replace(
        route,
        **_given(
            deadline_s=policy.deadline,
            deadlines=_deadlines(route.deadlines, policy.deadlines),
            order=policy.order,
            overflow=policy.overflow,
            max_wait_s=policy.max_wait,
            on=None if policy.on is None else tuple(policy.on),
            region=region,
        ),
    )


def _deadlines(usual: wire.Deadlines, own: file.Deadlines) -> wire.Deadlines:
    return replace(usual, **_given(submit_s=own.submit, start_s=own.start, total_s=own.total))


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _tier(tier: file.Tier) -> lowered.Tier:
    return lowered.Tier(
        rpm=tier.rpm,
        concurrent=tier.concurrent,
        allowance_micros=None if tier.allowance_usd is None else unit.micros(tier.allowance_usd),
        overage=tier.overage,
        retention_days=tier.retention,
        unpriced=tier.unpriced,
        overflow=tier.overflow or "",
        max_wait_s=tier.max_wait,
    )


def _provider(name: str, provider: entry.Provider) -> lowered.Provider:
    urls = {"global": provider.base_url} if provider.base_url else provider.base_urls
    return lowered.Provider(
        name=name,
        base_urls={region: urls[region].rstrip("/") for region in provider.regions or urls},
        auth=wire.Auth(**provider.auth.model_dump()),
        secret=provider.secret,
        limits=_limits(provider.limits),
        protocols={key: _protocol(protocol) for key, protocol in provider.protocols.items()},
        errors=tuple(
            wire.ErrorRule(rule.error, tuple(rule.status), rule.path, tuple(rule.match), rule.unless)
            for rule in provider.errors
        ),
        retry_after=provider.retry_after,
        regions=tuple(provider.regions or list(urls)[:1]),
        headroom=_headroom(provider.headroom) if provider.headroom else None,
    )


def _headroom(headroom: entry.Headroom) -> lowered.Headroom:
    """Lower the headers' names, as the answers' names are in lower case too."""
    return lowered.Headroom(headroom.remaining.lower(), headroom.reset.lower())


def _limits(limits: entry.Limits) -> lowered.Limits:
    return lowered.Limits(**limits.model_dump(exclude={"models"}))


def _protocol(protocol: spoken.Protocol) -> wire.Protocol:
    find = protocol.find
    return wire.Protocol(
        steps=tuple(_step(step) for step in protocol.steps),
        cancel=_step(protocol.cancel) if protocol.cancel else None,
        find=wire.Find(_step(find.step), find.items, find.match, find.keep) if find else None,
        callback=_callback(protocol.callback) if protocol.callback else None,
        submit_deadline_s=protocol.submit_deadline,
        start_deadline_s=protocol.start_deadline,
        total_deadline_s=protocol.total_deadline,
        family=protocol.family or "",
        stream=_step(protocol.stream) if protocol.stream else None,
    )


def _callback(callback: spoken.Callback) -> wire.Callback:
    given, signature = callback.model_dump(exclude={"ends", "signature"}), callback.signature
    return wire.Callback(
        **given, ends=tuple(callback.ends), signature=_signature(signature) if signature else None
    )


def _signature(signature: spoken.Signature) -> wire.Signature:
    """Lower headers' names, as those that arrive are in lower case too."""
    given = signature.model_dump(include={"keys", "path", "keyed"})
    if signature.scheme == "standard_webhooks":
        return replace(STANDARD, **given, tolerance_s=signature.tolerance)
    return wire.Signature(
        scheme=signature.scheme,
        header=signature.header.lower(),
        signed=signature.signed,
        timestamp=signature.timestamp.lower(),
        tolerance_s=signature.tolerance,
        **given,
    )


def _step(step: spoken.Step) -> wire.Step:
    outputs = tuple(_output(output) for output in step.outputs)
    return wire.Step(**step.model_dump(exclude={"outputs"}), outputs=outputs)


def _output(output: spoken.Output) -> wire.Output:
    said = output.transcript
    return wire.Output(
        output.kind, output.path, output.keyed, _transcript(said) if said else None, output.rate_hz or 0
    )


def _transcript(said: spoken.Transcript) -> wire.Transcript:
    segments, words = (
        wire.Passages(**each.model_dump()) if each else None for each in (said.segments, said.words)
    )
    return wire.Transcript(said.language, said.duration, segments, words, said.per_second)


def _model(model_id: str, name: str, model: entry.Model, provider: entry.Provider) -> lowered.Model:
    limits = provider.limits.models.get(model_id)
    return lowered.Model(
        id=model_id,
        provider=name,
        offers={
            operation: lowered.Offer(offer.protocol, offer.endpoint or model_id)
            for operation, offer in model.offers.items()
        },
        parameters={name: _parameter(parameter) for name, parameter in model.parameters.items()},
        prices=tuple(_price(line) for line in provider.prices.get(model_id, model.prices)),
        usual_s=model.usual,
        limits=_limits(limits) if limits else None,
        regions=tuple(model.regions),
    )


def _parameter(parameter: entry.Parameter) -> lowered.Parameter:
    fields = parameter.model_dump(exclude={"enum", "operations", "as_type", "items"})
    return lowered.Parameter(
        **fields,
        enum=tuple(parameter.enum),
        as_type=parameter.as_type or "",
        items=parameter.items or "",
        operations=tuple(parameter.operations),
    )


def _price(line: entry.PriceLine) -> lowered.PriceLine:
    return lowered.PriceLine(
        meter=line.meter,
        micros=unit.micros(line.usd),
        per=line.per,
        as_of=line.as_of,
        source=line.source,
        when={name: tuple(values) for name, values in line.when.items()},
        typical=line.typical,
    )
