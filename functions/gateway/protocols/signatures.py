"""Whether a callback comes from whom it says: named schemes over the headers and the very bytes of its body.

Rule: whoever calls has shown an address of ours already. A signature is the second proof, of those who sign.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence

from gateway.protocols import ed25519, mapping
from gateway.wire import Signature

Scheme = Callable[[bytes, bytes, bytes], bool]
# One signature of a list: "v1,...", "v0=..." or bare.
_EACH = re.compile(r"(?:^|[ ,])(?:v\d[,=])?([A-Za-z0-9+/_-]{16,}=*)(?=[ ,]|$)")
# Standard Webhooks v1: the headers and what is signed are always the same.
STANDARD = Signature(
    "hmac_sha256", "webhook-signature", "{webhook-id}.{webhook-timestamp}.{body}", "webhook-timestamp"
)
_SECRET = "whsec_"  # noqa: S105 - how such secrets begin


def genuine(
    scheme: Signature, headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now: float
) -> bool:
    """Tell whether one of the keys made a signature that the headers hold, and not too long ago.

    Args:
        headers: names in lower case.
    """
    if scheme.timestamp and not _is_fresh(headers.get(scheme.timestamp, ""), now, scheme.tolerance_s):
        return False
    message = _message(scheme.signed, headers, body)
    given = headers.get(scheme.header, "")
    check = SCHEMES[scheme.scheme]
    if not scheme.signed:
        return any(check(key, b"", given.encode()) for key in keys)
    return message is not None and any(
        check(key, message, signature) for signature in _signatures(given) for key in keys
    )


def keys_of(scheme: Signature, answer: object) -> list[bytes]:
    """Read the keys out of the answer of who hands them out: in base64, or marked as such, or as they are."""
    found = [value for value in mapping.get(answer, scheme.path) if isinstance(value, str)]
    coded = scheme.scheme == "ed25519"
    keys = [
        _decoded(text.removeprefix(_SECRET)) if coded or text.startswith(_SECRET) else text.encode()
        for text in found
    ]
    return [key for key in keys if key]


def _is_fresh(written: str, now: float, tolerance_s: float) -> bool:
    return bool(re.fullmatch(r"\d{1,12}", written)) and abs(now - int(written)) <= tolerance_s


def _message(template: str, headers: Mapping[str, str], body: bytes) -> bytes | None:
    """Write what was signed; nothing where a header of it is missing."""
    head, whole, tail = template.partition("{body}")
    names = {**headers, "body_sha256": hashlib.sha256(body).hexdigest()}
    try:
        before, after = head.format_map(names).encode(), tail.format_map(names).encode()
    except KeyError:
        return None
    return before + body + after if whole else before


def _signatures(given: str) -> list[bytes]:
    """Read each signature of a header, in hexadecimal or base64."""
    return [found for each in _EACH.findall(given) if (found := _decoded(each))]


def _decoded(text: str) -> bytes:
    if re.fullmatch(r"(?:[0-9a-f]{2})+", text):
        return bytes.fromhex(text)
    try:
        return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return b""


def _hmac_sha256(key: bytes, message: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(hmac.new(key, message, hashlib.sha256).digest(), signature)


def _password(key: bytes, message: bytes, given: bytes) -> bool:
    """Compare a word that we told the provider with the one that it says."""
    return hmac.compare_digest(key, given)


SCHEMES: dict[str, Scheme] = {
    "ed25519": ed25519.verify,
    "hmac_sha256": _hmac_sha256,
    "password": _password,
}
