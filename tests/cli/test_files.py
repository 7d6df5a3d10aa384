"""Commands about the files: every mistake at once, with exit codes that programs can use."""

import json
from pathlib import Path

from tests.cli.tool import sluice


def test_sound_files_are_counted(files: Path) -> None:
    shown = sluice("validate", folder=files)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("OK: 1 models (")


def test_every_problem_is_shown_with_its_place(files: Path) -> None:
    routes = files / "routes.yaml"
    routes.write_text(routes.read_text().replace("google/gemini", "gogle/gemini").replace("rpm", "rqm"))

    shown = sluice("validate", folder=files)

    assert shown.returncode == 1
    lines = shown.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("routes.yaml:3:")
    assert "gogle" in lines[1]


def test_problems_for_programs_are_json(files: Path) -> None:
    (files / "routes.yaml").write_text("version: 1\nmodels: {x: 1}\n")

    shown = sluice("validate", "--json", folder=files)

    found = json.loads(shown.stdout)
    assert (shown.returncode, found["ok"]) == (1, False)
    assert found["problems"][0].keys() >= {
        "file",
        "line",
        "col",
        "path",
        "what",
        "way_out",
        "level",
        "message",
    }


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    shown = sluice("validate", folder=tmp_path)

    assert shown.returncode == 1
    assert (
        "routes.yaml does not exist. Go to the folder of your files, or name it with --dir." in shown.stderr
    )


def test_files_elsewhere_are_named(files: Path) -> None:
    assert sluice("validate", "--dir", str(files)).returncode == 0


def test_models_show_targets_and_prices(files: Path) -> None:
    shown = sluice("models", "--json", folder=files)

    models = json.loads(shown.stdout)
    assert [model["id"] for model in models] == ["picture"]
    assert models[0]["targets"] == ["google/gemini-3-pro-image", "fal/fal-ai/nano-banana-pro"]
    assert models[0]["prices"][0].startswith("$")


def test_a_table_that_is_piped_has_a_row_a_line(files: Path) -> None:
    shown = sluice("models", folder=files)

    assert [line.split("\t")[0] for line in shown.stdout.splitlines()] == ["model", "picture"]


def test_explain_shows_what_each_target_would_get(files: Path) -> None:
    shown = sluice(
        "explain", "--json", folder=files, stdin='{"model": "picture", "input": {"prompt": "a fox"}}'
    )

    explained = json.loads(shown.stdout)
    assert explained["operation"] == "text_to_image"
    assert [target["target"].split("/")[0] for target in explained["chain"]] == ["google", "fal"]
    assert explained["chain"][1]["method"] == "POST"
    assert explained["chain"][1]["body"]["prompt"] == "a fox"
    assert float(explained["chain"][0]["estimated_usd"]) > 0


def test_explain_shows_a_chat_in_the_words_of_each_family(files: Path) -> None:
    """
    The body is the one that would be sent, under the provider's own name of the model.
    """
    (files / "routes.yaml").write_text(
        "version: 1\nmodels: {talk: {operations: [chat], targets: [groq/openai/gpt-oss-20b]}}\n"
    )
    (files / "providers.yaml").write_text("version: 1\nproviders: {groq: {secret: test/groq}}\n")
    asked = '{"model": "talk", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5}'

    shown = sluice("explain", "--json", folder=files, stdin=asked)

    body = json.loads(shown.stdout)["chain"][0]["body"]
    assert (body["model"], body["max_completion_tokens"]) == ("openai/gpt-oss-20b", 5)


def test_explain_reads_a_flat_body_from_a_file(files: Path) -> None:
    (files / "r.json").write_text('{"prompt": "a fox"}')

    shown = sluice("explain", "--request", "r.json", "--model", "picture", folder=files)

    assert shown.returncode == 0
    assert "1. google/gemini-3-pro-image" in shown.stdout


