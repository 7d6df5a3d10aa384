"""Webhooks, checked as a receiver checks them: by the text of the specification alone."""

import base64
import hashlib
import hmac

from gateway.domain import webhook

BODY = '{"type":"job.succeeded","id":"gw_1","note":"größer"}'.encode()


def signature_of(headers: dict[str, str], body: bytes, shown: str) -> str:
    """Sign as Standard Webhooks 1.0.0 says: id, time and body, joined by dots, under the decoded secret."""
    secret = base64.b64decode(shown.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()


def test_a_receiver_can_verify_a_delivery() -> None:
    """
    With the secret as it was shown, and nothing of our code.
    """
    secret = webhook.secret_of("key_1", b"root")

    headers = webhook.headers("msg_1", 1_790_000_000.9, BODY, secret)

    assert headers["webhook-signature"] == signature_of(headers, BODY, webhook.shown(secret))
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "1790000000")
    assert headers["content-type"] == "application/json"


def test_a_known_signature_comes_out() -> None:
    """
    The example of the specification's own libraries.

    Source: github.com/standard-webhooks/standard-webhooks, libraries/python/tests.
    """
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    headers = webhook.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', secret)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_nothing_of_a_delivery_can_be_changed() -> None:
    """
    Another body, id, time or key has another signature.
    """
    secret = webhook.secret_of("key_1", b"root")
    tries = [
        webhook.headers("msg_1", 1000, BODY, secret),
        webhook.headers("msg_1", 1000, BODY + b" ", secret),
        webhook.headers("msg_2", 1000, BODY, secret),
        webhook.headers("msg_1", 1001, BODY, secret),
        webhook.headers("msg_1", 1000, BODY, webhook.secret_of("key_2", b"root")),
        webhook.headers("msg_1", 1000, BODY, webhook.secret_of("key_1", b"other root")),
    ]

    assert len({headers["webhook-signature"] for headers in tries}) == len(tries)


def test_a_secret_is_long_enough_and_the_same_every_time() -> None:
    """
    The specification wants 24 to 64 bytes.
    """
    assert 24 <= len(webhook.secret_of("key_1", b"root")) <= 64
    assert webhook.secret_of("key_1", b"root") == webhook.secret_of("key_1", b"root")
