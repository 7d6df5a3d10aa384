"""The kinds of values that the files are made of, for pydantic and for editors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from infra.compile import unit, vocabulary
from infra.compile.problems import show, unknown

REFUSED = "refused"


class Part(BaseModel):
    """A mapping whose keys are all known."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


@dataclass(frozen=True, eq=False)
class Reads:
    """Read a value by a function that raises ``unit.Unreadable``, and tell editors what it takes."""

    function: Callable[[Any], Any]
    json: dict[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Plug the function into pydantic."""
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return what editors shall accept."""
        return dict(self.json)

    def _read(self, value: Any) -> Any:
        try:
            return self.function(value)
        except unit.Unreadable as error:
            raise PydanticCustomError(
                REFUSED, "{what}", {"what": error.what, "way_out": error.way_out}
            ) from error


@dataclass(frozen=True, slots=True)
class Target:
    """A target as written: provider, the provider's own model id, overrides."""

    provider: str
    model: str
    parameters: dict[str, Any] = field(default_factory=dict)


def split_target(name: str) -> tuple[str, str] | None:
    """Divide ``<provider>/<model id>``; the id may have slashes of its own.

    >>> split_target("fal/fal-ai/veo3.1")
    ('fal', 'fal-ai/veo3.1')
    """
    provider, _, model = name.partition("/")
    return (provider, model) if provider and model else None


def _target(value: Any) -> Target:
    name: Any = value
    parameters: Any = {}
    if isinstance(value, dict) and len(value) == 1:
        name, parameters = next(iter(value.items()))
    found = split_target(name) if isinstance(name, str) else None
    if found is None:
        way_out = (
            "Write text such as fal/fal-ai/veo3.1, or {fal/fal-ai/veo3.1: {seed: 1}} to override parameters."
        )
        raise unit.Unreadable(f"{show(value)} is not a target", way_out)
    if not isinstance(parameters, dict):
        raise unit.Unreadable(
            f"the overrides of {name!r} are {show(parameters)}, not a mapping", "Write {parameter: value}."
        )
    return Target(*found, parameters)


def one_of(kind: str, known: Iterable[str]) -> Reads:
    """Read one word of a closed list."""
    names = tuple(known)

    def read(value: Any) -> str:
        text = str(value).lower() if isinstance(value, bool) else value
        if text not in names:
            raise unit.Unreadable(
                *unknown(kind, text if isinstance(text, str) else show(text).strip("'"), names)
            )
        return str(text)

    return Reads(read, {"type": "string", "enum": list(names)})


def _version(value: Any) -> int:
    if value != 1 or isinstance(value, bool | str):
        raise unit.Unreadable(f"version {show(value)} is not known", "Write `version: 1`.")
    return 1


def entries(value: Any) -> Any:
    """Let a key whose entries are all commented out stand for none."""
    return {} if value is None else value


_TIME = {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$", "examples": ["90s", "10m", "2h"]}
_DAYS = {"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$", "examples": ["7d", "30d"]}
_MONEY = {"anyOf": [{"type": "string", "pattern": r"^\d+(\.\d+)?$"}, {"type": "number", "minimum": 0}]}
_DATE = {"type": "string", "format": "date"}
_SINGLE = {"type": ["string", "number", "boolean"]}
_TARGET = {
    "anyOf": [
        {"type": "string", "pattern": "^[^/]+/.+$"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": "object"},
        },
    ],
    "description": "`<provider>/<model id>`, or `{<provider>/<model id>: {parameter: value}}`.",
    "examples": ["fal/fal-ai/veo3.1"],
}

Duration = Annotated[float, Reads(unit.duration_s, _TIME)]
Wait = Annotated[float, Reads(unit.wait_s, _TIME)]
Retention = Annotated[int, Reads(unit.retention_days, _DAYS)]
Usd = Annotated[Decimal, Reads(unit.usd, _MONEY)]
Day = Annotated[str, Reads(unit.day, _DATE)]
Word = Annotated[str, Reads(unit.word, _SINGLE)]
Version = Annotated[int, Reads(_version, {"const": 1})]
Targets = Annotated[list[Annotated[Target, Reads(_target, _TARGET)]], Field(min_length=1)]
Operation = Annotated[str, one_of("operation", vocabulary.OPERATIONS)]
Meter = Annotated[str, one_of("meter", vocabulary.METERS)]
ErrorClass = Annotated[str, one_of("error class", vocabulary.ERRORS)]
Overflow = Annotated[str, one_of("overflow", vocabulary.OVERFLOWS)]
Order = Annotated[str, one_of("order", vocabulary.ORDERS)]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[int, Field(ge=0)]
