"""Providers' keys from Secrets Manager, callers' own keys under KMS; never logged, never stored clear."""

import base64
from collections.abc import Callable
from typing import Any

# How long a rotated key may still be the old one here.
AGE_S = 300


class Secrets:
    """Read secrets by name; seal and unseal one caller's key for one job."""

    def __init__(self, kms: Callable[[], Any], key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    def get(self, name: str) -> str:
        """Read a secret, at most five minutes old.

        Raises:
            LookupError: it is not set; says how to set it.
        """
        from aws_lambda_powertools.utilities import parameters

        try:
            value = parameters.get_secret(name, max_age=AGE_S)
        except parameters.GetParameterError:
            value = ""
        if not isinstance(value, str) or not value:
            provider = name.rsplit("/", 1)[-1]
            raise LookupError(f"the secret {name!r} is not set: run `sluice secrets set {provider}`")
        return value

    def seal(self, text: str, context: dict[str, str]) -> str:
        """Encrypt a text; only the same context opens it."""
        answer = self._kms().encrypt(KeyId=self._key_id, Plaintext=text.encode(), EncryptionContext=context)
        return base64.b64encode(answer["CiphertextBlob"]).decode()

    def unseal(self, sealed: str, context: dict[str, str]) -> str:
        """Decrypt what ``seal`` made."""
        answer = self._kms().decrypt(
            KeyId=self._key_id, CiphertextBlob=base64.b64decode(sealed), EncryptionContext=context
        )
        return str(answer["Plaintext"].decode())
