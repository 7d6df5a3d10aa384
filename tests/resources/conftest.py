"""One synth for each target and session: a synth costs seconds, and looking at one costs nothing."""

import pytest

from tests.resources.stacks import Template, make_blueprint, synth


@pytest.fixture(scope="session")
def aws() -> Template:
    """The template for AWS."""
    return synth(make_blueprint())


@pytest.fixture(scope="session")
def local() -> Template:
    """The template for the emulator."""
    return synth(make_blueprint("local", public_url="http://localhost:8787"))
