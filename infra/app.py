"""The CDK app: read the files, compile, package, synthesise. The only module that opens users' files.

Context: ``dir`` (of routes.yaml and providers.yaml), ``stack``, ``public_url``, ``alarm_email``; and for the
emulator ``target=local`` with ``sandbox_url`` and ``live``, the providers that are called for real.
"""

import json
import sys
from pathlib import Path

from aws_cdk import App

from gateway.plan import dump
from infra.compile import Local, Source, compile_files
from infra.package import build
from infra.resources.openapi import public_document
from infra.stack import SluiceStack

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Synthesise one stack, or say everything that is wrong with the files."""
    app = App(analytics_reporting=False)
    say = {name: app.node.try_get_context(name) or "" for name in _CONTEXT}
    routes, providers = (
        Source(name, (Path(say["dir"] or ".") / name).read_text())
        for name in ("routes.yaml", "providers.yaml")
    )
    catalog = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.glob("infra/catalog/**/*.yaml")}
    if say["target"] not in _TARGETS or (say["target"] == "local" and not say["sandbox_url"]):
        sys.exit("-c target is aws, or local together with -c sandbox_url=http://localhost:...")
    live = frozenset(filter(None, say["live"].split(",")))
    local = Local(say["sandbox_url"], live) if say["target"] == "local" else None
    compiled = compile_files(routes, providers, catalog, local=local, public_url=say["public_url"])
    sys.stderr.writelines(f"{problem}\n" for problem in compiled.problems)
    if not (compiled.plan and compiled.blueprint):
        sys.exit(1)
    openapi = json.dumps(public_document()).encode()
    package = build(compiled.blueprint.target, dump(compiled.plan), openapi, ROOT, ROOT / ".sluice" / "build")
    stack, email = say["stack"] or "sluice", say["alarm_email"]
    SluiceStack(app, stack, blueprint=compiled.blueprint, package=package, alarm_email=email)
    app.synth()


_TARGETS = ("", "aws", "local")
_CONTEXT = ("dir", "target", "sandbox_url", "live", "public_url", "stack", "alarm_email")

if __name__ == "__main__":
    main()