def test_explain_shows_the_order_and_the_shares_of_first_tries(files: Path) -> None:
    routes = files / "routes.yaml"
    weighted = "    order: weighted\n    weights: {google/gemini-3-pro-image: 3}\n"
    routes.write_text(routes.read_text() + weighted)
    asked = '{"model": "picture", "prompt": "a fox"}'

    shown = sluice("explain", folder=files, stdin=asked)
    explained = json.loads(sluice("explain", "--json", folder=files, stdin=asked).stdout)

    assert shown.stdout.splitlines()[:2] == [
        "picture: text_to_image, done within 600 s, order weighted",
        "First tries: 75 % google/gemini-3-pro-image, 25 % fal/fal-ai/nano-banana-pro",
    ]
    assert explained["order"] == "weighted"
    assert list(explained["first_tries"].values()) == [0.75, 0.25]


def test_explain_puts_the_targets_in_the_order_of_this_request(files: Path) -> None:
    routes = files / "routes.yaml"
    routes.write_text(routes.read_text() + "    order: cheapest\n")
    asked = '{"model": "picture", "prompt": "a fox", "resolution": "%s"}'

    usual, large = (
        json.loads(sluice("explain", "--json", folder=files, stdin=asked % resolution).stdout)
        for resolution in ("1K", "4K")
    )

    assert [target["estimated_usd"] for target in usual["chain"]] == ["0.134000", "0.150000"]
    assert [target["estimated_usd"] for target in large["chain"]] == ["0.300000", None]
    assert usual["first_tries"] == large["first_tries"] == {}


def test_explain_shows_where_a_files_bytes_would_go(files: Path) -> None:
    text = (files / "routes.yaml").read_text().replace("[text_to_image]", "[text_to_image, image_edit]")
    (files / "routes.yaml").write_text(text.replace("nano-banana-pro]", "nano-banana-pro/edit]"))
    asked = '{"model": "picture", "prompt": "a hat", "image": "upl_01m3250v000000000000000000"}'

    google, fal = json.loads(sluice("explain", "--json", folder=files, stdin=asked).stdout)["chain"]

    part = google["body"]["contents"][0]["parts"][1]["inlineData"]
    assert part == {"mimeType": "image/<by its bytes>", "data": "<base64 of upl_01m3250v000000000000000000>"}
    assert fal["body"]["image_urls"] == ["<a signed link to upl_01m3250v000000000000000000>"]


def test_explain_shows_a_form_part_by_part(files: Path) -> None:
    asked = '{"model": "openai/gpt-image-2", "prompt": "a hat", "image": "https://a.example.com/1.png"}'
    with (files / "providers.yaml").open("a") as providers:
        providers.write("  openai: {secret: sluice/providers/openai}\n")

    (openai,) = json.loads(sluice("explain", "--json", folder=files, stdin=asked).stdout)["chain"]

    assert {"name": "prompt", "value": "a hat"} in openai["body"]
    assert {"name": "image[]", "value": "<the bytes of https://a.example.com/1.png>"} in openai["body"]


def test_explain_says_why_a_target_is_skipped(files: Path) -> None:
    shown = sluice("explain", folder=files, stdin='{"model": "picture", "prompt": "a fox", "max_usd": 0.14}')

    assert "-  fal/fal-ai/nano-banana-pro is skipped: is estimated at" in shown.stdout


def test_explain_answers_as_the_gateway_would(files: Path) -> None:
    shown = sluice("explain", folder=files, stdin='{"model": "pictures", "prompt": "a fox"}')

    assert shown.returncode == 1
    assert (
        "the gateway would answer 404 model_not_found: unknown model 'pictures'. Did you mean 'picture'"
        in shown.stderr
    )


def test_explain_refuses_what_is_no_json(files: Path) -> None:
    shown = sluice("explain", folder=files, stdin="{")

    assert shown.returncode == 1
    assert "- is not JSON" in shown.stderr
