"""Problems in the user's files: one line each, with the place and a way out, and never a secret in it."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.compile.node import Mark, Node, Path

LISTED = 10
SHOWN = 60

# What keys of providers and clouds look like; names in Secrets Manager do not.
_SECRETS = tuple(
    map(
        re.compile,
        (
            r"\bsk[-_][A-Za-z0-9_-]{8,}",
            r"\b(?:pk|rk|key|gsk|hf|r8|xai|pplx)[-_](?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{12,}",
            r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}",
            r"\bAIza[0-9A-Za-z_-]{20,}",
            r"\beyJ[0-9A-Za-z_-]{10,}(?:\.[0-9A-Za-z_-]+)*",
            r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b(?::\S+)?",
            r"(?<![A-Za-z0-9+])(?=[A-Za-z+]*\d)(?=[0-9+]*[A-Za-z])[A-Za-z0-9+]{32,}={0,2}",
            r"(?<![\w+/.-])(?=[a-z0-9+/]*[A-Z])(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{40}(?![\w+/-]|\.\w)",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend in a file.

    Args:
        path: of the value, as one would say it: ``models.veo.targets[0]``.
        level: ``error``, or ``warning``, which does not stop anything.
    """

    file: str
    line: int
    col: int
    path: str
    what: str
    way_out: str
    level: str = "error"

    def __str__(self) -> str:
        """Write it in the form that editors and terminals can jump to."""
        return f"{self.file}:{self.line}:{self.col}: {self.path}: {self.what}. {self.way_out}"


def at(node: Node, what: str, way_out: str, *, level: str = "error") -> Problem:
    """Report the value of a node."""
    return placed(node.mark, node.path, what, way_out, level=level)


def at_key(node: Node, what: str, way_out: str, *, level: str = "error") -> Problem:
    """Report the key of a node."""
    return placed(node.key, node.path, what, way_out, level=level)


def placed(mark: Mark, path: Path, what: str, way_out: str, *, level: str = "error") -> Problem:
    """Report a place. Whatever looks like a secret is blotted out here, for all reports."""
    said = spoken(tuple(redact(step) if isinstance(step, str) else step for step in path))
    return Problem(mark.file, mark.line, mark.col, said, redact(what), redact(way_out), level)


def unknown(kind: str, name: str, known: Iterable[str]) -> tuple[str, str]:
    """Word what is wrong with a name that nobody knows, and the way out.

    >>> unknown("provider", "fall", ["fal", "kling"])
    ("unknown provider 'fall'", "Did you mean 'fal'? Known: fal, kling.")
    """
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else ""
    if not names:
        listing = "None is known."
    elif len(names) <= LISTED:
        listing = f"Known: {', '.join(names)}."
    else:
        listing = "" if near else f"There are {len(names)}, such as {', '.join(names[:3])}."
    return f"unknown {kind} {show(name)}", " ".join(part for part in (hint, listing) if part)


def show(value: Any) -> str:
    """Write a value for a message: short, and in JSON's words where YAML shares them."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def looks_secret(text: str) -> bool:
    """Tell whether a text looks like a key rather than like a name."""
    return any(pattern.search(text) for pattern in _SECRETS)


def redact(text: str) -> str:
    """Blot out whatever looks like a key."""
    for pattern in _SECRETS:
        text = pattern.sub("***", text)
    return text


def spoken(path: Path) -> str:
    """Write a path as one would say it.

    >>> spoken(("models", "veo-3.1", "targets", 0))
    'models.veo-3.1.targets[0]'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "(file)"


def report(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort problems by place; the same finding reached through two aliases is told once."""
    found: dict[tuple[str, int, int, str], Problem] = {}
    for problem in problems:
        found.setdefault((problem.file, problem.line, problem.col, problem.what), problem)
    return tuple(sorted(found.values(), key=lambda p: (p.file, p.line, p.col, p.path, p.what)))
