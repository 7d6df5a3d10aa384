"""`sluice up`, `down` and `status`: the local stack."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sluice.commands.option import HERE, STACK, STATE, AsJson, Folder, StackName, StateFolder
from sluice.console import Terminal, print_json, print_table

if TYPE_CHECKING:
    from gateway.plan import Parameter, Plan
    from sluice.local.stack import Stack

_PORT = 8787
_SAMPLES = {
    "image": "https://picsum.photos/id/237/1024/1024",
    "integer": 1,
    "number": 1,
    "boolean": False,
    "string": "a red fox in the snow",
}


def up(
    port: Annotated[int, typer.Option(help="Where the gateway answers; 0 takes any free port.")] = _PORT,
    live: Annotated[str, typer.Option(help="Providers to use for real, such as `google,fal`.")] = "",
    folder: Folder = HERE,
    state: StateFolder = STATE,
    stack: StackName = STACK,
    as_json: AsJson = False,
) -> None:
    """Start the local gateway, or bring it to what your files say now. Needs no account, no provider key."""
    from sluice.config import BadConfig
    from sluice.local.stack import Setup
    from sluice.local.stack import up as bring_up

    endpoint_url = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
    names = frozenset(filter(None, (name.strip() for name in live.split(","))))
    setup = Setup(folder, state, port, names, stack, endpoint_url)
    try:
        running = bring_up(setup, Terminal())
    except BadConfig as bad:
        print("\n".join(map(str, bad.config.problems)), file=sys.stderr)
        raise
    if as_json:
        print_json({"state": str(state), "keys": running.keys, **running.environment()})
    else:
        print(_welcome(running, state))


def down(
    purge: Annotated[bool, typer.Option("--purge", help="Also remove logs and all other remains.")] = False,
    state: StateFolder = STATE,
) -> None:
    """Stop what `up` started, and nothing else."""
    from sluice.local.stack import down as bring_down

    stopped = bring_down(state, purge=purge)
    print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


def status(state: StateFolder = STATE, as_json: AsJson = False) -> None:
    """Show what of the local stack runs. Exit code 1 if it is not up."""
    from sluice.commands.deployment import is_up
    from sluice.local import state as states

    found = states.load(state)
    services = [
        {"name": name, "alive": states.is_alive(each), "port": each.port, "pid": each.process.pid}
        for name, each in found.services.items()
    ]
    if as_json:
        print_json(
            {"up": is_up(found), "base_url": found.base_url, "stack": found.stack, "services": services}
        )
    else:
        rows = [[s["name"], "running" if s["alive"] else "gone", s["port"], s["pid"]] for s in services]
        print_table(["service", "state", "port", "pid"], rows, empty="Nothing runs. Start it: `make up`.")
        if is_up(found):
            print(f"\n{found.base_url}")
    if not is_up(found):
        raise typer.Exit(1)


def _welcome(stack: "Stack", state: Path) -> str:
    keys = [f"  {name + ' key':<12} {key}" for name, key in stack.keys.items()]
    return "\n".join(
        [
            "",
            f"Sluice is up at {stack.base_url}",
            *keys,
            f"  settings     {_relative(state / 'local.env')}",
            "",
            _curl(stack),
            "",
            "Edit routes.yaml and run `make up` again to serve the change. `make down` stops everything.",
        ]
    )


def _curl(stack: "Stack") -> str:
    if not stack.plan.routes:
        return f"curl {stack.base_url}/v1/models -H 'Authorization: Bearer {stack.api_key}'"
    routes = stack.plan.routes
    route = "nano-banana-pro" if "nano-banana-pro" in routes else next(iter(routes))
    body = json.dumps(_sample(stack.plan, route)).replace("'", "'\\''")
    return (
        f"curl {stack.base_url}/v1/{route} \\\n"
        f"  -H 'Authorization: Bearer {stack.api_key}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def _sample(plan: "Plan", name: str) -> dict[str, Any]:
    route = plan.routes[name]
    model = plan.model_of(route.targets[0])
    wanted = {
        key: parameter
        for key, parameter in model.parameters.items()
        if parameter.required and (not parameter.operations or route.operations[0] in parameter.operations)
    }
    return {key: _sample_value(parameter) for key, parameter in wanted.items()} or {
        "prompt": _SAMPLES["string"]
    }


def _sample_value(parameter: "Parameter") -> Any:
    if parameter.enum:
        return parameter.enum[0]
    return _SAMPLES.get(parameter.type, parameter.default)


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
