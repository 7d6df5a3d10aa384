"""Providers' keys from Secrets Manager, callers' own keys under KMS; never logged, never stored clear."""

import base64
from collections.abc import Callable
from typing import Any

# How long a rotated key may still be the old one here.
AGE_S = 300


class Secrets:
    """Read secrets by name; seal and unseal one caller's key for one job."""

    def __init__(
        self,
        secretsmanager: Callable[[], Any],
        kms: Callable[[], Any],
        key_id: str,
        now: Callable[[], float],
    ) -> None:
        self._secretsmanager = secretsmanager
        self._kms = kms
        self._key_id = key_id
        self._now = now
        self._read: dict[str, tuple[str, float]] = {}

    def get(self, name: str) -> str:
        """Read a secret, at most five minutes old.

        Raises:
            LookupError: it is not set; says how to set it.
        """
        value, until = self._read.get(name, ("", 0.0))
        if self._now() >= until:
            value = self._fetch(name)
            self._read[name] = (value, self._now() + AGE_S)
        return value

    def _fetch(self, name: str) -> str:
        client = self._secretsmanager()
        try:
            value = str(client.get_secret_value(SecretId=name).get("SecretString", ""))
        except client.exceptions.ResourceNotFoundException:
            value = ""
        if not value:
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
