"""What the plan says after the words were lowered."""

from gateway.plan import Limits, Offer, Plan, PriceLine, Route, Target, Tier, dump, load
from infra.compile.blueprint import Blueprint, Pool
from tests import builders
from tests.compile.cases import PROVIDERS, ROUTES, compiled


def plan_of(**sections: str) -> Plan:
    """Compile files that have no errors."""
    result = compiled(**sections)
    assert result.plan is not None, result.problems
    return result.plan


def blueprint_of(**sections: str) -> Blueprint:
    """Compile files that have no errors."""
    result = compiled(**sections)
    assert result.blueprint is not None, result.problems
    return result.blueprint


def test_route_takes_what_defaults_say_and_what_it_says_itself() -> None:
    """
    The route's own word comes first, then the defaults, then the plan's.
    """
    routes = """version: 1
defaults: {deadline: 5m, retention: 14d, overflow: shed, on: [timeout], region: us}
models:
  picture:
    operations: [text_to_image]
    targets: [lumen/lumen-1: {size: large}, lumen/lumen-2]
    fallback: [lumen/art/lumen-free]
    deadline: 90s
    on: []
    region: prefer-low-latency
    delivery: {retention: 7d}
"""

    assert plan_of(routes=routes).routes["picture"] == Route(
        "picture",
        ("text_to_image",),
        (Target("lumen", "lumen-1", {"size": "large"}), Target("lumen", "lumen-2")),
        ("lumen/art/lumen-free",),
        on=(),
        deadline_s=90,
        overflow="shed",
        retention_days=7,
    )


def test_a_route_has_its_order_and_its_targets_their_weights() -> None:
    """
    An absent weight is 1, and a model that nobody wrote a route for has the defaults' order.
    """
    routes = """version: 1
defaults: {order: sticky}
models:
  picture:
    operations: [text_to_image]
    targets: [lumen/lumen-1: {size: large}, lumen/lumen-2]
    order: weighted
    weights: {lumen/lumen-1: 3}
"""

    plan = plan_of(routes=routes)

    assert [target.weight for target in plan.routes["picture"].targets] == [3, 1]
    assert (plan.routes["picture"].order, plan.routes["reel/reel-3"].order) == ("weighted", "sticky")


def test_a_model_has_its_own_limits_in_place_of_its_providers() -> None:
    """
    All of them: what they do not say is no limit.
    """
    providers = PROVIDERS.replace(
        "{secret: test/lumen}", "{secret: a, limits: {ipm: 7, models: {lumen-2: {tpm: 9, burst: 2}}}}"
    )

    plan = plan_of(providers=providers)

    assert plan.limits_of("lumen", "lumen-1") == Limits(rpm=100, concurrent=20, ipm=7)
    assert plan.limits_of("lumen", "lumen-2") == Limits(tpm=9, burst=2)


def test_every_model_of_an_enabled_provider_has_a_route() -> None:
    """
    What nobody wrote exists as provider and model, with the defaults.
    """
    plan = plan_of(routes=f"{ROUTES}defaults: {{deadline: 5m, retention: 3d}}\n")

    assert set(plan.routes) == {*plan.models, "picture"}
    assert plan.routes["reel/reel-3"] == Route(
        "reel/reel-3",
        ("text_to_video", "image_to_video"),
        (Target("reel", "reel-3"),),
        deadline_s=300,
        retention_days=3,
    )


def test_listed_exposes_only_what_is_written() -> None:
    """
    The models stay in the plan; only their implied routes go.
    """
    plan = plan_of(routes=f"{ROUTES}expose: listed\n")

    assert list(plan.routes) == ["picture"]
    assert "reel/reel-3" in plan.models


def test_only_enabled_providers_reach_the_plan() -> None:
    """
    The rest of the catalogue stays where it is.
    """
    plan = plan_of()

    assert set(plan.providers) == {"lumen", "reel", "tone"}
    assert not [key for key in plan.models if key.startswith("dusk/")]


def test_money_is_exact_micros() -> None:
    """
    Dollars become micros without a float in between; `per` stays.
    """
    plan = plan_of(
        routes=f"{ROUTES}tiers: {{a: {{allowance_usd: 0.1}}, b: {{allowance_usd: '150.000001'}}}}\n"
    )

    assert plan.models["reel/reel-3"].prices == (
        PriceLine("output_second", 100_000, 1, "2026-11-22", "https://reel.example/pricing"),
    )
    assert plan.models["lumen/lumen-1"].prices[0].when == {"size": ("large",)}
    assert (plan.models["tone/tone-a"].prices[0].micros, plan.models["tone/tone-a"].prices[0].per) == (
        3_000_000,
        1_000_000,
    )
    assert plan.tiers == {"a": Tier(allowance_micros=100_000), "b": Tier(allowance_micros=150_000_001)}


def test_conditions_are_text_as_written() -> None:
    """
    Numbers and truth values in `when` are compared as text.
    """
    providers = PROVIDERS.replace(
        "{secret: test/lumen}",
        "{secret: a, prices: {lumen-1: [{meter: request, usd: 1, as_of: 2026-11-22, source: s, "
        "when: {n: [1, 2], hd: [true]}}]}}",
    )

    line = plan_of(providers=providers).models["lumen/lumen-1"].prices[0]
    assert line.when == {"n": ("1", "2"), "hd": ("true",)}


def test_offers_name_protocol_and_endpoint() -> None:
    """
    A shorthand means the model's own id.
    """
    offers = plan_of().models["reel/reel-3"].offers

    assert offers == {
        "text_to_video": Offer("queue", "reel-3"),
        "image_to_video": Offer("queue", "reel-3-image"),
    }


