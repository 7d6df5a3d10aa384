"""What is measured: the functions' package as it is deployed, and the settings that they find."""

from pathlib import Path

from gateway.plan import dump
from infra.compile import Local, Source, compile_files
from infra.package import build

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".sluice/runtime/bin/python"
TABLES = ("JOBS", "USAGE", "PACERS", "KEYS", "WAITING", "REPEATS", "WEBHOOKS", "DESTINATIONS", "BATCHES")


def shipped(url: str) -> Path:
    """Build the package with the files of this repository, whose providers are all at ``url``."""
    return package((ROOT / "routes.yaml").read_text(), (ROOT / "providers.yaml").read_text(), url)


def package(routes: str, providers: str, url: str) -> Path:
    """Build the package with files of one's own.

    Raises:
        SystemExit: they do not compile.
    """
    files = (Source("routes.yaml", routes), Source("providers.yaml", providers))
    catalog = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.glob("infra/catalog/**/*.yaml")}
    found = compile_files(*files, catalog, local=Local(url))
    if found.plan is None:
        raise SystemExit("\n".join(map(str, found.problems)))
    return build("local", dump(found.plan), b"{}", ROOT, ROOT / ".sluice/build")


def settings(url: str) -> dict[str, str]:
    """Return a function's variables, with an AWS at ``url``."""
    return {f"{name}_TABLE": name.lower() for name in TABLES} | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "BUCKET": "artifacts",
        "LINK_SECRET": "link",
        "BYOK_KEY": "byok",
        "WORKFLOW": "arn:aws:states:us-east-1:1:stateMachine:jobs",
        "PUBLIC_URL": "https://gw.example.com",
        "POWERTOOLS_SERVICE_NAME": "sluice",
    }
