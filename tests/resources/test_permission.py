"""What every role may do: named actions on named resources, and no more than its handler needs."""

import pytest

from tests.resources.stacks import Template, listed, named, of_type, one, statements

SECRET = "secretsmanager:GetSecretValue"
JOB = {"dynamodb:GetItem Jobs", "dynamodb:UpdateItem Jobs"}
TAKE = {"dynamodb:GetItem Pacers", "dynamodb:UpdateItem Pacers"}
RING = {"sqs:SendMessage QueuesBells"}
# Giving a place back is one update; telling a circuit reads it first.
GIVE_BACK = {"dynamodb:UpdateItem Pacers"} | RING
TELL = GIVE_BACK | TAKE
LEAVE = {"dynamodb:Query Waiting", "dynamodb:DeleteItem Waiting"}
BOOK = {"dynamodb:PutItem Usage", "dynamodb:UpdateItem Usage"}
STORE = {"s3:PutObject Artifacts"}
GO_ON = {
    f"s3:{action} Artifacts"
    for action in ("PutObject", "GetObject", "AbortMultipartUpload", "ListMultipartUploadParts", "ListBucket")
}
ASSUME = {"sts:AssumeRole sluice-*"}
# What callers bring is read, and fetched by somebody else.
ASK = {"s3:GetObject Artifacts", "lambda:InvokeFunction EgressFunction"}
PROVIDER_KEYS = {f"{SECRET} fal", f"{SECRET} in-house"}
UNSEAL = {"kms:Decrypt ByokKey"}
CONSUME = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
STARTS = {f"sqs:{action} {queue}" for queue in ("Queuesfal", "Queuesinhouse") for action in CONSUME}
BELLS = {f"sqs:{action} QueuesBells" for action in CONSUME}
ANSWER = {"states:SendTaskSuccess Machine"}
# Whoever ends a job asks whom to tell, and begins that.
SET_GOING = {"dynamodb:Query Webhooks", "states:StartExecution Courier"}
BATCH = {"dynamodb:GetItem Batches", "dynamodb:PutItem Batches"}
TAKE_IN = BATCH | {"dynamodb:Query Batches", "states:StartExecution BatchesMachine"}
LINES = {"s3:GetObject Artifacts"}
# What takes a job in and runs it, or hands it on.
FRONT = (
    JOB
    | SET_GOING
    | TAKE
    | RING
    | BOOK
    | GO_ON
    | ASSUME
    | UNSEAL
    | PROVIDER_KEYS
    | {f"dynamodb:{action} {table}" for action in ("GetItem", "PutItem") for table in ("Jobs", "Repeats")}
    | {f"dynamodb:{action} Destinations" for action in ("GetItem", "Query")}
    | {"dynamodb:BatchGetItem Pacers", "kms:Encrypt ByokKey", f"{SECRET} LinkSecret"}
    | {"states:StartExecution Machine"}
)
# Handler -> what it may do, on which resource, told by a part of its id. Its own log group comes on top.
GRANTS: dict[str, set[str]] = {
    "Survey": BATCH | LINES | {"s3:PutObject Artifacts", "s3:AbortMultipartUpload Artifacts"},
    "Part": JOB
    | TAKE
    | RING
    | LEAVE
    | ANSWER
    | BATCH
    | LINES
    | PROVIDER_KEYS
    | SET_GOING
    | {
        "dynamodb:PutItem Jobs",
        "dynamodb:GetItem Destinations",
        "dynamodb:Query Destinations",
        "dynamodb:BatchGetItem Jobs",
        "dynamodb:BatchGetItem Pacers",
        "dynamodb:GetItem Repeats",
        "dynamodb:PutItem Repeats",
        "states:StartExecution Machine",
        f"{SECRET} LinkSecret",
    },
    "Report": BATCH
    | STORE
    | {
        "s3:AbortMultipartUpload Artifacts",
        "dynamodb:GetItem Jobs",
        "dynamodb:Query Batches",
        f"{SECRET} LinkSecret",
    },
    "Authorize": {"dynamodb:GetItem Keys"},
    "Route": JOB | TAKE | RING | UNSEAL | PROVIDER_KEYS,
    "Queue": JOB | TAKE | RING | {"dynamodb:PutItem Waiting"},
    "Pump": JOB | TAKE | RING | BELLS | ANSWER | LEAVE | {"dynamodb:BatchGetItem Pacers"},
    "Start": JOB | SET_GOING | TELL | STORE | ASK | UNSEAL | PROVIDER_KEYS | STARTS | ANSWER,
    "Check": JOB | SET_GOING | TELL | STORE | UNSEAL | PROVIDER_KEYS,
    "Deliver": JOB | TELL | GO_ON | UNSEAL | PROVIDER_KEYS | ASSUME | {"s3:DeleteObject Artifacts"},
    "Settle": JOB | SET_GOING | GIVE_BACK | BOOK,
    "Sweep": JOB
    | SET_GOING
    | TAKE
    | RING
    | BOOK
    | ANSWER
    | TAKE_IN
    | {
        "dynamodb:Query Jobs",
        "dynamodb:Scan Waiting",
        "sqs:ReceiveMessage QueuesStartsdead",
        "sqs:DeleteMessage QueuesStartsdead",
        "states:StartExecution Machine",
    },
    "Stream": FRONT,
    "Notify": {"dynamodb:GetItem Jobs", f"{SECRET} LinkSecret", "lambda:InvokeFunction EgressFunction"}
    | {f"dynamodb:{verb} {table}" for verb in ("GetItem", "PutItem") for table in ("Webhooks", "Deliveries")},
    "Egress": STORE | {"s3:AbortMultipartUpload Artifacts"},
    "Api": FRONT
    | ANSWER
    | LEAVE
    | TAKE_IN
    | {"dynamodb:Query Jobs", "s3:DeleteObject Artifacts"}
    | {f"dynamodb:{action} Destinations" for action in ("PutItem", "DeleteItem")}
    | {f"dynamodb:{verb} Webhooks" for verb in ("GetItem", "PutItem", "DeleteItem")}
    | {f"dynamodb:{verb} Deliveries" for verb in ("GetItem", "PutItem", "Query")},
}
KINDS = ("StorageBatches", "BatchesMachine",
         "LinkSecret", "Courier", "StorageWebhooks", "Deliveries", "Destinations", "sluice-*",
         "Jobs", "Keys", "Usage", "Pacers", "Waiting", "Repeats", "Artifacts", "ByokKey",
         "Machine", "Queuesfal", "Queuesinhouse", "QueuesBells", "QueuesStartsdead",
         "EgressFunction", "in-house", "fal", "Logs")  # fmt: skip