def test_durations_become_seconds() -> None:
    """
    Texts with units become floats.
    """
    plan = plan_of()
    protocol = plan.providers["lumen"].protocols["images"]

    assert (protocol.submit_deadline_s, protocol.total_deadline_s) == (30.0, 120.0)
    assert plan.models["lumen/lumen-1"].usual_s == 6.0


def test_regions_are_kept_in_the_order_that_was_asked_for() -> None:
    """
    The first region is the usual one, and no other address is in the plan.
    """
    providers = PROVIDERS.replace("{secret: test/lumen}", "{secret: a, regions: [eu]}")

    assert plan_of(providers=providers).providers["lumen"].base_urls == {"eu": "https://eu.lumen.example/v1"}
    assert list(plan_of().providers["lumen"].base_urls) == ["us", "eu"]


def test_a_job_goes_to_the_regions_that_the_file_lists_and_else_to_the_usual_one() -> None:
    """
    Nobody's data goes elsewhere only because the catalogue knows an address there.
    """
    providers = PROVIDERS.replace("{secret: test/lumen}", "{secret: a, regions: [eu, us]}")

    assert plan_of(providers=providers).providers["lumen"].regions == ("eu", "us")
    assert plan_of().providers["lumen"].regions == ("us",)


def test_single_address_replaces_the_catalogues() -> None:
    """
    `base_url` stands alone, without a slash at its end.
    """
    providers = PROVIDERS.replace("{secret: test/lumen}", "{secret: a, base_url: 'https://proxy.example/'}")

    assert plan_of(providers=providers).providers["lumen"].base_urls == {"global": "https://proxy.example"}


def test_entries_are_laid_over_the_catalogue() -> None:
    """
    Mappings merge deep, lists replace, the rest stays.
    """
    providers = PROVIDERS.replace(
        "{secret: test/lumen}",
        "{secret: a, limits: {rpm: 5}, errors: [], models: {lumen-1: {parameters: {n: {maximum: 2}}}}}",
    )

    lumen = plan_of(providers=providers)
    n = lumen.models["lumen/lumen-1"].parameters["n"]
    assert (n.minimum, n.maximum, n.type) == (1, 2, "integer")
    assert lumen.providers["lumen"].errors == ()
    assert lumen.providers["lumen"].limits == Limits(rpm=5, concurrent=20)
    assert lumen.models["lumen/lumen-2"].parameters["n"].maximum == 4


def test_words_and_matches_are_text() -> None:
    """
    A status word `true` is the text that the answer is compared with.
    """
    providers = (
        PROVIDERS
        + """
  own:
    secret: a
    base_url: https://own.example
    errors: [{error: capacity, path: code, match: [429, true]}]
    protocols:
      go:
        steps:
          - {method: POST, url: "{base}", encoding: json, body: {}, keep: {task: id}}
          - {method: GET, url: "{base}/{task}", status: done, words: {false: running, true: done, 3: failed},
             outputs: [{kind: url, path: url}]}
    models: {m: {offers: {text_to_image: go}}}
"""
    )

    own = plan_of(providers=providers).providers["own"]
    assert own.errors[0].match == ("429", "true")
    assert own.protocols["go"].steps[1].words == {"false": "running", "true": "done", "3": "failed"}
    assert own.protocols["go"].steps[1].method == "GET"


def test_blueprint_has_a_pool_for_each_provider() -> None:
    """
    Sorted by name, with at least two workers, ten where nothing is said.
    """
    providers = """version: 1
providers:
  tone: {secret: c, limits: {concurrent: 1}}
  lumen: {secret: a, limits: {concurrent: 20}}
  reel: {secret: b}
"""

    assert blueprint_of(providers=providers).pools == (
        Pool("lumen", "a", 20),
        Pool("reel", "b", 10),
        Pool("tone", "c", 2),
    )


def test_blueprint_has_every_retention_class() -> None:
    """
    Those of routes, defaults and tiers, and always thirty days.
    """
    routes = """version: 1
defaults: {retention: 14d}
tiers: {free: {retention: 1d}, pro: {}}
models:
  picture: {operations: [text_to_image], targets: [lumen/lumen-1], delivery: {retention: 90d}}
"""

    assert blueprint_of(routes=routes).retention_days == (1, 14, 30, 90)
    assert blueprint_of().retention_days == (30,)


def test_blueprint_knows_the_slowest_start() -> None:
    """
    Rounded up to whole seconds, over the enabled providers.
    """
    providers = (
        "version: 1\nproviders:\n  lumen: {secret: a, protocols: {images: {submit_deadline: 30500ms}}}\n"
    )

    assert blueprint_of(providers=providers).start_timeout_s == 31
    assert blueprint_of().start_timeout_s == 60
    assert blueprint_of(providers="version: 1\n", routes="version: 1\n").start_timeout_s == 60


def test_blueprint_names_the_plan() -> None:
    """
    Target and hash go along.
    """
    result = compiled()

    assert result.plan is not None
    assert result.blueprint is not None
    assert (result.blueprint.target, result.blueprint.plan_hash) == ("aws", result.plan.hash)


def test_a_plan_that_was_written_and_read_keeps_the_order_of_regions() -> None:
    """
    A provider's first region is its usual one, also in the function that reads the packed plan.
    """
    plan = builders.shipped_plan()

    read = load(dump(plan))

    assert list(read.providers["elevenlabs"].base_urls) == ["global", "us", "eu"]
