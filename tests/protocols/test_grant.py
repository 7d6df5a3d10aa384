"""Keys that become tokens, read as the token endpoint reads them."""

import json
from urllib.parse import parse_qs

import pytest

from gateway.domain.outcome import Failure
from gateway.plan import Limits, Provider
from gateway.protocols import grant
from gateway.protocols.grant import Grant
from gateway.protocols.http import HttpRequest, HttpResponse
from gateway.wire import Auth
from sluice.sandbox import account
from tests.builders import answer

NOW = 1_790_000_000.75
URL = "https://tokens.example.com/token"
AUTH = Auth(scheme="service_account", token_url=URL, scope="https://scope.example.com/all")
PROVIDER = Provider("cloud", {"global": "https://x"}, AUTH, "s", Limits(), {})
FILE = account.key_file("https://elsewhere.example.com/token", name="robot")
TOKEN = {"access_token": "ya29.x", "expires_in": 3599, "token_type": "Bearer"}


def asked(secret: str = FILE) -> HttpRequest:
    found = grant.request(PROVIDER, secret, NOW)
    assert isinstance(found, HttpRequest)
    return found


def test_an_account_signs_for_the_endpoint_of_its_provider() -> None:
    """
    The receiver finds the signature good, its own address, the scope, and the account; not the key's address.
    """
    request = asked()

    form = parse_qs((request.body or b"").decode(), strict_parsing=True)
    assert (request.method, request.url) == ("POST", URL)
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    who = account.account_of(form["assertion"][0], (URL,), AUTH.scope, NOW + 1)
    assert who == "robot@sandbox-project.iam.gserviceaccount.com"


def test_what_is_signed_is_good_for_an_hour() -> None:
    """
    Then, and an hour before, the receiver refuses it.
    """
    assertion = parse_qs((asked().body or b"").decode())["assertion"][0]

    for now in (NOW - 3600, NOW + 3600):
        with pytest.raises(account.Unproven, match="short-lived"):
            account.account_of(assertion, (URL,), AUTH.scope, now)


def test_a_token_is_used_until_shortly_before_its_end() -> None:
    """
    Five minutes are left; the address may name the account's project.
    """
    made = grant.read(PROVIDER, FILE, answer(TOKEN), NOW)

    assert made == Grant("ya29.x", {"project": "sandbox-project"}, NOW + 3599 - 300)
    assert "ya29" not in repr(made)


@pytest.mark.parametrize("lasts", [None, "soon", -5, 0, 120, True])
def test_a_token_that_says_no_time_is_used_once(lasts: object) -> None:
    """
    It is not kept for the next call.
    """
    made = grant.read(PROVIDER, FILE, answer({**TOKEN, "expires_in": lasts}), NOW)

    assert isinstance(made, Grant)
    assert made.until <= NOW


@pytest.mark.parametrize(
    "secret",
    [
        "AIza-a-plain-key",
        "",
        "[]",
        "{}",
        '{"type": "authorized_user", "client_id": "c", "refresh_token": "hush"}',
        json.dumps({**json.loads(FILE), "private_key": "hush"}),
        json.dumps({**json.loads(FILE), "private_key": None}),
        json.dumps({**json.loads(FILE), "project_id": "../hush"}),
        json.dumps({**json.loads(FILE), "project_id": ""}),
        "[" * 100_000,
    ],
)
def test_what_is_no_key_file_is_told_without_its_content(secret: str) -> None:
    """
    The message says what is expected, and nothing of what was found.
    """
    found = grant.request(PROVIDER, secret, NOW)

    assert isinstance(found, Failure)
    assert (found.error, found.code) == ("credential", "key_unusable")
    assert "service account's key file" in found.message
    assert "hush" not in found.message


@pytest.mark.parametrize(
    ("came", "error", "code"),
    [
        (
            answer({"error": "invalid_grant", "error_description": "hush"}, 400),
            "credential",
            "token_invalid_grant",
        ),
        (answer({"error": "unauthorized_client"}, 401), "credential", "token_unauthorized_client"),
        (answer({"error": {"code": 403, "message": "hush"}}, 403), "credential", "token_403"),
        (HttpResponse(404, {}, b"<html>"), "credential", "token_404"),
        (answer({}, 429), "capacity", "token_429"),
        (HttpResponse(503, {}, b"hush"), "transient", "token_503"),
        (answer({"error": "internal_failure"}, 500), "transient", "token_internal_failure"),
        (HttpResponse(504), "timeout", "token_504"),
        (HttpResponse(200, {}, b'{"access_token": "ya2'), "transient", "token_malformed"),
        (answer([TOKEN]), "transient", "token_malformed"),
        (answer({"access_token": 7}), "transient", "token_malformed"),
        (answer({"access_token": "a\r\nx-evil: 1"}), "transient", "token_malformed"),
        (answer({"access_token": ""}), "transient", "token_malformed"),
        (Failure("timeout", "timeout", "no answer within 10 s"), "timeout", "token_timeout"),
        (Failure("transient", "connection", "it broke"), "transient", "token_connection"),
    ],
)
def test_an_endpoint_that_gives_no_token_is_classified(
    came: HttpResponse | Failure, error: str, code: str
) -> None:
    """
    The account's fault, the endpoint's, or the time's; and no text of the answer but its word.
    """
    found = grant.read(PROVIDER, FILE, came, NOW)

    assert isinstance(found, Failure)
    assert (found.error, found.code) == (error, code)
    assert "hush" not in found.message
