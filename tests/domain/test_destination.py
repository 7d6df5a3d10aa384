"""What is asked of a customer's bucket, and what we permit ourselves there."""

from typing import Any

import pytest

from gateway.domain import destination
from gateway.domain.destination import Destination
from gateway.errors import InvalidRequest

BODY = {
    "name": "films",
    "bucket": "acme-films",
    "prefix": "renders",
    "role_arn": "arn:aws:iam::111122223333:role/sluice-delivery",
}


def read(**more: Any) -> Destination:
    """Read a body with some fields changed; one that is ``None`` is absent."""
    body = {name: value for name, value in {**BODY, **more}.items() if value is not None}
    return destination.read(body, "acme", "sluice-abc", 5.0)


def test_a_destination_is_read() -> None:
    """
    Its owner is the role's account, and its prefix a folder.
    """
    at = read()

    assert (at.owner, at.prefix, at.region, at.verified_at) == ("111122223333", "renders/", "", None)
    assert read(prefix=None).prefix == ""
    assert read(prefix="a/b/", region="eu-central-1").prefix == "a/b/"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"name": "Films"}, "name"),
        ({"name": 7}, "name"),
        ({"bucket": "a_b"}, "bucket"),
        ({"bucket": "acme-films/*"}, "bucket"),
        ({"prefix": "/renders"}, "prefix"),
        ({"prefix": "a/*"}, "prefix"),
        ({"prefix": "a//b"}, "prefix"),
        ({"prefix": "a" * 300}, "prefix"),
        ({"region": "here"}, "region"),
        ({"role_arn": "arn:aws:iam::111122223333:role/admin"}, "role_arn"),
        ({"role_arn": "arn:aws:iam::111122223333:role/team/sluice-delivery"}, "role_arn"),
        ({"role_arn": "arn:aws:iam::1111:role/sluice-delivery"}, "role_arn"),
        ({"owner": "me"}, "owner"),
        ({"bucket": None}, "bucket"),
    ],
)
def test_what_is_no_destination_is_refused_by_field(more: dict[str, Any], param: str) -> None:
    """
    A wildcard above all: what stands there becomes part of a policy.
    """
    with pytest.raises(InvalidRequest, match=f"^{param}: ") as caught:
        read(**more)
    assert caught.value.param == param


def test_a_session_may_touch_nothing_but_the_prefix() -> None:
    """
    Whatever the role permits besides, we leave at the door.
    """
    objects, listing, key = destination.session(read())["Statement"]

    assert key["Condition"] == {"StringLike": {"kms:ViaService": "s3.*"}}
    assert objects["Resource"] == "arn:aws:s3:::acme-films/renders/*"
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "renders/*"}}
    assert "Condition" not in destination.permissions(read(prefix=None))["Statement"][1]


def test_the_roles_trust_asks_for_the_external_id() -> None:
    """
    So that another tenant who names the same role does not come in.
    """
    (statement,) = destination.trust(read(), "444455556666")["Statement"]

    assert statement["Principal"] == {"AWS": "arn:aws:iam::444455556666:root"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "sluice-abc"}}


def test_a_link_names_tenant_destination_and_key() -> None:
    """
    And is told from one to a file of our own.
    """
    text = destination.linked(read(), "renders/gw_1/1/0.mp4")

    assert destination.link_of(text) == ("acme", "films", "renders/gw_1/1/0.mp4")
    assert destination.link_of("r30/acme/gw_1/1/0.mp4") is None
