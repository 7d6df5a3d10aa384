"""Fields of forms, which are all texts."""

import pytest

from gateway.domain.openai import field
from gateway.errors import InvalidRequest
from gateway.plan import Parameter

KNOWN = {"prompt": Parameter(), "tags": Parameter("array"), "n": Parameter("integer")}


def test_texts_of_a_form_get_the_types_that_json_would_give_them() -> None:
    """What the model takes as a text stays one, though it looks like a number."""
    fields = {
        "prompt": ("42",),
        "n": ("2",),
        "stream": ("false",),
        "tags": ("a",),
        "include": ("x", "y"),
        "byok": ('{"openai": "k"}',),
        "input_reference": ("x",),
        "input_reference[image_url]": ("https://x/a.png",),
    }

    assert field.typed(fields, KNOWN) == {
        "prompt": "42",
        "n": 2,
        "stream": False,
        "tags": ["a"],
        "include": ["x", "y"],
        "byok": {"openai": "k"},
        "input_reference": {"image_url": "https://x/a.png"},
    }


@pytest.mark.parametrize("given", [{}, {"model": ""}, {"model": 3}])
def test_a_model_is_needed(given: dict[str, object]) -> None:
    """The list of models is where to look."""
    with pytest.raises(InvalidRequest, match=r"^model: is required; GET /v1/models"):
        field.model_of(given)
