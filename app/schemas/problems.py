"""Failures as callers get them (RFC 9457), and Pydantic's complaints in the caller's language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from app.domain.agencies import AGENCY_CODE
from app.domain.explanations import Need
from app.domain.guesses import LONGEST_NAME, guess
from app.errors import Fault, InvalidRequest
from app.forms import FORMS
from app.schemas.fields import SAID, shortened
from app.schemas.results import ResultOut

MOST_FAULTS = 1000
"""How many faults an answer lists; a report has 200 cells."""


_REFERENCE = "#/components/schemas/{model}"


def _with_members_of_findings(schema: dict[str, Any]) -> None:
    """Describe what a fault has beside its own members where a rule is behind it: what a finding has."""
    needs = "、".join(f"{need} {need.label}" for need in Need)
    of_finding = ResultOut.model_json_schema(ref_template=_REFERENCE)["properties"]
    told = {"needs": {"type": "string", "enum": list(Need), "title": f"还要什么才能办理：{needs}"}}
    schema["properties"] = {**of_finding, **told, **schema["properties"]}


class ProblemFault(BaseModel):
    """一处错误。报告不符合规则的，还有核对结果的各项；其他的各有自己的项。"""

    model_config = ConfigDict(extra="allow", json_schema_extra=_with_members_of_findings)

    pointer: Annotated[str, Field(title="位置（RFC 6901）；整个请求有误时为空")]
    message: Annotated[str, Field(title="说明")]
    code: Annotated[str, Field(title="错误种类，或核对之处")]


class ItemProblem(BaseModel):
    """一批里的一项出了什么问题。"""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(title="问题种类", examples=["/problems/rules-broken"])]
    title: Annotated[str, Field(title="问题种类的名称")]
    status: Annotated[int, Field(title="HTTP 状态码")]
    detail: Annotated[str, Field(title="这一次的情况")]
    errors: Annotated[list[ProblemFault], Field(title="每一处错误")] = []


class Problem(ItemProblem):
    """出了什么问题（RFC 9457）。"""

    instance: Annotated[str, Field(title="请求的路径")]
    request_id: Annotated[str, Field(title="请求编号，报修时请提供")]


def invalid(
    errors: Sequence[ErrorDetails], body: type[BaseModel] | None, *, inside: str | None = None
) -> InvalidRequest:
    """Return the refusal of a request that has these faults; the arguments are those of `faults_of`."""
    faults = faults_of(errors, body, inside=inside)
    detail = f"有 {len(errors)} 处不符合要求，请逐处改正" if len(errors) > 1 else faults[0].message
    return InvalidRequest(detail, faults)


def faults_of(
    errors: Sequence[ErrorDetails], body: type[BaseModel] | None, *, inside: str | None = None
) -> list[Fault]:
    """Put Pydantic's errors into words, one fault each.

    Args:
        errors: with locations that begin with body, query, path or header.
        body: the model of the body, whose members are suggested where one isn't known.
        inside: which of these it is, where the locations don't say.
    """
    faults = [
        _fault(error, body, error["loc"] if inside is None else (inside, *error["loc"]))
        for error in errors[:MOST_FAULTS]
    ]
    return [*faults, *omitted(len(errors) - MOST_FAULTS)]


def omitted(count: int) -> list[Fault]:
    """Say how many faults aren't listed, if any: a list is never cut in silence."""
    return [Fault("", f"还有 {count} 处没有列出", "omitted", {"omitted": count})] if count > 0 else []


def _fault(error: ErrorDetails, body: type[BaseModel] | None, location: tuple[int | str, ...]) -> Fault:
    place, *names = location
    if place == "body" and not names and error["type"] == "missing":
        return Fault("", "请求体是空的；应是 JSON", "missing")
    message = _message(error, _members_at(body, names[:-1]))
    if place != "body":
        name = str(names[0]) if names else str(place)
        return Fault("", f"参数 {name}：{message}", _code(error), {"in": place, "parameter": name})
    label = _label(body, names)
    told = message if not label or message.startswith(label) else f"{label}：{message}"
    return Fault(pointer_to(names), told, _code(error))


