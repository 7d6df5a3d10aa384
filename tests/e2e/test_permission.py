"""IAM is enforced where we test: a missing permission is noticed here, not on the first day in AWS."""

import json
import time

import pytest

from tests.e2e.conftest import Gateway
from tests.e2e.test_crash import wait_for

pytestmark = pytest.mark.e2e


def test_a_permission_taken_away_is_noticed_and_loses_nothing(gateway: Gateway) -> None:
    """Without `s3:PutObject` the deliver function cannot deliver; with it again, it brings the same video."""
    iam = gateway.stack.cloud.client("iam")
    role, policy, document = deliver_policy(gateway)
    without = json.loads(json.dumps(document).replace("s3:PutObject", "s3:GetBucketLocation"))
    assert without != document
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(without))
    try:
        job = gateway.submit("veo-3.1", duration=4)
        wait_for(lambda: gateway.get(f"/v1/jobs/{job['id']}").json()["status"] == "delivering")
        time.sleep(4)
        stuck = gateway.get(f"/v1/jobs/{job['id']}").json()
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    assert (stuck["status"], stuck["outputs"]) == ("delivering", [])
    assert gateway.ended(job)["status"] == "succeeded"
    assert gateway.starts() == ["google"]


def deliver_policy(gateway: Gateway) -> tuple[str, str, dict]:
    """Find the deliver function's inline policy that lets it write."""
    iam = gateway.stack.cloud.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    for role in (name for name in roles if "Deliver" in name):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            document = json.loads(document) if isinstance(document, str) else document
            if "s3:PutObject" in json.dumps(document):
                return role, policy, document
    raise AssertionError(f"no such policy among {roles}")
