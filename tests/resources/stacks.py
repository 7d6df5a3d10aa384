"""Stacks made from hand-written blueprints, and the few ways in which tests look into a template."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.compile.blueprint import Blueprint, Pool
from infra.stack import SluiceStack

Template = dict[str, Any]
Resource = dict[str, Any]

ROOT = Path(__file__).parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
POOLS = (Pool("fal", "sluice/providers/fal", 40), Pool("in-house", "sluice/providers/in-house", 2))


def make_blueprint(
    target: str = "aws",
    plan_hash: str = "sha256:1",
    pools: tuple[Pool, ...] = POOLS,
    public_url: str = "",
) -> Blueprint:
    """Make a blueprint of two providers and two retention classes."""
    return Blueprint(target, plan_hash, pools, (7, 30), 60, public_url)


def make_app(blueprint: Blueprint, outdir: str, *, alarm_email: str = "", validated: bool = False) -> App:
    """Make an app with one stack, whose package is any directory: what is in it is not asked here."""
    app = App(
        analytics_reporting=False,
        builtin_cloud_formation_validation=validated,
        context=CONTEXT,
        outdir=outdir,
    )
    package = ROOT / "infra" / "compile"
    SluiceStack(app, "sluice", blueprint=blueprint, package=package, alarm_email=alarm_email)
    return app


def synth(blueprint: Blueprint, *, alarm_email: str = "") -> Template:
    """Return the template of a blueprint."""
    with tempfile.TemporaryDirectory() as outdir:
        assembly = make_app(blueprint, outdir, alarm_email=alarm_email).synth()
        template: Template = assembly.get_stack_by_name("sluice").template
    return template


def of_type(template: Template, kind: str) -> dict[str, Resource]:
    """Return logical id -> resource, of one type."""
    return {id: resource for id, resource in template["Resources"].items() if resource["Type"] == kind}


def one(template: Template, kind: str, part_of_id: str = "") -> Resource:
    """Return the properties of the only resource of a type whose id has a part."""
    (found,) = (r for id, r in of_type(template, kind).items() if part_of_id in id)
    return {"Type": found["Type"], **found.get("Properties", {}), "_": found}


def statements(role: Resource) -> Iterator[Resource]:
    """Yield the statements that stand in a role itself."""
    for policy in role.get("Policies", ()):
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    """Return a list also of what CloudFormation writes without brackets."""
    return value if isinstance(value, list) else [value]


def named(value: Any) -> str:
    """Return the logical id that a value refers to, or its text where it refers to none."""
    if isinstance(value, dict):
        if "Ref" in value:
            return str(value["Ref"])
        if "Fn::GetAtt" in value:
            return str(value["Fn::GetAtt"][0])
        if "Fn::Join" in value:
            return "".join(named(part) for part in value["Fn::Join"][1])
    return str(value)
