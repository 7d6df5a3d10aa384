"""Which URLs of callers may be called, by their text, and which addresses, by their number."""

import pytest

from gateway.domain.address import REASONS, Door, Refused, admits, is_public, read, require
from gateway.errors import InvalidRequest
from tests.hostile import BY_ADDRESS, BY_TEXT

OWN = ("gw.example.com",)
GOOD = Door(True, "hooks.example.com", 443, "/")


@pytest.mark.parametrize(("url", "problem"), BY_TEXT.items())
def test_a_hostile_url_is_refused_by_its_text(url: str, problem: str) -> None:
    """Before a name is looked up or anything is stored."""
    assert read(url.replace("{port}", "443"), own=OWN) == Refused(problem)


def test_the_list_is_long_and_every_word_has_its_sentence() -> None:
    """A word without a sentence could not be told to a caller."""
    assert len(BY_TEXT) >= 40
    assert set(BY_TEXT.values()) == set(REASONS)


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://hooks.example.com", "hooks.example.com/"),
        ("https://hooks.example.com:8443/a?b=c#d", "hooks.example.com:8443/a?b=c"),
        ("https://Bücher.example.com/ä%20b", "xn--bcher-kva.example.com/%C3%A4%20b"),
        ("https://in.s3.eu-west-1.amazonaws.com/a.png", "in.s3.eu-west-1.amazonaws.com/a.png"),
        ("https://s3-us-west-2.amazonaws.com/in/a.png", "s3-us-west-2.amazonaws.com/in/a.png"),
        ("https://ab12.execute-api.us-east-1.amazonaws.com/x", "ab12.execute-api.us-east-1.amazonaws.com/x"),
        ("https://1password.com/", "1password.com/"),
    ],
)
def test_a_good_url_is_taken_apart(url: str, called: str) -> None:
    """Names in the DNS's spelling, paths in ASCII, fragments gone."""
    door = read(url, own=OWN)

    assert isinstance(door, Door)
    assert f"{door.authority}{door.path}" == called


@pytest.mark.parametrize("address", BY_ADDRESS)
def test_a_good_name_with_a_bad_address_is_not_connected(address: str) -> None:
    """Also where Python calls the address global, and for every address that is not IPv4."""
    assert not is_public(address)
    assert not admits(GOOD, address)


def test_a_public_address_is_connected_at_the_ports_of_https_alone() -> None:
    """The port is looked at a second time, beside the address."""
    assert admits(GOOD, "93.184.216.34")
    assert not admits(Door(True, "hooks.example.com", 22, "/"), "93.184.216.34")
    assert not admits(Door(False, "hooks.example.com", 443, "/"), "93.184.216.34")


def test_the_local_stack_reaches_this_machine_and_nothing_else_that_is_private() -> None:
    """HTTP and any port on loopback; the rest of the rules stay."""
    here = Door(False, "127.0.0.1", 8080, "/hook")

    assert read("http://127.0.0.1:8080/hook", loopback=True) == here
    assert read("http://localhost:1/", loopback=True) == Door(False, "localhost", 1, "/")
    assert admits(here, "127.0.0.1", loopback=True)
    assert not admits(Door(False, "localhost", 1, "/"), "10.0.0.1", loopback=True)
    assert read("http://hooks.example.com/", loopback=True) == Refused("scheme")
    assert read("https://10.0.0.1/", loopback=True) == Refused("literal")
    assert not admits(GOOD, "169.254.169.254", loopback=True)


def test_a_caller_is_told_which_field_and_what_would_work_but_not_the_url() -> None:
    """A URL may hold a secret in its query."""
    with pytest.raises(InvalidRequest, match=r"^webhook_url: must begin with https://\.$") as caught:
        require("http://hooks.example.com/?token=hush", "webhook_url")

    assert (caught.value.code, caught.value.param) == ("invalid_url", "webhook_url")
