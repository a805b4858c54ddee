"""Kinds of values that bodies are made of, and the base of every body."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from app.domain.unseen import seen
from app.domain.values import from_text, to_text
from app.forms.model import Measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic.json_schema import JsonSchemaValue

SAID = "said"
"""Type of an error whose message is meant for people as it stands."""

PROSE_LIMIT = 100_000
LINE_LIMIT = 500
MOST_JSON_DIGITS = 15
"""A JSON number of more digits may have lost some on the way; money of that size must be text."""

_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


MOST_SHOWN = 40


def shortened(text: str) -> str:
    """Return text as messages quote it: all of it, or its beginning and how long it is."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…（共 {len(text)} 个字符）"


class Body(BaseModel):
    """Base of what callers send: no unknown members, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _is_no_number(cls, said: object) -> object:
        """Refuse a number with a fraction or an exponent, whose attributes FastAPI takes for members."""
        if isinstance(said, Decimal):
            raise PydanticKnownError("model_attributes_type")
        return said


class Out(BaseModel):
    """Base of what callers get."""

    model_config = ConfigDict(from_attributes=True)


def _without_control_characters(text: str) -> str:
    found = _UNWANTED.search(text)
    if found is not None:
        message = "第 {place} 个字符是看不见的控制字符（U+{code}），请删去"
        raise PydanticCustomError(SAID, message, {"place": found.start() + 1, "code": f"{ord(found[0]):04X}"})
    return text


def one_of(kinds: Iterable[type]) -> Any:  # noqa: ANN401 - a type made of others
    """Return the type of what is one of these."""
    return reduce(or_, kinds)


class DescribedAs:
    """Lets whatever there is through, described as this type.

    What is sent is held to one model where more is known; what is given out is made as one.  To let a union
    write an answer takes twice as long.
    """

    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - any type
        self._kind = kind

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(TypeAdapter(self._kind).core_schema)


Line: TypeAlias = Annotated[
    str, StringConstraints(max_length=LINE_LIMIT), AfterValidator(_without_control_characters)
]
Prose: TypeAlias = Annotated[
    str, StringConstraints(max_length=PROSE_LIMIT), AfterValidator(_without_control_characters)
]


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text or not seen(text):
        message = "应是不空的一行文字"
        raise PydanticCustomError(SAID, message)
    return text


Name: TypeAlias = Annotated[Line, AfterValidator(_one_line)]


@cache
def type_of(measure: Measure, *, out: bool = False) -> object:
    """Return the type of a cell that holds this measure: a whole number, or decimal text for money."""
    if measure.is_count:
        # the bounds are those of one report, which a sum may well pass
        return int if out else Annotated[int, Field(ge=measure.least, le=measure.most)]
    return Annotated[str, Field(description=measure.unit)] if out else _money(measure)


_NO_MONEY = '应是以{unit}为单位、不小于 {least}、最多 {places} 位小数的数，例如 "{example}"'


def _money(measure: Measure) -> object:
    most = measure.most_in_aggregate
    least, greatest = to_text(measure, measure.least), to_text(measure, most)
    example = to_text(measure, 43_788 * 10**measure.places // 1000)
    wanted = {"unit": measure.unit, "least": least, "places": measure.places, "example": example}

    def read(value: object) -> object:
        text = _written_out(measure, value)
        stored = None if text is None else from_text(measure, text)
        if text is None or stored is None:
            raise PydanticCustomError(SAID, _NO_MONEY, wanted)
        if stored > most:
            message = "不能大于 {most} {unit}"
            raise PydanticCustomError(SAID, message, {"most": greatest, "unit": measure.unit})
        return to_text(measure, stored)

    sign = "-?" if measure.is_signed else ""
    pattern = rf"^{sign}(0|[1-9][0-9]{{0,{len(greatest) - 1}}})(\.[0-9]{{1,{measure.places}}})?$"
    schema = {
        "anyOf": [
            {"type": "string", "pattern": pattern},
            {"type": "number", "minimum": int(least), "maximum": int(greatest)},
        ]
    }
    return Annotated[str, BeforeValidator(read), WithJsonSchema(schema)]


def _written_out(measure: Measure, value: object) -> str | None:
    """Return a money value as text; None where it is no number.

    Raises:
        PydanticCustomError: it is a JSON number too long to trust.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    text = str(value)
    if len(text.replace(".", "")) > MOST_JSON_DIGITS:
        message = '数字超过 15 位，请写成文字，例如 "{example}"'
        raise PydanticCustomError(SAID, message, {"example": to_text(measure, measure.most)})
    return text
