"""Whether a callback is its provider's: each scheme, with what spoils it."""

import base64
import hmac
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.protocols import signatures
from gateway.wire import Signature
from tests.builders import catalog_plan

NOW = 1_790_000_000
BODY = b'{"status": "OK", "payload": {"n": 1.0}}'
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
X = base64.urlsafe_b64encode(PRIVATE.public_key().public_bytes_raw()).rstrip(b"=").decode()
SECRET = base64.b64encode(b"s" * 24).decode()


def scheme(provider: str, protocol: str) -> Signature:
    """Return what the catalogue says of a provider."""
    callback = catalog_plan().providers[provider].protocols[protocol].callback
    assert callback
    assert callback.signature
    return callback.signature


FAL, REPLICATE, BFL = scheme("fal", "video"), scheme("replicate", "official"), scheme("bfl", "image")


def by_key(body: bytes = BODY, at: int = NOW) -> dict[str, str]:
    """Sign as fal does."""
    message = f"r-1\nu-1\n{at}\n{sha256(body).hexdigest()}".encode()
    names = {"request-id": "r-1", "user-id": "u-1", "timestamp": str(at)}
    return {f"x-fal-webhook-{name}": value for name, value in names.items()} | {
        "x-fal-webhook-signature": PRIVATE.sign(message).hex()
    }


def by_secret(body: bytes = BODY, at: int = NOW, before: str = "") -> dict[str, str]:
    """Sign after Standard Webhooks."""
    proof = base64.b64encode(hmac.digest(b"s" * 24, f"msg_1.{at}.".encode() + body, "sha256")).decode()
    signed = f"{before}v1,{proof}"
    return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signed}


def genuine(of: Signature, headers: dict[str, str], body: bytes = BODY, answer: object = None) -> bool:
    """Check a call with the keys that the provider hands out."""
    given = answer or {"keys": [{"x": X}], "key": f"whsec_{SECRET}"}
    return signatures.genuine(of, headers, body, signatures.keys_of(of, given), NOW)


def test_what_a_provider_signed_with_its_key_is_genuine() -> None:
    """
    Ed25519, by a key out of a set.
    """
    other = base64.urlsafe_b64encode(b"o" * 32).rstrip(b"=").decode()

    assert genuine(FAL, by_key())
    assert genuine(FAL, by_key(), answer={"keys": [{"x": other}, {"x": X}]})


def test_what_a_provider_signed_with_the_accounts_secret_is_genuine() -> None:
    """
    Standard Webhooks, also with the signature of another secret before it, as while one is rotated.
    """
    old = base64.b64encode(b"o" * 32).decode()

    assert genuine(REPLICATE, by_secret())
    assert genuine(REPLICATE, by_secret(before=f"v1,{old} "))


def test_a_word_that_we_told_proves_who_says_it_again() -> None:
    """
    A password, for providers that echo one.
    """
    assert signatures.genuine(BFL, {"x-webhook-secret": "w-1"}, BODY, [b"w-1"], NOW)
    assert not signatures.genuine(BFL, {"x-webhook-secret": "w-2"}, BODY, [b"w-1"], NOW)
    assert not signatures.genuine(BFL, {}, BODY, [b"w-1"], NOW)


@pytest.mark.parametrize(
    ("of", "sign"), [(FAL, by_key), (REPLICATE, by_secret)], ids=["ed25519", "hmac_sha256"]
)
def test_a_change_of_anything_spoils_it(of: Signature, sign: object) -> None:
    """
    The body, any header, its age on either side, the key.
    """
    assert callable(sign)
    headers = sign()
    other_keys = {"keys": [{"x": base64.urlsafe_b64encode(b"o" * 32).decode()}], "key": "whsec_" + "b" * 32}

    assert not genuine(of, headers, BODY + b" ")
    assert not any(genuine(of, {k: v for k, v in headers.items() if k != name}) for name in headers)
    assert not any(genuine(of, {**headers, name: f"{headers[name]}0"}) for name in headers)
    assert not any(genuine(of, sign(at=NOW + away_s)) for away_s in (-301, 301))
    assert not genuine(of, headers, answer=other_keys)
    assert genuine(of, headers)


@pytest.mark.parametrize("garbage", ["", " ", "v1,", "v1," + "!" * 88, "v1," + "A" * 40, "é" * 30, "0" * 127])
def test_garbage_is_no_signature(garbage: str) -> None:
    """
    Whatever stands in the header.
    """
    assert not genuine(FAL, by_key() | {"x-fal-webhook-signature": garbage})
    assert not genuine(REPLICATE, by_secret() | {"webhook-signature": garbage})


@pytest.mark.parametrize("written", ["", "now", "-1", "1e9", "9" * 30, "१७९००००००"])
def test_a_time_that_is_none_is_not_near(written: str) -> None:
    """
    Whatever stands in the header.
    """
    assert not genuine(replace(REPLICATE, signed="{body}"), by_secret() | {"webhook-timestamp": written})


@pytest.mark.parametrize("answer", [None, {}, [], {"keys": "x", "key": 7}, {"keys": [{"x": None}]}])
def test_no_keys_prove_nothing(answer: object) -> None:
    """
    An answer that holds none is no reason to believe.
    """
    assert signatures.keys_of(FAL, answer) == []
    assert signatures.keys_of(REPLICATE, answer) == []
    assert not signatures.genuine(FAL, by_key(), BODY, [], NOW)
