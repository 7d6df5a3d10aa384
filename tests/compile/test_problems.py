"""How a problem is told."""

import pytest

from infra.compile.node import Mark
from infra.compile.problems import Problem, looks_secret, placed, report, unknown
from tests.compile.cases import compiled

SECRETS = [
    "sk-proj-4fQ9aZ71xK0vT2mB8cD5eR6y",
    "sk_4c1e9b8a7d6f5e4d3c2b1a09",
    "key_4fQ9aZ71xK0vT2mB8cD5eR6y",
    "r8_AbCdEfGh1234567890AbCdEf",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyD-1234567890abcdefghijk",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "9f86d081884c7d659a2feaa0c55ad015",
    "0f4b1c0e-1111-4222-8333-444455556666:abcdef0123456789abcdef0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
]
NAMES = [
    "sluice/providers/google",
    "sluice/key-management-service",
    "Sluice/Providers/ElevenLabs2/Production",
    "team-Media/Prod-elevenlabs-2026-keyring-A",
    "fal-ai/bytedance/seedream/v4.5/text-to-image",
]


def test_problem_has_the_form_of_the_house() -> None:
    """
    A terminal can jump to it, and it ends with a way out.
    """
    problem = placed(Mark("routes.yaml", 4, 18), ("models", "a.b", "targets", 0), "is wrong", "Mend it.")

    assert str(problem) == "routes.yaml:4:18: models.a.b.targets[0]: is wrong. Mend it."


def test_few_names_are_listed_and_many_are_not() -> None:
    """
    Up to ten names help; more are counted.
    """
    ten, eleven = ([f"name-{i}" for i in range(count)] for count in (10, 11))

    assert unknown("thing", "zzz", ten)[1] == f"Known: {', '.join(ten)}."
    assert unknown("thing", "zzz", eleven)[1] == "There are 11, such as name-0, name-1, name-10."
    assert unknown("thing", "name_3", eleven)[1] == "Did you mean 'name-3'?"


def test_problems_are_sorted_and_told_once() -> None:
    """
    The same finding through two aliases is one.
    """
    one = Problem("b.yaml", 1, 1, "a", "x", "y")
    again = Problem("b.yaml", 1, 1, "c", "x", "y")
    first = Problem("a.yaml", 9, 1, "a", "x", "y")

    assert report([one, again, first]) == (first, one)


@pytest.mark.parametrize("secret", SECRETS)
def test_pasted_secrets_are_refused_and_never_repeated(secret: str) -> None:
    """
    Wherever a key was pasted, the reports do not hold it.
    """
    quoted = f'"{secret}"'
    providers = f"""version: 1
providers:
  lumen: {{secret: {quoted}, regions: [{quoted}], limits: {quoted}, {quoted}: 1}}
  reel: {{secret: a, auth: {{value: "Bearer {secret}", headers: {{X: {quoted}}}, scheme: {quoted}}}}}
  tone: {{secret: [{quoted}], prices: {{{quoted}: []}}, base_url: "https://x.example?key={secret}"}}
  {quoted}: {quoted}
"""
    routes = f"version: 1\nmodels: {{{quoted}: {{operations: [{quoted}], targets: [{quoted}]}}}}\n"

    problems = compiled(providers=providers, routes=routes).problems

    assert any(p.path == "providers.lumen.secret" and "secret itself" in p.what for p in problems)
    assert not [str(problem) for problem in problems if secret in str(problem) or secret[8:] in str(problem)]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_secrets_are_no_secrets(name: str) -> None:
    """
    What teams call their secrets is not mistaken for one.
    """
    assert not looks_secret(name)
