"""What is kept, for how long, and what deletes it."""

import pytest

from tests.resources.stacks import Template, of_type, one

TABLES = {
    "Jobs": ["tenant", "job"],
    "Keys": ["hash"],
    "Usage": ["tenant", "entry"],
    "Pacers": ["pool"],
    "Waiting": ["pool", "place"],
    "Repeats": ["hash"],
    "Webhooks": ["tenant", "item"],
    "Deliveries": ["tenant", "delivery"],
    "Destinations": ["tenant", "name"],
    "Batches": ["owner", "name"],
}


@pytest.mark.synth
@pytest.mark.parametrize(("name", "key"), TABLES.items())
def test_table_has_its_key_and_no_fixed_price(aws: Template, name: str, key: list[str]):
    table = one(aws, "AWS::DynamoDB::GlobalTable", name)

    assert [part["AttributeName"] for part in table["KeySchema"]] == key
    assert {p["AttributeType"] for p in table["AttributeDefinitions"] if p["AttributeName"] in key} == {"S"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.synth
@pytest.mark.parametrize(
    ("name", "recovers", "protected", "stays"),
    [
        ("Jobs", True, False, True),
        ("Keys", True, True, True),
        ("Usage", True, True, True),
        ("Pacers", False, False, False),
        ("Waiting", False, False, False),
        ("Repeats", False, False, False),
        ("Webhooks", True, False, True),
        ("Deliveries", False, False, False),
        ("Destinations", True, True, True),
        ("Batches", True, False, True),
    ],
)
def test_table_survives_as_much_as_it_is_worth(
    aws: Template, name: str, recovers: bool, protected: bool, stays: bool
):
    table = one(aws, "AWS::DynamoDB::GlobalTable", name)
    (replica,) = table["Replicas"]

    assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is recovers
    assert replica.get("DeletionProtectionEnabled", False) is protected
    assert table["_"]["DeletionPolicy"] == ("Retain" if stays else "Delete")


@pytest.mark.synth
@pytest.mark.parametrize("name", ["Jobs", "Batches"])
def test_what_is_open_is_found_by_when_it_is_due(aws: Template, name: str):
    (index,) = one(aws, "AWS::DynamoDB::GlobalTable", name)["GlobalSecondaryIndexes"]

    assert [part["AttributeName"] for part in index["KeySchema"]] == ["open", "sweep_at"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


@pytest.mark.synth
def test_deliveries_are_found_by_webhook_and_by_when_they_began(aws: Template):
    (index,) = one(aws, "AWS::DynamoDB::GlobalTable", "Deliveries")["GlobalSecondaryIndexes"]

    assert [part["AttributeName"] for part in index["KeySchema"]] == ["webhook", "created_at"]


@pytest.mark.synth
def test_there_is_no_other_table(aws: Template):
    assert len(of_type(aws, "AWS::DynamoDB::GlobalTable")) == len(TABLES)


@pytest.mark.synth
def test_jobs_what_made_them_and_what_told_of_them_expire_alone(aws: Template):
    tables = {name: one(aws, "AWS::DynamoDB::GlobalTable", name) for name in TABLES}
    expiring = {name: table.get("TimeToLiveSpecification") for name, table in tables.items()}

    for name in ("Jobs", "Repeats", "Deliveries", "Batches"):
        assert expiring.pop(name) == {"AttributeName": "expires", "Enabled": True}
    assert set(expiring.values()) == {None}


@pytest.mark.synth
def test_files_expire_a_day_after_their_class(aws: Template):
    rules = one(aws, "AWS::S3::Bucket", "Artifacts")["LifecycleConfiguration"]["Rules"]

    ends = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    (abandoned,) = (rule for rule in rules if "Prefix" not in rule)

    assert ends == {"r7/": 8, "r30/": 31, "uploads/": 2, "inputs/": 2, "batches/": 2}
    assert abandoned["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.synth
def test_bucket_is_closed(aws: Template):
    bucket = one(aws, "AWS::S3::Bucket", "Artifacts")

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert "AES256" in str(bucket["BucketEncryption"])
    assert bucket["_"]["DeletionPolicy"] == "Retain"


@pytest.mark.synth
def test_a_page_may_send_forms_and_read_nothing(aws: Template):
    (rule,) = one(aws, "AWS::S3::Bucket", "Artifacts")["CorsConfiguration"]["CorsRules"]

    assert (rule["AllowedMethods"], rule["AllowedOrigins"]) == (["POST"], ["*"])


@pytest.mark.synth
def test_link_secret_is_made_by_cloudformation(aws: Template):
    secret = one(aws, "AWS::SecretsManager::Secret", "LinkSecret")

    assert secret["GenerateSecretString"]["PasswordLength"] == 64


@pytest.mark.synth
def test_sealing_key_rotates_and_stays(aws: Template):
    key = one(aws, "AWS::KMS::Key", "ByokKey")

    assert key["EnableKeyRotation"] is True
    assert key["_"]["DeletionPolicy"] == "Retain"


@pytest.mark.synth
def test_emulator_keeps_nothing(local: Template):
    kept = [id for id, r in local["Resources"].items() if r.get("DeletionPolicy") == "Retain"]

    assert kept == []
