"""The local target."""

from dataclasses import replace

from infra.compile import Compiled, Local
from infra.compile.local import localise
from tests import builders
from tests.compile.cases import compiled, compiled_for

LOCAL = Local("http://localhost:8790", frozenset({"reel"}))


def local(**sections: str) -> Compiled:
    """Compile for the local target."""
    return compiled_for(LOCAL, **sections)


def test_sandbox_plays_every_provider_that_is_not_live() -> None:
    """
    Each under its own name, with the path of its real address; live ones stay.
    """
    plan = local().plan

    assert plan is not None
    assert {name: provider.base_urls for name, provider in plan.providers.items()} == {
        "lumen": {"us": "http://localhost:8790/lumen/v1", "eu": "http://localhost:8790/lumen/v1"},
        "reel": {"global": "https://api.reel.example"},
        "tone": {"global": "http://localhost:8790/tone"},
    }


def test_nothing_takes_long_in_the_sandbox() -> None:
    """
    Usual times follow the modality, deadlines are capped; live providers keep theirs.
    """
    plan = local().plan

    assert plan is not None
    assert {key: model.usual_s for key, model in plan.models.items()} == {
        "lumen/lumen-1": 0.5,
        "lumen/lumen-2": 0.5,
        "lumen/art/lumen-free": 0.5,
        "reel/reel-3": 90,
        "reel/reel-mini": 30,
        "tone/tone-a": 0.6,
    }
    images, queue = plan.providers["lumen"].protocols["images"], plan.providers["reel"].protocols["queue"]
    assert (images.submit_deadline_s, images.total_deadline_s) == (8, 60)
    assert (queue.submit_deadline_s, queue.total_deadline_s) == (45, 600)


def test_nothing_else_changes() -> None:
    """
    Routes, parameters, prices and steps are those of AWS.
    """
    here, there = local().plan, compiled().plan

    assert here is not None
    assert there is not None
    assert (here.routes, here.tiers) == (there.routes, there.tiers)
    assert {key: replace(model, usual_s=1) for key, model in here.models.items()} == {
        key: replace(model, usual_s=1) for key, model in there.models.items()
    }
    assert (
        here.providers["lumen"].protocols["images"].steps
        == there.providers["lumen"].protocols["images"].steps
    )


def test_blueprint_follows_the_local_plan() -> None:
    """
    It names its target and the local plan, and starts end with the capped deadlines.
    """
    result = compiled_for(replace(LOCAL, live=frozenset()))

    assert result.plan is not None
    assert result.blueprint is not None
    assert (result.blueprint.target, result.blueprint.start_timeout_s) == ("local", 8)
    assert result.blueprint.plan_hash == result.plan.hash


def test_local_plan_has_a_hash_of_its_own() -> None:
    """
    A plan that points elsewhere is another plan.
    """
    here, there = local().plan, compiled().plan

    assert here is not None
    assert there is not None
    assert here.hash != there.hash


def test_keys_are_exchanged_by_the_sandbox() -> None:
    """
    Where a provider exchanges them at all, and below the project that a key names.
    """
    providers = "version: 1\nproviders:\n  vertex: {secret: v}\n  fal: {secret: f}\n"

    played = localise(builders.plan_of("version: 1\n", providers), LOCAL).providers

    assert played["vertex"].auth.token_url == "http://localhost:8790/vertex/token"
    assert played["vertex"].base_urls["us"] == (
        "http://localhost:8790/vertex/v1beta1/projects/{project}/locations/us-central1"
    )
    assert played["fal"].auth.token_url == ""
