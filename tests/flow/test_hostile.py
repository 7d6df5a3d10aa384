"""A hostile webhook is refused before anything is stored or charged."""

import pytest

from gateway.errors import InvalidRequest
from tests.builders import make_job, make_ports
from tests.hostile import BY_TEXT

GIVEN = [url for url in BY_TEXT if url]


@pytest.mark.parametrize("url", GIVEN)
def test_a_hostile_webhook_is_refused_by_name_when_the_request_comes(url: str) -> None:
    """Its field is named, the URL itself is not repeated."""
    ports = make_ports({})

    with pytest.raises(InvalidRequest) as caught:
        make_job(ports, webhook_url=url.replace("{port}", "443"))

    assert caught.value.param == "webhook_url"
    assert url not in str(caught.value)
    assert ports.jobs.items == {}  # type: ignore[attr-defined]
