"""A deployment is known by what it is made from."""

from dataclasses import replace
from pathlib import Path

from sluice.local.deploy import Deployment, fingerprint, upstream_of
from sluice.local.program import digest_of, emulator

DEPLOYMENT = Deployment("sluice", "http://127.0.0.1:4566", {"live": ""}, Path("unused"))


def test_the_same_plan_and_sources_are_the_same_deployment() -> None:
    assert fingerprint(DEPLOYMENT, b"plan") == fingerprint(replace(DEPLOYMENT), b"plan")


def test_another_plan_emulator_name_or_context_is_another() -> None:
    others = [
        fingerprint(DEPLOYMENT, b"another"),
        fingerprint(replace(DEPLOYMENT, endpoint_url="http://127.0.0.1:4567"), b"plan"),
        fingerprint(replace(DEPLOYMENT, stack="second"), b"plan"),
        fingerprint(replace(DEPLOYMENT, context={"live": "google"}), b"plan"),
    ]

    assert len({fingerprint(DEPLOYMENT, b"plan"), *others}) == 5


def test_a_digest_notices_names_and_content_but_no_bytecode(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = digest_of([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    same = digest_of([tmp_path])
    (tmp_path / "a.py").rename(tmp_path / "b.py")

    assert same == first
    assert digest_of([tmp_path]) != first


def test_the_api_is_found_at_any_emulator() -> None:
    for url in (
        "https://ab12.execute-api.us-east-1.amazonaws.com/sluice/",
        "https://ab12.execute-api.localhost.localstack.cloud:4566/sluice/",
    ):
        assert upstream_of("http://e:4566/", url) == "http://e:4566/restapis/ab12/sluice/_user_request_"


def test_the_emulator_gets_none_of_the_users_environment(tmp_path: Path) -> None:
    """
    It hands its environment to the functions, where a real key or profile would be a leak.
    """
    settings = emulator(tmp_path, {"SFN_WAIT_SCALE": "0.1"}).environment

    assert settings["AUTH"] == "true"
    assert settings["BIND_HOST"] == "127.0.0.1"
    assert settings["SFN_WAIT_SCALE"] == "0.1"
    assert not [name for name in settings if name.startswith("AWS_") or name.endswith("_KEY")]
    assert settings["HOME"].startswith(str(tmp_path))
