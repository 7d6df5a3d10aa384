"""Tell API Gateway whom a key belongs to. Knows nothing but the keys table."""

from typing import Any

from gateway.handlers import _wiring

_keys = _wiring.the_keys()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Allow the whole API to a good key; the api function checks its scopes.

    Raises:
        Exception: with the word that makes API Gateway answer 401.
    """
    found = _keys.find(_key_of(event.get("headers") or {}))
    if found is None:
        raise Exception("Unauthorized")
    resource = event["methodArn"].split("/", 2)
    return {
        "principalId": found["id"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "/".join(resource[:2]) + "/*"}
            ],
        },
        "context": {name: found[name] for name in ("id", "tenant", "tier", "scopes")},
    }


def _key_of(headers: dict[str, str]) -> str:
    named = {name.lower(): value for name, value in headers.items()}
    scheme, _, token = named.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else named.get("x-api-key", "")
