"""`sluice explain`: what the gateway's own code would do with a request, without calling anybody."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.option import HERE, AsJson, Folder
from sluice.console import print_json
from sluice.errors import Refused

if TYPE_CHECKING:
    from gateway.domain.job import Hop
    from gateway.domain.medium import Medium, Place
    from gateway.domain.request import Request
    from gateway.plan import Plan

# Whoever reads the answer must not take it for a key that works.
_NO_SECRET = "***"  # noqa: S105  # stands where a key would be
_SHOWN = 2000


def explain(
    request: Annotated[
        str, typer.Option(help="File with the JSON body, flat or with `input`; - is stdin.")
    ] = "-",
    model: Annotated[str, typer.Option(help="The model, where the body does not name it.")] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the chain of a request: its targets in order, what each would be sent, and the estimated price."""
    from gateway.errors import GatewayError
    from sluice.config import read_sound

    plan, _ = read_sound(folder)
    body = _body(request)
    name = model or body.get("model")
    if not isinstance(name, str) or not name:
        raise Refused('the request names no model. Add `"model": "..."` to it, or use --model.')
    try:
        explained = _explained(plan, _asked(body, name))
    except GatewayError as error:
        raise Refused(f"the gateway would answer {error.status} {error.code}: {error}") from None
    if as_json:
        print_json(explained)
    else:
        _print(explained)


def _body(source: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        body = json.loads(text)
    except OSError as error:
        raise Refused(f"{source} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Refused(f"{source} is not JSON: {error}.") from None
    if not isinstance(body, dict):
        raise Refused(f"{source} is not a JSON object.")
    return body


def _asked(body: dict[str, Any], model: str) -> "Request":
    from gateway.domain import body as bodies

    given = body.get("input")
    flat = {**{k: v for k, v in body.items() if k != "input"}, **given} if isinstance(given, dict) else body
    return bodies.read(flat, model)


def _explained(plan: "Plan", asked: "Request") -> dict[str, Any]:
    from gateway.domain import order, request, routing

    route = routing.route_of(plan, asked.model)
    models = [plan.model_of(target) for target in route.targets]
    operation = asked.operation or request.operation_of(models, route.operations, asked.parameters)
    routing.require(plan, route, asked, operation)
    hops = routing.hops_of(plan, route, asked.fallback, asked.region)
    able, skipped = routing.eligible(plan, asked, operation, hops)
    chain = order.arranged(plan, asked, operation, able, customer=asked.customer_id or "")
    return {
        "model": route.name,
        "operation": operation,
        "order": route.order,
        "first_tries": _first_tries(plan, asked, chain) if chain else {},
        "moves_on": list(route.on),
        "deadline_s": route.deadline_s,
        "overflow": route.overflow,
        "chain": [_target(plan, asked, operation, hop) for hop in chain],
        "skipped": [{"target": f"{skip.provider}/{skip.model}", "reason": skip.reason} for skip in skipped],
    }


def _first_tries(plan: "Plan", asked: "Request", chain: "tuple[Hop, ...]") -> dict[str, float]:
    """Return target -> its share of first tries, where the job or a customer that is not named decides."""
    from gateway.domain import order

    route = plan.routes[chain[0].route]
    if route.order != "weighted" and (route.order != "sticky" or asked.customer_id):
        return {}
    own = [hop for hop in chain if hop.route == route.name]
    weights = {f"{hop.provider}/{hop.model}": order.weight_of(route, hop) for hop in own}
    total = sum(weights.values())
    return {target: weight / total for target, weight in weights.items() if total}


def _target(plan: "Plan", asked: "Request", operation: str, hop: "Hop") -> dict[str, Any]:
    from gateway.domain import medium, pricing, request
    from gateway.protocols import grant, spoken, steps
    from gateway.protocols.call import Call

    provider, model = plan.providers[hop.provider], plan.models[f"{hop.provider}/{hop.model}"]
    fit = request.fit(model, operation, asked.parameters, hop.parameters)
    offer = model.offers[operation]
    call = Call(
        provider=provider,
        protocol=provider.protocols[offer.protocol],
        offer=offer,
        region=hop.region,
        reference="gw_example-1",
        parameters=model.parameters,
        arguments=medium.filled(model.parameters, fit.arguments, _file),
        account={name: f"<{name}>" for name in grant.NAMES.get(provider.auth.scheme, ())},
    )
    if call.protocol.family:
        sent = spoken.request(call, _NO_SECRET, time.time(), streamed=False)
    else:
        sent = steps.request(call, call.protocol.steps[0], {}, _NO_SECRET, time.time())
    price = pricing.estimate(model, fit.arguments)
    limits = plan.limits_of(hop.provider, hop.model)
    return {
        "target": f"{hop.provider}/{hop.model}",
        "route": hop.route,
        "region": hop.region,
        "method": sent.method,
        "url": sent.url,
        "body": _readable(sent.body, sent.headers.get("content-type", "")),
        "dropped": list(fit.dropped),
        "estimated_usd": None if price is None else pricing.usd(price),
        "limits": {
            "rpm": limits.rpm,
            "ipm": limits.ipm,
            "tpm": limits.tpm,
            "concurrent": limits.concurrent,
        },
        "secret": provider.secret,
    }


def _file(place: "Place") -> "Medium":
    """Say where a file would go; it is not read."""
    from gateway.domain import medium

    is_upload = place.given.startswith(medium.REFERENCE)
    content = f"<the bytes of {place.given}>"
    return medium.Medium(
        url=f"<a signed link to {place.given}>" if is_upload else place.given,
        media_type=f"{place.parameter.medium}/<by its bytes>",
        base64=content.replace("the bytes", "base64"),
        data=content.encode(),
    )


def _readable(body: bytes | None, content_type: str) -> Any:
    if not body:
        return None
    if content_type.startswith("multipart/"):
        return _form(body, content_type)
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")[:_SHOWN]


def _form(body: bytes, content_type: str) -> list[dict[str, str]]:
    """Show a form's parts as objects, in order."""
    from email import message_from_bytes

    parts = message_from_bytes(f"content-type: {content_type}\r\n\r\n".encode() + body).walk()
    return [
        {
            "name": str(part.get_param("name", header="content-disposition")),
            "value": str(part.get_payload()).removesuffix("\r\n")[:_SHOWN],
        }
        for part in parts
        if not part.is_multipart()
    ]


def _print(explained: dict[str, Any]) -> None:
    print(
        f"{explained['model']}: {explained['operation']}, done within {explained['deadline_s']:g} s, "
        f"order {explained['order']}"
    )
    if explained["first_tries"]:
        shares = (f"{100 * share:.3g} % {target}" for target, share in explained["first_tries"].items())
        print(f"First tries: {', '.join(shares)}")
    for n, target in enumerate(explained["chain"], 1):
        price = target["estimated_usd"]
        print(
            f"\n{n}. {target['target']} in {target['region']}, {f'about ${price}' if price else 'unpriced'}"
        )
        if target["route"] != explained["model"]:
            print(f"   fallback: {target['route']}")
        print(f"   {target['method']} {target['url']}")
        if target["body"] is not None:
            print("   " + json.dumps(target["body"], indent=2, ensure_ascii=False).replace("\n", "\n   "))
        if target["dropped"]:
            print(f"   left out: {', '.join(target['dropped'])}")
    for skip in explained["skipped"]:
        print(f"\n-  {skip['target']} is skipped: {skip['reason']}")
    print(f"\nThe next target is tried on: {', '.join(explained['moves_on'])}.")
