"""What differs between AWS and the emulator, and nothing of the product."""

import platform
import sys
from dataclasses import dataclass

from aws_cdk import (
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    IStackSynthesizer,
    RemovalPolicy,
)
from aws_cdk import aws_lambda as lambda_


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack runs.

    Args:
        keeps: what happens to data when its resource leaves the stack.
        protects: whether keys and usage refuse to be deleted.
        encrypts: whether what is not HTTPS is refused; the emulator speaks HTTP.
        evaluates: whether a state's timeout may be an expression; MiniStack 1.5.33 fails on one.
        names_tokens: whether the permission to answer task tokens names the machine; MiniStack asks for "*".
        sees_external_ids: whether a permission may ask for one; MiniStack knows them in a role's trust alone.
        imports_refusals: whether the API's body says what the API answers by itself; MiniStack skips it.
        streams: whether the API passes an answer on while it is made; MiniStack answers 500.
        loopback: whether URLs of callers may point to this machine.
    """

    runtime: lambda_.Runtime
    architecture: lambda_.Architecture
    keeps: RemovalPolicy
    protects: bool
    encrypts: bool
    evaluates: bool
    names_tokens: bool
    sees_external_ids: bool
    imports_refusals: bool
    streams: bool
    loopback: bool


def place_of(target: str) -> Place:
    """Return what a target of the blueprint stands for."""
    if target == "aws":
        return Place(
            lambda_.Runtime.PYTHON_3_14,
            lambda_.Architecture.ARM_64,
            RemovalPolicy.RETAIN,
            protects=True,
            encrypts=True,
            evaluates=True,
            names_tokens=True,
            sees_external_ids=True,
            imports_refusals=True,
            streams=True,
            loopback=False,
        )
    return Place(
        _host_runtime(),
        _host_architecture(),
        RemovalPolicy.DESTROY,
        protects=False,
        encrypts=False,
        evaluates=False,
        names_tokens=False,
        sees_external_ids=False,
        imports_refusals=False,
        streams=False,
        loopback=True,
    )


def synthesizer_of(target: str) -> IStackSynthesizer:
    """Return how assets get to a target: the emulator knows the caller, not CDK's bootstrap roles."""
    return DefaultStackSynthesizer() if target == "aws" else CliCredentialsStackSynthesizer()


def _host_runtime() -> lambda_.Runtime:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return lambda_.Runtime(version, lambda_.RuntimeFamily.PYTHON)


def _host_architecture() -> lambda_.Architecture:
    arm = platform.machine() in {"arm64", "aarch64"}
    return lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64
