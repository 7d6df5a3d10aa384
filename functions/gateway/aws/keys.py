"""The keys table: who may call. Only a key's SHA-256 is stored; a long random text needs no salt."""

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any


def hash_of(key: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """Look keys up, make them, and turn them off."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def find(self, key: str) -> dict[str, Any] | None:
        """Return what is known of a key that is good today, or nothing."""
        answer = self._dynamodb.get_item(TableName=self._table, Key={"hash": {"S": hash_of(key)}})
        found = _plain(answer.get("Item"))
        return None if found is None or found["disabled"] else found

    def create(self, *, name: str, tenant: str, tier: str, scopes: tuple[str, ...]) -> tuple[str, str]:
        """Make a key; return its id and the key itself, which nobody can read again."""
        key_id, key = f"key_{secrets.token_hex(8)}", f"sk-sluice-{secrets.token_urlsafe(30)}"
        self._dynamodb.put_item(
            TableName=self._table,
            Item={
                "hash": {"S": hash_of(key)},
                "id": {"S": key_id},
                "name": {"S": name},
                "tenant": {"S": tenant},
                "tier": {"S": tier},
                "scopes": {"S": " ".join(scopes)},
                "created_at": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
                "disabled": {"BOOL": False},
            },
        )
        return key_id, key

    def list(self) -> list[dict[str, Any]]:
        """Return all keys, without their hashes."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
        found = [_plain(item) or {} for page in pages for item in page["Items"]]
        return sorted(({**key, "hash": None} for key in found), key=lambda key: str(key["created_at"]))

    def disable(self, key_id: str) -> bool:
        """Turn a key off; return whether there was one."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
        for page in pages:
            for item in page["Items"]:
                if item["id"]["S"] == key_id:
                    self._dynamodb.update_item(
                        TableName=self._table,
                        Key={"hash": item["hash"]},
                        UpdateExpression="SET disabled = :yes",
                        ExpressionAttributeValues={":yes": {"BOOL": True}},
                    )
                    return True
        return False


def _plain(item: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if item is None else {name: next(iter(value.values())) for name, value in item.items()}
