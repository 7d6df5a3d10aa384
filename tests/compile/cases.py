"""The cases' own form: expectations in the first comment lines, then a section for each file.

A section starts with ``--- # <file name>``; its lines count from 1. A file without one is the usual one.
"""

from dataclasses import dataclass
from pathlib import Path

from infra.compile import Compiled, Local, Source, compile_files

HERE = Path(__file__).parent
CATALOG = {"catalog.yaml": (HERE / "catalog.yaml").read_text()}
ROUTES = """\
version: 1
models:
  picture: {operations: [text_to_image], targets: [lumen/lumen-1]}
"""
PROVIDERS = """\
version: 1
providers:
  lumen: {secret: test/lumen}
  reel: {secret: test/reel}
  tone: {secret: test/tone}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Files and the reports that they must give, in order."""

    expected: list[str]
    sections: dict[str, str]

    def compile(self) -> Compiled:
        """Compile the case's files."""
        return compiled(**self.sections)


def compiled(**sections: str) -> Compiled:
    """Compile files given by name without ``.yaml``; the usual ones stand in for the others."""
    return compiled_for(None, **sections)


def compiled_for(local: Local | None, **sections: str) -> Compiled:
    """Compile files for the local target, or for AWS where there is none."""
    return compile_files(
        Source("routes.yaml", sections.get("routes", ROUTES)),
        Source("providers.yaml", sections.get("providers", PROVIDERS)),
        {"catalog.yaml": sections.get("catalog", CATALOG["catalog.yaml"])},
        local=local,
    )


def read(path: Path) -> Case:
    """Read a case file."""
    expected: list[str] = []
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.startswith("--- # "):
            current = sections.setdefault(line.removeprefix("--- # ").strip().removesuffix(".yaml"), [])
        elif current is not None:
            current.append(line)
        elif line.startswith("# expect: "):
            expected.append(line.removeprefix("# expect: ").rstrip("\n"))
    return Case(expected, {name: "".join(lines) for name, lines in sections.items()})
