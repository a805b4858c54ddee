"""The description of the API speaks Chinese throughout and hides nothing that answers have."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.domain.explanations import LEAST_CHARACTERS, Need
from app.domain.rules import Level
from app.main import create_app
from app.schemas.enums import MEANT
from app.schemas.explanations import ExplanationsBody, ReviewsBody
from app.schemas.fields import Body
from app.schemas.problems import faults_of
from app.schemas.results import ResultOut
from app.schemas.rules import RuleSettingBody
from app.schemas.workflow import TransitionBody
from app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

CHINESE = re.compile("[\u4e00-\u9fff]")


@cache
def description() -> dict[str, Any]:
    return create_app(Settings.model_construct()).openapi()


def schema_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = description()["components"]["schemas"][name]
    return found


def told(part: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is said of anything in a description, with where."""
    if isinstance(part, dict):
        for name, inside in part.items():
            if name in {"description", "summary"} and isinstance(inside, str):
                yield where, inside
            yield from told(inside, f"{where}/{name}")
    elif isinstance(part, list):
        for number, inside in enumerate(part):
            yield from told(inside, f"{where}/{number}")


def test_nothing_is_described_in_another_language() -> None:
    assert [(where, said) for where, said in told(description()) if not CHINESE.search(said)] == []


def test_no_type_of_values_is_described_that_isn_t_there() -> None:
    assert description()["components"]["schemas"].keys() >= MEANT.keys()


def test_a_fault_is_described_with_what_a_finding_has_and_what_it_needs() -> None:
    properties = schema_of("ProblemFault")["properties"]
    assert properties.keys() >= ResultOut.model_fields.keys() | {"needs"}
    assert properties["needs"]["enum"] == [each.value for each in Need]
    assert properties["level"] == {
        "$ref": "#/components/schemas/Level",
        "title": "E 强制性，W 核实性，I 提示性",
    }
    assert schema_of("ProblemFault")["required"] == ["pointer", "message", "code"]


def test_what_can_t_be_set_or_is_too_short_is_not_described_as_good() -> None:
    level, _ = schema_of("RuleSettingBody")["properties"]["level"]["anyOf"]
    assert set(level["enum"]) == set(Level) - {Level.MANDATORY}
    assert schema_of("ExplanationBody")["properties"]["text"]["minLength"] == LEAST_CHARACTERS
    assert "year" in schema_of("Validation")["required"]


def bodies(kind: type[Body] = Body) -> Iterator[type[Body]]:
    for each in kind.__subclasses__():
        yield each
        yield from bodies(each)


def test_what_people_send_is_called_by_its_name_and_not_by_its_values() -> None:
    labels = {
        f"{body.__name__}.{name}": re.split("[，；：]", field.title)[0]
        for body in bodies()
        for name, field in body.model_fields.items()
        if field.title
    }
    assert {name for name, label in labels.items() if re.match("[A-Za-z]", label)} == set()


def errors_in(body: type[Body], sent: object) -> list[ErrorDetails]:
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(body).validate_python(sent)
    return wrong.value.errors()


@pytest.mark.parametrize(
    ("body", "sent", "said"),
    [
        (ExplanationsBody, {"items": []}, "说明：至少要有 1 项，现有 0 项"),
        (ExplanationsBody, {"items": [{"rule": "R11", "code": "x", "text": "长" * 2001}]}, "最多 2000 个字"),
        (TransitionBody, {"action": "return", "reason": "长" * 2001}, "原因：最多 2000 个字，现为"),
        (ReviewsBody, {"items": [{"rule": "R11", "code": "x"}]}, "是否认可：缺少“accepted”"),
        (RuleSettingBody, {"rule": "R34", "reason": "某", "level": 1}, "级别：应是下列之一"),
    ],
)
def test_what_is_wrong_is_called_by_its_name_and_counted_in_its_unit(
    body: type[Body], sent: object, said: str
) -> None:
    messages = [fault.message for fault in faults_of(errors_in(body, sent), body, inside="body")]
    assert any(said in message for message in messages), messages
