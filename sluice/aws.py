"""Clients of AWS or of the emulator, made where they are used: boto3 takes half a second to import."""

import os
from dataclasses import dataclass
from typing import Any

from gateway.aws.keys import Keys

REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where to find AWS.

    Args:
        endpoint_url: of an emulator; empty means AWS itself, with the caller's usual credentials.
    """

    endpoint_url: str = ""

    def client(self, service: str) -> Any:
        """Make a client."""
        if not self.endpoint_url:
            import boto3

            # Unlike every other AWS tool, boto3 does not read AWS_REGION.
            return boto3.client(service, region_name=os.environ.get("AWS_REGION"))  # type: ignore[call-overload]  # any service
        return self._session().client(service, endpoint_url=self.endpoint_url)

    def keys(self, table: str) -> Keys:
        """Open the keys table."""
        return Keys(self.client("dynamodb"), table)

    def _session(self) -> Any:
        import boto3
        import botocore.session

        # The user's profiles have no say here: a missing one would be an error, a real one a danger.
        nothing = {
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
        return boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 the emulator's root, the same for everybody
            region_name=REGION,
            botocore_session=botocore.session.Session(session_vars=nothing),
        )
