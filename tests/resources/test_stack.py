"""The stack as a whole: what it tells, and what AWS's and the security rules say of it."""

import json
from pathlib import Path

import pytest
from aws_cdk import Validations
from aws_cdk.aws_s3 import Bucket
from cdk_nag import AwsSolutionsChecks

from tests.resources.stacks import Template, make_app, make_blueprint


@pytest.mark.synth
def test_stack_tells_what_tools_need(aws: Template):
    assert set(aws["Outputs"]) == {
        "ApiUrl", "JobsTable", "KeysTable", "UsageTable", "PacersTable", "WaitingTable", "WebhooksTable",
        "DeliveriesTable", "Bucket", "Workflow", "Courier",
        "LinkSecret", "ByokKey", "PlanHash", "StartFunction", "StreamFunction",
        "AuthorizeFunction", "SweepFunction", "DeadStarts", "QueueUrls", "BatchWorkflow",
    }  # fmt: skip
    assert aws["Outputs"]["PlanHash"]["Value"] == "sha256:1"


@pytest.mark.synth
def test_stack_is_of_no_account_and_no_region(aws: Template):
    text = json.dumps(aws)

    assert "us-east-1" not in text
    assert "123456789012" not in text


@pytest.mark.synth
def test_cloudformation_and_the_security_rules_find_nothing_unanswered(tmp_path: Path):
    """The one full synth, with CloudFormation's validation and cdk-nag: every finding needs a reason."""
    app = make_app(make_blueprint(), str(tmp_path), alarm_email="ops@example.com", validated=True)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    app.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text())
    found = [v["ruleName"] for plugin in report["pluginReports"] for v in plugin["violations"]]
    assert found == []


@pytest.mark.synth
def test_security_rules_are_asked_at_all(tmp_path: Path):
    app = make_app(make_blueprint(), str(tmp_path))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    Bucket(app.node.find_child("sluice"), "Careless")

    with pytest.raises(RuntimeError, match=r"AwsSolutions-S10"):
        app.synth()
