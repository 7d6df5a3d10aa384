"""Results in a customer's own bucket, in another account, with IAM enforced on both sides."""

import json
from dataclasses import replace
from typing import Any

import boto3
import httpx
import pytest

from sluice.aws import REGION
from tests.e2e.conftest import Gateway

pytestmark = pytest.mark.e2e

THEIRS = "222233334444"
ROLE = f"arn:aws:iam::{THEIRS}:role/sluice-films"
BODY = {"name": "films", "bucket": "their-films", "prefix": "renders/", "role_arn": ROLE}
PATH = "/v1/admin/destinations"


def test_a_video_goes_to_another_accounts_bucket(gateway: Gateway) -> None:
    """Registered, refused, opened by its owner, verified; delivered to and linked from; closed again."""
    admin = replace(gateway, stack=replace(gateway.stack, api_key=gateway.stack.admin_key))
    made = admin.post(PATH, BODY).json()
    refused = admin.post(f"{PATH}/films/verify", {}).json()["error"]
    open_up(gateway, made)

    verified = admin.post(f"{PATH}/films/verify", {}).json()
    assert verified.get("status") == "verified", verified
    video = gateway.run("veo-3.1", duration=4, delivery={"destination": "films"})
    picture = gateway.run("nano-banana-pro", delivery={"destination": "films"})

    assert refused["code"] == "destination_refused"
    assert refused["message"].startswith(f"the role {ROLE} could not be assumed")
    assert [where(gateway, job) for job in (video, picture)] == [
        {"name": "films", "bucket": "their-films", "key": f"renders/{video['id']}/1/0.mp4"},
        {"name": "films", "bucket": "their-films", "key": f"renders/{picture['id']}/1/0.png"},
    ]
    assert sorted(keys(gateway)) == sorted(where(gateway, job)["key"] for job in (video, picture))
    assert our_keys(gateway, video, picture) == []

    admin.http.delete(f"{gateway.stack.base_url}{PATH}/films", headers=admin._headers({}))
    assert httpx.get(video["output_url"], trust_env=False).status_code == 410


def where(gateway: Gateway, job: dict[str, Any]) -> dict[str, str]:
    """Return where the only output says that it is, after a look at it through its link."""
    assert job["status"] == "succeeded", job["error"]
    (output,) = job["outputs"]
    assert len(gateway.file(job)) == output["bytes"]
    found: dict[str, str] = output["destination"]
    return found


def open_up(gateway: Gateway, made: dict[str, Any]) -> None:
    """Do what the customer does: a bucket, and a role with the two policies that registering answered."""
    theirs(gateway, "s3").create_bucket(Bucket="their-films")
    iam = theirs(gateway, "iam")
    iam.create_role(RoleName="sluice-films", AssumeRolePolicyDocument=json.dumps(made["trust_policy"]))
    permissions = json.dumps(made["permissions_policy"])
    iam.put_role_policy(RoleName="sluice-films", PolicyName="films", PolicyDocument=permissions)


def keys(gateway: Gateway) -> list[str]:
    """List the customer's bucket."""
    found = theirs(gateway, "s3").list_objects_v2(Bucket="their-films").get("Contents", ())
    return [each["Key"] for each in found]


def our_keys(gateway: Gateway, *jobs: dict[str, Any]) -> list[str]:
    """List what we keep of some jobs."""
    found = gateway.stack.cloud.client("s3").list_objects_v2(Bucket=gateway.stack.outputs["Bucket"])
    ids = [job["id"] for job in jobs]
    return [each["Key"] for each in found.get("Contents", ()) if any(id in each["Key"] for id in ids)]


def theirs(gateway: Gateway, service: str) -> Any:
    """Make a client of the customer's account: in the emulator, twelve digits as the key are the account."""
    return boto3.client(  # type: ignore[call-overload]  # any service
        service,
        endpoint_url=gateway.stack.cloud.endpoint_url,
        region_name=REGION,
        aws_access_key_id=THEIRS,
        aws_secret_access_key="test",
    )