@pytest.mark.synth
@pytest.mark.parametrize("function", GRANTS)
def test_function_may_do_what_its_handler_does_and_nothing_else(aws: Template, function: str):
    role = one(aws, "AWS::IAM::Role", f"Functions{function}Role")

    granted = {
        f"{action} {_kind(named(resource))}"
        for statement in statements(role)
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }

    assert granted == GRANTS[function] | {"logs:CreateLogStream Logs", "logs:PutLogEvents Logs"}


def _kind(resource: str) -> str:
    return next(kind for kind in KINDS if kind in resource).removeprefix("Storage")


@pytest.mark.synth
def test_who_calls_strangers_has_nothing_to_lose(aws: Template):
    """Besides its own log: one prefix of the bucket, to write to and never to read."""
    role = one(aws, "AWS::IAM::Role", "FunctionsEgressRole")
    environment = one(aws, "AWS::Lambda::Function", "FunctionsEgressFunction")["Environment"]["Variables"]

    (logs, files) = statements(role)

    assert named(logs["Resource"]).startswith("FunctionsEgressLogs")
    assert files["Action"] == ["s3:AbortMultipartUpload", "s3:PutObject"]
    assert files["Resource"]["Fn::Join"][1][1] == "/inputs/*"
    assert not [name for name in environment if "TABLE" in name or "SECRET" in name or "KEY" in name]


@pytest.mark.synth
def test_nothing_is_granted_on_everything_but_log_delivery_and_traces(aws: Template):
    wide = {
        action
        for statement in _all_statements(aws)
        if "*" in listed(statement["Resource"]) and statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }

    assert {action.split(":")[0] for action in wide} == {"logs", "xray"}
    assert "logs:PutLogEvents" not in wide


@pytest.mark.synth
def test_no_action_has_a_wildcard(aws: Template):
    actions = {action for statement in _all_statements(aws) for action in listed(statement["Action"])}

    assert [action for action in actions if "*" in action] == []


def _all_statements(template: Template) -> list[dict[str, object]]:
    roles = of_type(template, "AWS::IAM::Role").values()
    inside = [statement for role in roles for statement in statements(role["Properties"])]
    policies = of_type(template, "AWS::IAM::Policy").values()
    beside = [s for policy in policies for s in policy["Properties"]["PolicyDocument"]["Statement"]]
    return inside + beside


@pytest.mark.synth
def test_no_role_takes_a_policy_that_aws_may_change(aws: Template):
    roles = of_type(aws, "AWS::IAM::Role").values()

    assert [role for role in roles if "ManagedPolicyArns" in role["Properties"]] == []


@pytest.mark.synth
def test_every_function_has_a_role_of_its_own(aws: Template):
    roles = [named(f["Properties"]["Role"]) for f in of_type(aws, "AWS::Lambda::Function").values()]

    assert len(set(roles)) == len(roles) == len(GRANTS)


@pytest.mark.synth
@pytest.mark.parametrize("function", ["Api", "Deliver"])
def test_no_role_of_a_customer_is_assumed_without_an_external_id(aws: Template, function: str):
    role = one(aws, "AWS::IAM::Role", f"Functions{function}Role")
    (statement,) = (s for s in statements(role) if s["Action"] == "sts:AssumeRole")

    assert named(statement["Resource"]).endswith(":iam::*:role/sluice-*")
    assert statement["Condition"] == {"Null": {"sts:ExternalId": "false"}}


@pytest.mark.synth
def test_secrets_are_named_up_to_the_letters_that_aws_adds(aws: Template):
    role = one(aws, "AWS::IAM::Role", "FunctionsDeliverRole")
    (statement,) = (s for s in statements(role) if s["Action"] == SECRET)

    names = [named(resource).split(":secret:")[1] for resource in statement["Resource"]]

    assert names == ["sluice/providers/fal-??????", "sluice/providers/in-house-??????"]


@pytest.mark.synth
def test_only_the_emulator_grants_task_answers_widely(local: Template):
    wide = {
        (id[:-8], statement["Action"])
        for id, role in of_type(local, "AWS::IAM::Role").items()
        for statement in statements(role["Properties"])
        if statement["Resource"] == "*"
    }

    assert wide == {
        ("FunctionsStartRole", "states:SendTaskSuccess"),
        ("FunctionsPumpRole", "states:SendTaskSuccess"),
        ("FunctionsPartRole", "states:SendTaskSuccess"),
        ("FunctionsApiRole", "states:SendTaskSuccess"),
        ("FunctionsSweepRole", "states:SendTaskSuccess"),
    }
