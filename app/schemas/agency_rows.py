"""Agencies as rows of a CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence

from pydantic import ValidationError

from app.domain.agencies import told_by_division
from app.errors import Fault, InvalidRequest
from app.schemas.agencies import AgencyBody
from app.schemas.problems import MOST_FAULTS, faults_of, omitted, unknown_member

_TOLD = ("level", "kind")
"""What a 统计用区划代码 tells, where a row doesn't say it."""

_TRUTH = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


def read_rows(data: bytes) -> list[AgencyBody]:
    """Read agencies from CSV with a heading row; an empty field is one that isn't given.

    Raises:
        InvalidRequest: it isn't such a file; every wrong field is named with its line.
    """
    headings, rows = _read_table(data)
    faults = _wrong_headings(headings)
    bodies: list[AgencyBody] = []
    lines: dict[str, int] = {}
    for line, row in rows if not faults else []:
        try:
            body = _read_row(headings, row)
        except ValidationError as wrong:
            faults += _faults(line, wrong)
        except _UnevenRow:
            message = (
                f"第 {line} 行有 {len(row)} 栏，表头只有 {len(headings)} 栏；文字里有逗号的，要加英文双引号"
            )
            faults.append(Fault("", message, "uneven-row", {"line": line}))
        else:
            first = lines.setdefault(body.code, line)
            if first != line:
                message = f"第 {line} 行 code：“{body.code}”在第 {first} 行已经有了"
                faults.append(Fault("", message, "code-twice", {"line": line}))
            bodies.append(body)
    if faults or not bodies:
        listed = [*faults[:MOST_FAULTS], *omitted(len(faults) - MOST_FAULTS)]
        raise InvalidRequest("CSV 文件有误，没有登记任何机关" if faults else "CSV 文件中没有机关", listed)
    return bodies


class _UnevenRow(Exception):  # noqa: N818 - caught where it is raised
    """A row has more fields than there are headings."""


def _read_table(data: bytes) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the headings, and each row that isn't blank with its line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InvalidRequest("CSV 文件不是 UTF-8 编码；请在 Excel 里另存为“CSV UTF-8”") from wrong
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(table.line_num, row) for row in table if row]
    except csv.Error as wrong:
        message = f"CSV 文件第 {table.line_num} 行无法解析：引号没有成对，或者一栏过长"
        raise InvalidRequest(message) from wrong
    headings = [name.strip() for name in rows[0][1]] if rows else []
    return headings, rows[1:]


def _wrong_headings(headings: Sequence[str]) -> list[Fault]:
    known = list(AgencyBody.model_fields)
    needed = [name for name, field in AgencyBody.model_fields.items() if field.is_required()]
    needed = [name for name in needed if name not in _TOLD]
    twice = [name for name, count in Counter(headings).items() if count > 1]
    return [
        *(
            Fault("", f"表头：{unknown_member(name, known)}", "unknown-column")
            for name in headings[:MOST_FAULTS]
            if name not in known
        ),
        *(Fault("", f"表头“{name}”出现了不止一次", "column-twice") for name in twice if name in known),
        *(Fault("", f"表头缺少“{name}”", "missing-column") for name in needed if name not in headings),
    ]


def _read_row(headings: Sequence[str], row: Sequence[str]) -> AgencyBody:
    if any(field.strip() for field in row[len(headings) :]):
        raise _UnevenRow
    given: dict[str, object] = {
        name: value.strip() for name, value in zip(headings, row, strict=False) if value.strip()
    }
    told = told_by_division(str(given.get("division_code") or given.get("code", "")))
    if told is not None:
        given = dict(zip(_TOLD, told, strict=True)) | given
    flag = str(given.get("in_rollup", "")).lower()
    return AgencyBody.model_validate(given | {"in_rollup": _TRUTH[flag]} if flag in _TRUTH else given)


def _faults(line: int, wrong: ValidationError) -> list[Fault]:
    errors = wrong.errors(include_url=False)
    return [
        Fault("", " ".join((f"第 {line} 行", _placed(fault))), fault.code, {"line": line})
        for fault in faults_of(errors, AgencyBody, inside="body")
    ]


def _placed(fault: Fault) -> str:
    column = fault.pointer.removeprefix("/")
    return f"{column}，{fault.message}" if column else fault.message