def pointer_to(names: Sequence[str | int]) -> str:
    """Write a path of members as a JSON pointer (RFC 6901); a name longer than any of ours is cut."""
    return "".join("/" + str(name)[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for name in names)


def _label(model: type[BaseModel] | None, names: Sequence[str | int]) -> str:
    """Return what people call a member: the label of a cell, or the title of the innermost known member."""
    code = ".".join(str(name) for name in names)
    labels = [form.cells[code].label for form in FORMS if code in form.cells]
    titles = [field.title for field in _follow(model, names)[0] if field.title]
    return re.split("[，；：]", [*labels, *reversed(titles), ""][0])[0]


def _members_at(model: type[BaseModel] | None, names: Sequence[str | int]) -> list[str]:
    """Return the members that an object inside a body may have."""
    _, reached = _follow(model, names)
    return list(reached.model_fields) if reached else []


def _follow(
    model: type[BaseModel] | None, names: Sequence[str | int]
) -> tuple[list[FieldInfo], type[BaseModel] | None]:
    """Follow names down from a model as far as they are known; return the fields, and the model at the end.

    The name of an element of a list, or a key, stands for the element's model.
    """
    fields: list[FieldInfo] = []
    is_element = False
    for name in names:
        if is_element:
            is_element = False
            continue
        field = model.model_fields.get(str(name)) if model else None
        if field is None:
            return fields, None
        fields.append(field)
        model, is_element = _model_in(field.annotation), _holds_many(field.annotation)
    return fields, None if is_element else model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)


def _holds_many(annotation: object) -> bool:
    if get_origin(annotation) in {list, dict, tuple}:
        return True
    return any(_holds_many(each) for each in get_args(annotation))


_CODES = {SAID: "invalid-value", "extra_forbidden": "unknown-member"}


def _code(error: ErrorDetails) -> str:
    """Name the kind of fault as the rest of the API does; Pydantic's own name where it says enough."""
    return _CODES.get(error["type"], error["type"].replace("_", "-"))


def _message(error: ErrorDetails, members: list[str]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == SAID:
        return error["msg"]
    if kind == "extra_forbidden":
        return unknown_member(str(error["loc"][-1]), members)
    if kind == "missing":
        return f"缺少“{error['loc'][-1]}”"
    if context.get("pattern") == AGENCY_CODE:
        return f"应由 1 到 32 个数字、字母或连字符（-）组成，现为 {_shown(error['input'])}"
    given = error["input"]
    if kind in _OF_LENGTH and isinstance(given, str):
        kind = f"string_{kind}"
    wanted = next((text for start, text in _WANTED.items() if kind.startswith(start)), "不符合要求")
    found = f"现有 {len(given)} 项" if kind in _OF_LENGTH else f"现为 {_shown(given)}"
    return f"{wanted.format(**_readable(context))}，{found}"


def unknown_member(name: str, known: Sequence[str]) -> str:
    """Say that there is no such member, and which one was probably meant."""
    meant = guess(name, known) or (f"；这里可以有：{'、'.join(known)}" if known else "")
    return f"没有“{shortened(name)}”这一项{meant}"


_OF_LENGTH = {"too_long", "too_short"}
"""Pydantic says so of texts too where something else is looked at before their length."""

_WANTED = {
    "int": "应是整数（不带引号、小数点和指数）",
    "bool": "应是 true 或 false",
    "string_type": "应是文字",
    "string_unicode": "应是有效的 Unicode 文字",
    "string_too_long": "最多 {max_length} 个字",
    "string_too_short": "至少 {min_length} 个字",
    "string_pattern": "应符合格式 {pattern}",
    # what FastAPI says of a form field that holds text, and nobody else does
    "value_error": "应是上传的文件",
    "greater_than_equal": "应大于或等于 {ge}",
    "less_than_equal": "应小于或等于 {le}",
    "enum": "应是下列之一：{expected}",
    "literal": "应是下列之一：{expected}",
    "date_from": "没有这一天",
    "date": "应是形如 2022-01-31 的日期",
    "list": "应是数组",
    "model": "应是对象",
    "dict": "应是对象",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "最多 {max_length} 项",
}


def _readable(context: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(value).replace(" or ", "、").replace(", ", "、").replace("'", "")
        for name, value in context.items()
    }


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return "对象" if isinstance(value, dict) else "数组"
    return f"“{shortened(value)}”" if isinstance(value, str) else shortened(str(value))
