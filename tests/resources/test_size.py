"""The size of a deployment: nothing per route, a constant per provider, nothing that is paid by the hour."""

from collections import Counter

import pytest

from infra.compile.blueprint import Pool
from tests.resources.stacks import Template, make_blueprint, synth

# Types, or beginnings of types, whose price runs while nothing is asked for.
BY_THE_HOUR = (
    "AWS::ApiGateway::VpcLink",
    "AWS::ApplicationAutoScaling",
    "AWS::DAX",
    "AWS::DocDB",
    "AWS::EC2",
    "AWS::ECS",
    "AWS::EFS",
    "AWS::EKS",
    "AWS::ElastiCache",
    "AWS::ElasticLoadBalancing",
    "AWS::Elasticsearch",
    "AWS::FSx",
    "AWS::GlobalAccelerator",
    "AWS::Kinesis",
    "AWS::Lambda::CapacityProvider",
    "AWS::MSK",
    "AWS::MemoryDB",
    "AWS::Neptune",
    "AWS::NetworkFirewall",
    "AWS::OpenSearch",
    "AWS::RDS",
    "AWS::Redshift",
    "AWS::SageMaker",
    "AWS::Transfer",
    "AWS::WAF",
    "AWS::WorkSpaces",
)


def _pools(count: int) -> tuple[Pool, ...]:
    return tuple(Pool(f"p{n}", f"sluice/providers/p{n}", 2) for n in range(count))


def _kinds(template: Template) -> Counter[str]:
    return Counter(resource["Type"] for resource in template["Resources"].values())


@pytest.mark.synth
def test_nothing_is_paid_by_the_hour(aws: Template):
    assert [kind for kind in _kinds(aws) if kind.startswith(BY_THE_HOUR)] == []


@pytest.mark.synth
def test_functions_hold_no_capacity(aws: Template):
    text = str(aws)

    assert "ProvisionedConcurrency" not in text
    assert "ProvisionedPollerConfig" not in text
    assert "ProvisionedThroughput" not in text
    assert "CacheClusterEnabled" not in text


@pytest.mark.synth
def test_plan_that_changes_adds_no_resource():
    one, other = (synth(make_blueprint(plan_hash=hash)) for hash in ("sha256:1", "sha256:2"))

    assert _kinds(one) == _kinds(other)
    assert set(one["Resources"]) == set(other["Resources"])


@pytest.mark.synth
def test_provider_costs_the_same_three_resources_each_time():
    counts = [sum(_kinds(synth(make_blueprint(pools=_pools(n)))).values()) for n in (0, 1, 2, 40)]

    assert counts[2] - counts[1] == 3
    assert counts[3] - counts[1] == 3 * 39
    assert counts[3] < 500


@pytest.mark.synth
def test_roles_of_forty_providers_fit_what_iam_allows():
    """A role's own policies may have 10,240 characters; references become ARNs of about 100."""
    template = synth(make_blueprint(pools=_pools(40)))
    longest = max(
        sum(_length(policy["PolicyDocument"]) for policy in resource["Properties"].get("Policies", ()))
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
    )

    assert longest < 10_240


def _length(value: object) -> int:
    """Return about how long a policy is once its references are ARNs."""
    if isinstance(value, dict):
        if "Fn::GetAtt" in value or "Ref" in value:
            return 12 if str(value.get("Ref", "")).startswith("AWS::") else 100
        if "Fn::Join" in value:
            return sum(_length(part) for part in value["Fn::Join"][1]) + 2
        return sum(len(key) + 4 + _length(part) for key, part in value.items()) + 2
    if isinstance(value, list):
        return sum(_length(part) + 1 for part in value) + 2
    return len(str(value)) + 2
