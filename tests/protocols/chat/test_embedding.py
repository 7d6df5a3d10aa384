"""Embeddings as OpenAI writes them: which answers have vectors, and in which form they are passed on."""

from typing import Any

import pytest

from gateway.protocols.chat import embedding

PACKED = "AAAAPwAAAMA="


@pytest.mark.parametrize("vector", [[0.5, -2.0], PACKED])
def test_a_vector_is_the_same_in_both_forms(vector: Any) -> None:
    """
    Whichever the provider sent.
    """
    data = embedding.completion({"data": [{"embedding": vector}]})["data"]

    assert embedding.formed(data, "base64")[0]["embedding"] == PACKED
    assert embedding.formed(data, "float")[0]["embedding"] == [0.5, -2.0]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"data": []},
        {"data": [None]},
        {"data": [{"embedding": None}]},
        {"data": [{"embedding": [0.5, None]}]},
        {"data": [{"embedding": [0.5]}, {"embedding": ["0.5"]}]},
        {"data": [{"embedding": "not base64"}]},
        {"data": [{"embedding": PACKED[:4]}]},
    ],
)
def test_what_has_no_vectors_is_no_answer(answer: Any) -> None:
    """
    Before it is paid for: a vector with a hole could not be packed.
    """
    with pytest.raises((ValueError, TypeError), match=r"embedding|data|unsupported operand|base64"):
        embedding.completion(answer)
