"""Findings of the security rules that we accept, each with its reason beside the resource it is about."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct


def acknowledge(resource: IConstruct, reason: str, *findings: str) -> None:
    """Accept findings on a resource, and on what it consists of, for one reason."""
    rules = [Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason) for finding in findings]
    Validations.of(resource).acknowledge(*rules)


def logical_id(resource: IConstruct) -> str:
    """Return the id under which a resource is in the template, and which findings about its users name."""
    made_of = cast(CfnElement, resource.node.default_child)
    return str(Stack.of(resource).resolve(made_of.logical_id))
