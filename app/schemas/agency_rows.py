"""Agencies as rows of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from pydantic import ValidationError

from app.errors import Fault, InvalidRequest
from app.schemas.agencies import AgencyBody
from app.schemas.problems import faults_of, unknown_member

_TRUTH = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


def read_rows(data: bytes) -> list[AgencyBody]:
    """Read agencies from CSV with a heading row; an empty field is one that isn't given.

    Raises:
        InvalidRequest: it isn't such a file; every wrong field is named with its line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InvalidRequest("CSV 文件不是 UTF-8 编码；请在 Excel 里另存为“CSV UTF-8”") from wrong
    table = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        headings = list(table.fieldnames or [])
        rows = [(table.line_num, row) for row in table]
    except csv.Error as wrong:
        raise InvalidRequest(f"CSV 文件第 {table.line_num} 行无法解析：引号没有成对") from wrong
    faults = _wrong_headings(headings)
    bodies: list[AgencyBody] = []
    for line, row in rows if not faults else []:
        try:
            bodies.append(AgencyBody.model_validate(_members(row)))
        except ValidationError as wrong:
            faults += _faults(line, wrong)
    if faults or not bodies:
        raise InvalidRequest("CSV 文件有误，没有登记任何机关" if faults else "CSV 文件中没有机关", faults)
    return bodies


def _wrong_headings(headings: Sequence[str]) -> list[Fault]:
    known = list(AgencyBody.model_fields)
    needed = [name for name, field in AgencyBody.model_fields.items() if field.is_required()]
    return [
        *(
            Fault("", f"表头：{unknown_member(name, known)}", "unknown-column")
            for name in headings
            if name not in known
        ),
        *(Fault("", f"表头缺少“{name}”", "missing-column") for name in needed if name not in headings),
    ]


def _members(row: dict[str, str]) -> dict[str, object]:
    given: dict[str, object] = {
        name: value.strip() for name, value in row.items() if name and value and value.strip()
    }
    flag = str(given.get("in_rollup", ""))
    return given | {"in_rollup": _TRUTH[flag.lower()]} if flag.lower() in _TRUTH else given


def _faults(line: int, wrong: ValidationError) -> list[Fault]:
    errors = wrong.errors(include_url=False)
    return [
        Fault(
            "", f"第 {line} 行 {fault.pointer.removeprefix('/')}：{fault.message}", fault.code, {"line": line}
        )
        for fault in faults_of(errors, AgencyBody, inside="body")
    ]
