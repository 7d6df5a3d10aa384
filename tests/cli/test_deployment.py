"""Commands about a deployment: found by the stack's outputs, refused with a way out where there is none."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sluice.aws import REGION, Cloud
from sluice.cli import app
from sluice.errors import Refused
from sluice.local.program import emulator
from sluice.local.service import Services
from sluice.local.state import State
from tests.cli.tool import sluice

TEMPLATE = {
    "Resources": {
        "Keys": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "AttributeDefinitions": [{"AttributeName": "hash", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "hash", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        }
    },
    "Outputs": {"KeysTable": {"Value": {"Ref": "Keys"}}, "PlanHash": {"Value": "sha256:other"}},
}


pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def endpoint_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an emulator of our own, with a stack that has keys and nothing else."""
    folder = tmp_path_factory.mktemp("emulator")
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    services, program = Services(folder, State()), emulator(folder, {})
    services.begin(program)
    try:
        url = services.wait(program)
        Cloud(url).client("cloudformation").create_stack(
            StackName="sluice", TemplateBody=json.dumps(TEMPLATE)
        )
        yield url
    finally:
        services.stop_begun()


@pytest.fixture
def account(endpoint_url: str, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Let the tool take the emulator for AWS."""
    for name, value in {
        "ENDPOINT_URL": endpoint_url,
        "ACCESS_KEY_ID": "test",
        "SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_REGION", REGION)
    return Cloud(endpoint_url)


@pytest.mark.usefixtures("account")
def test_a_key_is_made_shown_once_and_revoked() -> None:
    made = json.loads(_run("keys", "create", "--name", "app", "--tier", "pro", "--admin", "--json").stdout)
    before = _keys()
    _run("keys", "revoke", made["id"])

    assert made["key"].startswith("sk-sluice-")
    assert made["key"] not in json.dumps(before)
    assert (before[0]["id"], before[0]["tier"], before[0]["disabled"]) == (made["id"], "pro", False)
    assert _keys()[0]["disabled"] is True


@pytest.mark.usefixtures("account")
def test_a_key_of_no_tier_is_refused(files: Path) -> None:
    with pytest.raises(Refused, match=r"^unknown tier 'gold'\. routes\.yaml has: pro\.$"):
        _run("keys", "create", "--name", "app", "--tier", "gold", "--dir", str(files))


@pytest.mark.usefixtures("account")
def test_revoking_nobodys_key_is_refused() -> None:
    with pytest.raises(Refused, match=r"^no key has the id 'key_9'\. `sluice keys list` shows all\.$"):
        _run("keys", "revoke", "key_9")


def test_a_secret_goes_in_and_is_never_shown(files: Path, account: Cloud) -> None:
    words = ("--dir", str(files))

    shown = _run("secrets", "set", "google", *words, stdin="top-secret\n")
    again = _run(
        "secrets", "set", "google", "--from-env", "MINE", *words, environment={"MINE": "newer-secret"}
    )
    listed = json.loads(_run("secrets", "list", "--json", *words, code=1).stdout)

    assert "secret\n" not in shown.stdout
    assert "newer-secret" not in again.stdout
    assert [(each["provider"], each["present"]) for each in listed] == [("google", True), ("fal", False)]
    stored = account.client("secretsmanager").get_secret_value(SecretId="sluice/providers/google")
    assert stored["SecretString"] == "newer-secret"


def test_a_secret_of_several_lines_comes_from_a_file(files: Path, account: Cloud, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text('{\n  "private_key": "-----BEGIN\\n"\n}\n')

    shown = _run("secrets", "set", "google", "--file", str(key), "--dir", str(files))
    with pytest.raises(Refused, match=r"are two places for one key"):
        _run("secrets", "set", "google", "--file", str(key), "--from-env", "X", "--dir", str(files))
    with pytest.raises(Refused, match=r"/nowhere cannot be read as text\.$"):
        _run("secrets", "set", "google", "--file", "/nowhere", "--dir", str(files))

    stored = account.client("secretsmanager").get_secret_value(SecretId="sluice/providers/google")
    assert stored["SecretString"] == key.read_text().strip()
    assert "BEGIN" not in shown.stdout


@pytest.mark.usefixtures("account")
def test_an_empty_or_unknown_secret_is_refused(files: Path) -> None:
    with pytest.raises(Refused, match=r"^the key of 'google' is empty: NOWHERE is not set\.$"):
        _run("secrets", "set", "google", "--from-env", "NOWHERE", "--dir", str(files))
    with pytest.raises(Refused, match=r"^unknown provider 'x'\. providers\.yaml has: fal, google\.$"):
        _run("secrets", "set", "x", "--dir", str(files), stdin="k")


@pytest.mark.usefixtures("account")
def test_doctor_names_what_is_missing_and_what_mends_it(files: Path) -> None:
    shown = json.loads(_run("doctor", "--json", "--dir", str(files), code=1).stdout)

    found = {each["name"]: (each["state"], each["mend"]) for each in shown["findings"]}
    assert found["stack"][0] == "ok"
    assert found["plan"] == ("warning", "sluice deploy")
    assert found["secret of fal"] == ("wrong", "sluice secrets set fal --aws")
    assert found["keys"] == ("wrong", "sluice keys create --name first --tier pro --aws")
    assert found["sources"][0] == "wrong"


@pytest.mark.usefixtures("account")
def test_a_missing_stack_is_told_with_the_way_out() -> None:
    with pytest.raises(
        Refused, match=r"^no stack 'other' in this account and region\. Deploy it: `sluice deploy`\.$"
    ):
        _run("keys", "list", "--stack", "other")


def test_no_region_is_told_with_the_way_out(tmp_path: Path) -> None:
    shown = sluice("keys", "list", "--state", str(tmp_path))

    assert shown.returncode == 1
    assert shown.stderr == (
        "error: no AWS region is set. `export AWS_REGION=...`, or start the local stack: `make up`.\n"
    )


def test_no_credentials_are_told_with_the_way_out(tmp_path: Path) -> None:
    shown = sluice("keys", "list", "--state", str(tmp_path), AWS_REGION="eu-central-1")

    assert shown.returncode == 1
    assert shown.stderr.startswith("error: no AWS credentials.")


def test_a_local_stack_that_does_not_run_is_told(tmp_path: Path) -> None:
    shown = sluice("keys", "list", "--local", "--state", str(tmp_path))

    assert shown.returncode == 1
    assert shown.stderr == "error: the local stack does not run. Start it: `make up`.\n"


def test_doctor_without_a_deployment_still_looks_at_the_files(files: Path) -> None:
    shown = sluice("doctor", "--state", str(files / "none"), folder=files)

    assert shown.returncode == 1
    assert shown.stdout.startswith("✓ files: ")
    assert "✗ stack: no AWS region is set." in shown.stdout


def _run(*words: str, code: int = 0, stdin: str = "", environment: dict[str, str] | None = None) -> Result:
    result = CliRunner().invoke(app, [*words, "--aws"], input=stdin, env=environment)
    if isinstance(result.exception, Refused):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def _keys() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_run("keys", "list", "--json").stdout)
    return found
