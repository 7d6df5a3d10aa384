"""The catalogue's own means against saying things twice: templates, and lists of models beside an entry."""

from infra.compile import Compiled, Source, compile_files

ENTRY = """reel:
  base_url: https://api.reel.example
  protocols: {go: {steps: [{method: POST, url: "{base}/{endpoint}", encoding: json, body: {}, outputs: [{kind: bytes}]}]}}
  templates:
    picture: {offers: {text_to_image: go}, usual: 9s, parameters: {prompt: {required: true}, seed: {type: integer}}, prices: []}
  models:
    own: {like: picture, usual: 2s, parameters: {seed: {maximum: 7}}}
"""  # noqa: E501 - as entries are written
LIST = """reel:
  models:
    own: {like: picture, usual: 99s}
    listed: {like: picture, prices: [{meter: output_image, usd: "0.04", as_of: 2026-11-22, source: a page}]}
"""


def compiled(enabled: str = "{reel: {secret: test/reel}}", **texts: str) -> Compiled:
    """Compile this catalogue with a provider enabled."""
    files = {"reel.yaml": texts.get("entry", ENTRY), "models/reel.yaml": texts.get("listed", LIST)}
    providers = Source("providers.yaml", f"version: 1\nproviders: {enabled}\n")
    return compile_files(Source("routes.yaml", "version: 1\n"), providers, files)


def test_a_model_has_what_its_template_says_unless_it_says_it_itself() -> None:
    """
    Mappings are laid over each other, so that one bound of one parameter can differ.
    """
    plan = compiled().plan

    assert plan is not None
    own, listed = plan.models["reel/own"], plan.models["reel/listed"]
    assert (own.usual_s, listed.usual_s) == (2, 9)
    assert (own.parameters["seed"].type, own.parameters["seed"].maximum) == ("integer", 7)
    assert listed.parameters["prompt"].required
    assert listed.prices[0].micros == 40_000


def test_an_entry_prices_a_listed_model_and_none_that_is_not_listed() -> None:
    """
    A list made from a table keeps its form, and what the table did not know stands in the entry.
    """
    lines = '[{meter: output_image, usd: "0.09", as_of: 2026-11-25, source: a later page}]'
    plan = compiled(entry=f"{ENTRY}  prices: {{listed: {lines}}}\n").plan
    problems = compiled(entry=f"{ENTRY}  prices: {{lister: {lines}}}\n").problems
    unit = compiled(entry=f"{ENTRY}  prices: {{listed: {lines.replace('meter', 'metre')}}}\n").problems

    assert plan is not None
    assert [line.micros for line in plan.models["reel/listed"].prices] == [90_000]
    assert str(problems[0]).startswith(
        "reel.yaml:8:20: reel.prices.lister: unknown listed model 'lister'. Did you mean 'listed'?"
    )
    assert str(unit[0]).startswith("reel.yaml:8:")


def test_an_unknown_template_is_told_with_its_place() -> None:
    """
    In whichever of the two files it stands.
    """
    problems = compiled(listed=LIST.replace("listed: {like: picture", "listed: {like: pictures")).problems

    assert str(problems[0]).startswith(
        "models/reel.yaml:4:20: reel.models.listed.like: unknown template 'pictures'. Did you mean 'picture'?"
    )


def test_a_list_is_not_read_where_its_provider_is_not_enabled() -> None:
    """
    Nobody waits for the thousand models of somebody else.
    """
    assert compiled("{}", listed="not: [a list").problems == ()
    assert compiled(listed="not: [a list").errors
