"""Finds the deployment that a command is about: the local stack if it runs, else the stack in AWS."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.aws.keys import Keys
from sluice.aws import Cloud
from sluice.errors import Refused
from sluice.local import state as states


@dataclass(frozen=True, slots=True)
class Deployment:
    """A stack that is there.

    Args:
        state: of the local stack; None in AWS.
    """

    cloud: Cloud
    stack: str
    outputs: dict[str, str]
    state: states.State | None = None

    @property
    def is_local(self) -> bool:
        """Tell whether it is the local stack."""
        return self.state is not None

    @property
    def flag(self) -> str:
        """Return the option that names this deployment in a command that we suggest."""
        return "--local" if self.is_local else "--aws"

    def client(self, service: str) -> Any:
        """Make a client for the deployment's account and region."""
        return self.cloud.client(service)

    @property
    def keys(self) -> Keys:
        """Open its keys table."""
        return self.cloud.keys(self.output("KeysTable"))

    def output(self, name: str) -> str:
        """Return an output of the stack.

        Raises:
            Refused: the stack is not one of ours, or older than this tool.
        """
        try:
            return self.outputs[name]
        except KeyError:
            raise Refused(
                f"stack {self.stack!r} has no output {name!r}: it is not a Sluice stack, or an old one. "
                f"Deploy again: `{'make up' if self.is_local else 'sluice deploy'}`."
            ) from None


def find(stack: str, local: bool | None, state_folder: Path) -> Deployment:
    """Find a deployment.

    Args:
        local: True for the local stack, False for AWS, None to take the local one if it runs.

    Raises:
        Refused: there is none.
    """
    if local is False or (local is None and not is_up(states.load(state_folder))):
        return Deployment(Cloud(), stack, _outputs(stack))
    state = running(state_folder)
    return Deployment(Cloud(state.endpoint_url), state.stack, state.outputs, state)


def running(state_folder: Path) -> states.State:
    """Return what is known of the local stack.

    Raises:
        Refused: it does not run.
    """
    state = states.load(state_folder)
    if not is_up(state):
        raise Refused("the local stack does not run. Start it: `make up`.")
    return state


def is_up(state: states.State) -> bool:
    """Tell whether the local stack runs, as far as its programs are ours."""
    return bool(state.outputs) and bool(state.services) and all(map(states.is_alive, state.services.values()))


def _outputs(stack: str) -> dict[str, str]:
    from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

    try:
        found = Cloud().client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except NoRegionError:
        raise Refused(
            "no AWS region is set. `export AWS_REGION=...`, or start the local stack: `make up`."
        ) from None
    except NoCredentialsError:
        raise Refused("no AWS credentials. `aws sso login`, or start the local stack: `make up`.") from None
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise Refused(f"no stack {stack!r} in this account and region. Deploy it: `sluice deploy`.") from None
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
