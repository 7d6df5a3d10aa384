"""Customers' own buckets: the table of them, and the way in by a role of theirs."""

from collections.abc import Callable
from typing import Any

import msgspec

from gateway.aws.artifacts import Artifacts, code_of
from gateway.domain.destination import Destination, session
from gateway.errors import DestinationRefused

SESSION_S = 3600  # no longer, because we are under a role ourselves
PROBE = b"Sluice checks that it can write here, and takes this away again.\n"
# Of whatever says that the account behind it does not want us, and not that something broke.
_REFUSALS = frozenset({"AccessDenied", "AllAccessDisabled", "NoSuchBucket", "PermanentRedirect", "403"})
Client = Callable[[str, dict[str, str] | None, str], Any]


class Destinations:
    """Remember destinations by tenant and name, and open them.

    Args:
        client: opens a client of a service, with other credentials and in another region, where given.
    """

    def __init__(self, dynamodb: Any, table: str, client: Client) -> None:
        self._dynamodb, self._table, self._client = dynamodb, table, client

    def find(self, tenant: str, name: str) -> Destination | None:
        """Return a destination by its name."""
        key = {"tenant": {"S": tenant}, "name": {"S": name}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else _read(item)

    def list(self, tenant: str) -> list[Destination]:
        """Return a tenant's destinations by name."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="tenant = :tenant",
            ExpressionAttributeValues={":tenant": {"S": tenant}},
        )
        return [_read(item) for page in pages for item in page["Items"]]

    def save(self, at: Destination, *, new: bool) -> bool:
        """Store a destination; return whether it was there before, or was not, as it should."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={
                    "tenant": {"S": at.tenant},
                    "name": {"S": at.name},
                    "document": {"S": msgspec.json.encode(at).decode()},
                },
                ConditionExpression=f"attribute_{'not_' if new else ''}exists(tenant)",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def remove(self, tenant: str, name: str) -> bool:
        """Forget a destination; return whether there was one."""
        key = {"tenant": {"S": tenant}, "name": {"S": name}}
        return bool(
            self._dynamodb.delete_item(TableName=self._table, Key=key, ReturnValues="ALL_OLD").get(
                "Attributes"
            )
        )

    def open(self, at: Destination) -> Artifacts:
        """Go in by the role, with no more in hand than the destination needs.

        Raises:
            DestinationRefused: then, or by what is called on the bucket, when the customer's side says no.
        """
        guarded = _Guarded(self._client("s3", self._assume(at, at.external_id), at.region), at)
        return Artifacts(lambda: guarded, at.bucket, at.owner)

    def check(self, at: Destination) -> None:
        """Do once what deliveries do, and see that the role asks for the external id.

        Raises:
            DestinationRefused: saying exactly what was refused.
        """
        bucket, key = self.open(at), f"{at.prefix}sluice-check.txt"
        bucket.remove(key)
        bucket.put(key, "text/plain", PROBE)
        if b"".join(bucket.read(key)) != PROBE:
            raise DestinationRefused(f"s3://{at.bucket}/{key} came back as something else than was written")
        bucket.find(key.removesuffix(".txt"))
        bucket.remove(key)
        upload = bucket.begin(key, "text/plain")
        bucket.parts(key, upload)
        bucket.drop(key, upload)
        self._require_guard(at)

    def _require_guard(self, at: Destination) -> None:
        """A role that takes any external id would let every tenant of ours write there."""
        try:
            self._assume(at, f"not-{at.external_id}")
        except DestinationRefused:
            return
        raise DestinationRefused(
            f"the role {at.role_arn} can be assumed with any external id; "
            "its trust policy must require the one of this destination"
        )

    def _assume(self, at: Destination, external_id: str) -> dict[str, str]:
        sts = self._client("sts", None, "")
        try:
            found = sts.assume_role(
                RoleArn=at.role_arn,
                RoleSessionName="sluice-delivery",
                ExternalId=external_id,
                Policy=msgspec.json.encode(session(at)).decode(),
                DurationSeconds=SESSION_S,
            )["Credentials"]
        except sts.exceptions.ClientError as error:
            raise DestinationRefused(
                f"the role {at.role_arn} could not be assumed with the destination's external id: "
                f"{code_of(error)}; see that it exists and that its trust policy names this account"
            ) from error
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }


class _Guarded:
    """A client of S3 whose refusals say what was asked of whose bucket."""

    def __init__(self, client: Any, at: Destination) -> None:
        self._client, self._at = client, at

    def __getattr__(self, name: str) -> Any:
        """Return a call of the client, or what else it has."""
        found = getattr(self._client, name)
        if name.startswith(("get_paginator", "generate", "exceptions")):
            return found

        def call(**given: Any) -> Any:
            try:
                return found(**given)
            except self._client.exceptions.ClientError as error:
                if code_of(error) in _REFUSALS:
                    raise DestinationRefused(self._told(name, given, code_of(error))) from error
                raise

        return call

    def _told(self, name: str, given: dict[str, Any], code: str) -> str:
        action = "".join(word.capitalize() for word in name.removesuffix("_v2").split("_"))
        where = f"s3://{self._at.bucket}/{given.get('Key') or given.get('Prefix') or ''}"
        return (
            f"{action} at {where} was refused by the role {self._at.role_arn}: {code}; the bucket must exist "
            f"and belong to the account {self._at.owner}, and the role must permit this under the prefix"
        )


def _read(item: dict[str, Any]) -> Destination:
    return msgspec.json.decode(item["document"]["S"], type=Destination)
