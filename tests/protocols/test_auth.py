"""How a key is sent, read as the provider's side reads it."""

import base64
import hashlib
import hmac
import json

from gateway.protocols import auth
from gateway.protocols.http import HttpRequest, HttpResponse
from gateway.wire import Auth

NOW = 1_790_000_000.75


def opened(part: str) -> dict[str, object]:
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def test_a_plain_key_fills_its_template() -> None:
    """
    The header, the words around the key and the fixed headers are the entry's.
    """
    told = Auth(header="x-key", value="Key {secret}", headers={"x-version": "7"})

    assert auth.headers(told, "{a}", NOW) == {"x-key": "Key {a}", "x-version": "7"}


def test_a_pair_of_keys_becomes_a_token_that_is_good_for_half_an_hour() -> None:
    """
    Kling's receiver finds the algorithm, the access key, both ends of the time, and the right signature.
    """
    value = auth.headers(Auth(scheme="key_pair"), "ACCESS:SECRET:WITH:COLONS", NOW)["Authorization"]

    scheme, token = value.split(" ")
    head, claims, signature = token.split(".")
    digest = hmac.new(b"SECRET:WITH:COLONS", f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert (scheme, opened(head)) == ("Bearer", {"alg": "HS256", "typ": "JWT"})
    assert opened(claims) == {"iss": "ACCESS", "exp": 1_790_001_800, "nbf": 1_789_999_995}
    assert base64.urlsafe_b64decode(signature + "=") == digest


def test_one_key_of_kling_is_sent_as_it_is() -> None:
    """
    The newer single key needs no token.
    """
    assert auth.headers(Auth(scheme="key_pair"), "one-key", NOW) == {"Authorization": "Bearer one-key"}


def test_what_is_sent_and_what_came_do_not_show_in_a_log() -> None:
    """
    A printed request or answer has neither key nor prompt.
    """
    request = HttpRequest("POST", "https://x", {"authorization": "Bearer hush"}, b"a secret fox")
    answer = HttpResponse(200, {}, b"a secret fox")

    assert "hush" not in repr(request)
    assert "secret" not in repr(request) + repr(answer)
