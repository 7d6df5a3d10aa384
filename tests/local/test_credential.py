"""Who gets which key: the sandbox's for most, real ones for those named live."""

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import pytest

from gateway.plan import Plan
from infra.compile import Source, compile_files
from sluice.errors import Refused
from sluice.local.credential import credentials_of
from tests import builders

OWN = """
  in-house:
    base_url: https://models.example.com
    protocols:
      p: {steps: [{method: POST, url: "{base}", encoding: json, body: {}, outputs: [{kind: bytes}]}]}
    models: {m: {offers: {text_to_image: p}, parameters: {prompt: {required: true}}}}
    secret: in-house
"""
NAMES = ("elevenlabs", "fal", "google", "kling", "luma", "openai", "replicate", "runway", "vertex")


@cache
def compiled() -> tuple[Plan, Mapping[str, tuple[str, ...]]]:
    enabled = "".join(f"  {name}: {{secret: test/{name}}}\n" for name in NAMES)
    known = {name: text for name, text in builders.catalog().items() if "/" not in name}
    providers = Source("providers.yaml", f"version: 1\nproviders:\n{enabled}{OWN}")
    found = compile_files(Source("routes.yaml", "version: 1\n"), providers, known)
    assert found.plan, found.errors
    return found.plan, found.variables


def keys_of(names: Collection[str], live: Collection[str], environment: Mapping[str, str]) -> dict[str, str]:
    plan, variables = compiled()
    return credentials_of({name: plan.providers[name] for name in names}, live, variables, environment)


def test_providers_get_keys_of_the_sandbox_unless_they_are_live() -> None:
    found = keys_of(["google", "fal"], ["google"], {"GOOGLE_API_KEY": "real"})

    assert found == {"google": "real", "fal": "sandbox-fal"}


def test_a_provider_that_takes_a_key_file_gets_one_of_the_sandbox() -> None:
    found = json.loads(keys_of(["vertex"], [], {})["vertex"])

    assert (found["type"], found["project_id"]) == ("service_account", "sandbox-project")


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("google", "GOOGLE_API_KEY"),
        ("google", "GEMINI_API_KEY"),
        ("fal", "FAL_KEY"),
        ("openai", "OPENAI_API_KEY"),
        ("kling", "KLING_API_KEY"),
        ("runway", "RUNWAYML_API_SECRET"),
        ("replicate", "REPLICATE_API_TOKEN"),
        ("luma", "LUMAAI_API_KEY"),
        ("elevenlabs", "ELEVENLABS_API_KEY"),
        ("in-house", "IN_HOUSE_API_KEY"),
    ],
)
def test_a_live_key_is_found_where_its_sdk_finds_it(provider: str, variable: str) -> None:
    assert keys_of([provider], [provider], {variable: " real\n"}) == {provider: "real"}


def test_a_live_key_file_is_read_where_the_variable_says(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text('{"project_id": "p"}\n')

    by_path, by_text = (
        keys_of(["vertex"], ["vertex"], {"GOOGLE_APPLICATION_CREDENTIALS": said})
        for said in (str(file), '{"project_id": "p"}')
    )

    assert by_path == by_text == {"vertex": '{"project_id": "p"}'}


def test_a_key_file_that_is_not_there_is_named() -> None:
    with pytest.raises(Refused, match=r"names a key file that cannot be read: '/nowhere/key\.json'"):
        keys_of(["vertex"], ["vertex"], {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/key.json"})


def test_a_missing_live_key_is_named() -> None:
    with pytest.raises(
        Refused, match=r"^LIVE names 'google', but GOOGLE_API_KEY and GEMINI_API_KEY are not set\."
    ):
        keys_of(["google"], ["google"], {"GOOGLE_API_KEY": " "})


def test_an_unknown_live_provider_is_answered_with_the_known_ones() -> None:
    with pytest.raises(
        Refused, match=r"^LIVE names 'gogle', which providers\.yaml does not\. Known: fal, google\.$"
    ):
        keys_of(["google", "fal"], ["gogle"], {})
