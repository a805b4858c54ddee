"""Parsing of JSON that leaves nothing to interpretation (RFC 8259, and I-JSON's ban on repeated names)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from app.errors import Malformed
from app.schemas.fields import shortened

DEEPEST = 64
"""How many levels a body may have unless told otherwise: a report has four, a batch of them a few more."""


def parse(body: bytes, deepest: int = DEEPEST) -> object:
    """Return what a body says; numbers with a fraction or an exponent come as Decimal.

    Args:
        body: as it was sent.
        deepest: how many levels it may have.

    Raises:
        Malformed: it isn't UTF-8 or JSON, repeats a member, is nested too deep, or has NaN or Infinity.
    """
    try:
        said = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_repetition,
            parse_constant=_refuse_constant,
            parse_float=Decimal,
        )
        _refuse_deep(said, deepest)
    except UnicodeDecodeError as wrong:
        raise Malformed(f"请求体不是 UTF-8 编码（第 {wrong.start + 1} 个字节起无法识别）") from wrong
    except json.JSONDecodeError as wrong:
        raise Malformed(f"请求体不是合法的 JSON：第 {wrong.lineno} 行第 {wrong.colno} 列处有误") from wrong
    except RecursionError as wrong:
        raise _too_deep(deepest) from wrong
    except (ValueError, InvalidOperation) as wrong:
        raise Malformed("请求体中有位数过多的数") from wrong
    return said


def _refuse_deep(said: object, deepest: int) -> None:
    level = [said]
    for _ in range(deepest):
        level = [inner for outer in level for inner in _members_of(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise _too_deep(deepest)


def _members_of(outer: object) -> Iterable[object]:
    return outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()


def _too_deep(deepest: int) -> Malformed:
    return Malformed(f"请求体的 JSON 嵌套层数太多，最多 {deepest} 层")


def parse_lines(body: bytes, deepest: int = DEEPEST) -> list[object]:
    """Return what each line says (NDJSON): where one can't be parsed, its refusal; the last may be blank."""
    lines = body.split(b"\n")
    if not lines[-1].strip():
        lines.pop()
    return [_parse_line(line, number, deepest) for number, line in enumerate(lines, 1)]


def _parse_line(line: bytes, number: int, deepest: int) -> object:
    try:
        return parse(line, deepest)
    except Malformed as wrong:
        return Malformed(f"第 {number} 行：{wrong.detail}")


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = shortened(next(name for name, count in counts.items() if count > 1))
        raise Malformed(f"同一个对象中“{twice}”出现了不止一次，分不清该用哪一个")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise Malformed(f"请求体中有 {name}，它不是合法的 JSON 数值")
