"""`sluice doctor`: what is missing or wrong in a deployment, and the command that mends it."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer

from sluice.commands.deployment import Deployment, find
from sluice.commands.option import HERE, STACK, STATE, AsJson, Folder, StackName, StateFolder, Where
from sluice.commands.secrets import is_filled, mend
from sluice.console import print_json
from sluice.errors import Refused

if TYPE_CHECKING:
    from sluice.config import Config

_SIGNS = {"ok": "✓", "warning": "!", "wrong": "✗"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        state: ``ok``, ``warning``, or ``wrong``, which callers would notice.
        mend: the command that puts it right.
    """

    name: str
    state: str
    found: str
    mend: str = ""


Check = Callable[[Deployment, "Config"], Iterator[Finding]]


def doctor(
    folder: Folder = HERE,
    stack: StackName = STACK,
    local: Where = None,
    state: StateFolder = STATE,
    as_json: AsJson = False,
) -> None:
    """Tell what a deployment lacks, each with the command that mends it. Exit code 1 if one is wrong."""
    from sluice.config import read

    config = read(folder)
    findings = [*_files(config)]
    try:
        deployment = find(stack, local, state)
    except Refused as refused:
        findings.append(Finding("stack", "wrong", str(refused), "make up, or sluice deploy"))
    else:
        findings += [finding for check in CHECKS for finding in _looked(check, deployment, config)]
    _print(findings, as_json)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def _files(config: "Config") -> Iterator[Finding]:
    errors = [problem for problem in config.problems if problem.level == "error"]
    if errors:
        yield Finding("files", "wrong", f"{len(errors)} errors, the first: {errors[0]}", "sluice validate")
    else:
        yield Finding("files", "ok", f"{config.folder / 'routes.yaml'} and providers.yaml compile")


def _stack(deployment: Deployment, _: "Config") -> Iterator[Finding]:
    found = deployment.client("cloudformation").describe_stacks(StackName=deployment.stack)["Stacks"][0]
    status = found["StackStatus"]
    whole = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    yield Finding("stack", "ok" if whole else "wrong", f"{deployment.stack} is {status}", _deploy(deployment))


def _plan(deployment: Deployment, config: "Config") -> Iterator[Finding]:
    from sluice.config import read_again

    plan = read_again(config.folder, deployment.state.context if deployment.state else {}).plan
    if plan is None:
        return
    same = deployment.output("PlanHash") == plan.hash
    found = "your files are what is deployed" if same else "your files differ from what is deployed"
    yield Finding("plan", "ok" if same else "warning", found, _deploy(deployment))


def _secrets(deployment: Deployment, config: "Config") -> Iterator[Finding]:
    manager = deployment.client("secretsmanager")
    for name, provider in config.plan.providers.items() if config.plan else ():
        if is_filled(manager, provider.secret):
            yield Finding(f"secret of {name}", "ok", f"{provider.secret} is there")
        else:
            found = f"{provider.secret} is missing or empty: every call to {name} would fail"
            yield Finding(f"secret of {name}", "wrong", found, mend(deployment, name))


def _keys(deployment: Deployment, config: "Config") -> Iterator[Finding]:
    active = [key for key in deployment.keys.list() if not key["disabled"]]
    tier = next(iter(config.plan.tiers), "default") if config.plan else "default"
    make = f"sluice keys create --name first --tier {tier} {deployment.flag}"
    yield Finding("keys", "ok" if active else "wrong", f"{len(active)} active keys", "" if active else make)
    tiers = config.plan.tiers if config.plan else {}
    for lost in sorted({str(item["tier"]) for item in active} - tiers.keys()):
        yield Finding(
            "keys", "warning", f"keys of tier {lost!r}, which routes.yaml does not have", "sluice keys list"
        )


def _sources(deployment: Deployment, _: "Config") -> Iterator[Finding]:
    """Look whether the start function takes from its queues."""
    function = deployment.output("StartFunction")
    lambdas = deployment.client("lambda")
    mappings = lambdas.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    if not mappings:
        yield Finding("queues", "wrong", f"{function} has no source: no job starts", _deploy(deployment))
    for mapping in mappings:
        queue, state = mapping["EventSourceArn"].rpartition(":")[2], mapping["State"]
        if state in ("Enabled", "Creating", "Updating", "Enabling"):
            yield Finding(f"queue {queue}", "ok", "is read")
        else:
            fix = f"aws lambda update-event-source-mapping --enabled --uuid {mapping['UUID']}"
            yield Finding(f"queue {queue}", "wrong", f"is {state}: its jobs do not start", fix)


def _dead_letters(deployment: Deployment, _: "Config") -> Iterator[Finding]:
    queues = deployment.client("sqs")
    names = ["ApproximateNumberOfMessages"]
    for resource in _resources(deployment, "AWS::SQS::Queue"):
        url = resource["PhysicalResourceId"]
        name = url.rpartition("/")[2]
        if "dlq" not in name.lower() and "dead" not in resource["LogicalResourceId"].lower():
            continue
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        waiting = int(found[names[0]])
        fix = f"aws sqs receive-message --queue-url {url}"
        text = f"{waiting} messages that failed for good" if waiting else "is empty"
        yield Finding(f"dead letters {name}", "warning" if waiting else "ok", text, fix if waiting else "")


def _alarms(deployment: Deployment, _: "Config") -> Iterator[Finding]:
    names = [each["PhysicalResourceId"] for each in _resources(deployment, "AWS::CloudWatch::Alarm")]
    if not names:
        if not deployment.is_local:
            yield Finding("alarms", "warning", "the stack has none", _deploy(deployment))
        return
    alarms = deployment.client("cloudwatch").describe_alarms(AlarmNames=names[:100])["MetricAlarms"]
    for alarm in alarms:
        if alarm["StateValue"] == "ALARM":
            fix = f"aws cloudwatch describe-alarm-history --alarm-name {alarm['AlarmName']}"
            yield Finding(f"alarm {alarm['AlarmName']}", "warning", alarm.get("StateReason", "is on"), fix)
    if not any(alarm["StateValue"] == "ALARM" for alarm in alarms):
        yield Finding("alarms", "ok", f"{len(alarms)} alarms, none is on")


CHECKS: tuple[Check, ...] = (_stack, _plan, _secrets, _keys, _sources, _dead_letters, _alarms)


def _looked(check: Check, deployment: Deployment, config: "Config") -> list[Finding]:
    """Make one check; one that fails is a finding, so that the others still run."""
    from botocore.exceptions import BotoCoreError, ClientError

    name = check.__name__.strip("_").replace("_", " ")
    try:
        return list(check(deployment, config))
    except Refused as refused:
        return [Finding(name, "wrong", str(refused))]
    except (ClientError, BotoCoreError) as error:
        return [Finding(name, "wrong", f"could not be looked at: {error}")]


def _resources(deployment: Deployment, kind: str) -> list[dict[str, Any]]:
    pages = deployment.client("cloudformation").get_paginator("list_stack_resources")
    found = pages.paginate(StackName=deployment.stack)
    return [each for page in found for each in page["StackResourceSummaries"] if each["ResourceType"] == kind]


def _deploy(deployment: Deployment) -> str:
    return "make up" if deployment.is_local else "sluice deploy"


def _print(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        print_json(
            {"ok": all(each.state != "wrong" for each in findings), "findings": [*map(asdict, findings)]}
        )
        return
    for each in findings:
        print(f"{_SIGNS[each.state]} {each.name}: {each.found}")
        if each.mend and each.state != "ok":
            print(f"    {each.mend}")
