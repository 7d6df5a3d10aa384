"""`sluice models` and `sluice catalogue`: what there is, narrowed, and where lists come from."""

import json
from pathlib import Path

from tests.builders import ROOT
from tests.cli.tool import sluice


def test_the_catalogue_has_hundreds_of_media_models_of_forty_providers() -> None:
    """
    Each with its operations, and a price with its unit or the word that there is none.
    """
    shown = sluice("models", "--catalogue", "--json")

    models = json.loads(shown.stdout)
    media = [model for model in models if model["modality"] in ("image", "video", "audio")]
    assert len(media) >= 500
    assert len({model["targets"][0].partition("/")[0] for model in models}) >= 40
    assert all(model["operations"] and model["prices"] for model in models)
    assert all(price == "unpriced" or price.startswith("$") for m in models for price in m["prices"])


def test_models_are_narrowed_and_counted() -> None:
    shown = sluice("models", "--catalogue", "--provider", "fal", "--modality", "image", "--max-price", "0.03")

    assert "fal/fal-ai/flux/dev\ttext_to_image" in shown.stdout
    assert "from 1 providers" in shown.stderr
    assert shown.stdout.count("unpriced") == 0


def test_an_unknown_filter_value_is_told() -> None:
    shown = sluice("models", "--max-price", "cheap")

    assert shown.returncode == 1
    assert "--max-price: must be an amount of US dollars such as 0.05, not 'cheap'." in shown.stderr


def test_an_import_tells_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    head = "provider,id,modality,kind,price_usd,unit,price_detail,variant,source,source_date,note"
    rows = tmp_path / "models.csv"
    rows.write_text(
        f"{head}\nlmnt,aurora,tts,sync,0.05,per 1k characters,in_per_1k_char=0.05,,a page,2026-11,\n"
    )
    before = (ROOT / "infra/catalog/models/lmnt.yaml").read_text()

    shown = sluice("catalogue", "import", str(rows), "--provider", "lmnt", "--check", "--json")

    facts = json.loads(shown.stdout)["providers"][0]
    assert (shown.returncode, facts["provider"], facts["changed"], facts["models"]) == (1, "lmnt", True, 1)
    assert (ROOT / "infra/catalog/models/lmnt.yaml").read_text() == before
