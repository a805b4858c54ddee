"""零报告: a clerk states that missing cells are zero, and who said so is recorded."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.acts import Act
from app.domain.guesses import guess
from app.domain.roles import Right
from app.domain.totals import sum_of
from app.domain.values import missing_cells, to_text
from app.errors import Fault, InvalidRequest
from app.services.audit import record_report
from app.services.filed import Filed, find_report
from app.services.saving import save
from app.services.versions import BasedOn, refuse_stale
from app.storage.models import ZERO_STATEMENT, ZeroStatement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.domain.content import Content
    from app.forms.model import CellCode
    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class ZerosStated:
    """What came of a statement.

    Attributes:
        filed: the report afterwards.
        stated: the cells that were said to be zero.
        computed: totals that were missing and followed from their parts.
        stated_by: who is recorded as having said so.
    """

    filed: Filed
    stated: list[CellCode]
    computed: list[CellCode]
    stated_by: str


def state_zeros(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    cells: Sequence[CellCode] | None,
    based_on: BasedOn | None,
    *,
    stated_by: str | None = None,
) -> ZerosStated:
    """Fill missing cells with zero because somebody says that they are; totals among them are worked out.

    Args:
        session: the transaction.
        actor: who calls.
        key: agency and year.
        cells: which; None for every missing cell.
        based_on: what the caller read.
        stated_by: the clerk's name, where the caller isn't the clerk.

    Raises:
        NotFound: there is no such report.
        StaleVersion: the caller read another version.
        InvalidRequest: a cell isn't in the form, or isn't missing.
        WrongState, RulesBroken: see `save`.
    """
    filed = find_report(session, actor, *key, Right.FILE, to_change=True)
    refuse_stale(based_on, filed.report)
    content = filed.content
    missing = missing_cells(content.form, content.values)
    asked = missing if cells is None else list(dict.fromkeys(cells))
    _refuse_filled(content, asked)
    values, computed = _filled(content, asked)
    stated = [code for code in asked if code not in computed]
    saved = save(session, actor, filed, replace(content, values=values))
    clerk = stated_by or actor.holder
    if asked:
        _keep(session, saved, stated, clerk)
        said = {"version": saved.report.version, "cells": stated, "stated_by": clerk}
        whose = (saved.agency, saved.report)
        record_report(session, actor, Act.REPORT_STATE_ZEROS, whose, details=said)
    return ZerosStated(saved, stated, computed, clerk)


def list_zeros(session: ReadSession, actor: Actor, code: str, year: int) -> list[ZeroStatement]:
    """Return what was stated to be zero in a report, the oldest first.

    Raises:
        NotFound: there is no such report.
    """
    filed = find_report(session, actor, code, year)
    chosen = select(ZeroStatement).where(ZERO_STATEMENT.c.report_id == filed.key)
    return list(session.scalars(chosen.order_by(ZERO_STATEMENT.c.id)))


def cells_of(statement: ZeroStatement) -> list[CellCode]:
    """Return the cells that a statement is about."""
    cells: list[CellCode] = json.loads(statement.cells)
    return cells


def _filled(content: Content, asked: list[CellCode]) -> tuple[dict[CellCode, int | None], list[CellCode]]:
    """Fill cells with zero, then missing totals with what follows; a cell that was filled is never touched.

    A total that can't be worked out, because parts are still missing, is zero on the clerk's word.
    """
    form, computed = content.form, []
    typed = [code for code in asked if code not in form.totals]
    values = {code: content.values.get(code) for code in form.cells} | dict.fromkeys(typed, 0)
    touched = set(asked)
    for total, parts in form.totals.items():
        if values[total] is None and not touched.isdisjoint((total, *parts)):
            values[total] = sum_of(values, parts)
            if values[total] is not None:
                computed.append(total)
            elif total in asked:
                values[total] = 0
            touched.add(total)
    return values, computed


def _refuse_filled(content: Content, asked: list[CellCode]) -> None:
    faults = [fault for place, code in enumerate(asked) if (fault := _fault(content, place, code))]
    if faults:
        raise InvalidRequest("只能对没有填的格说明为零", faults)


def _fault(content: Content, place: int, code: CellCode) -> Fault | None:
    cell = content.form.cells.get(code)
    if cell is None:
        meant = guess(code, content.form.cells)
        return Fault(f"/cells/{place}", f"表中没有“{code}”这一格{meant}", "unknown-cell")
    value = content.values.get(code)
    if value is None:
        return None
    found = to_text(cell.measure, value)
    return Fault(f"/cells/{place}", f"{cell.label}已经填了 {found}，不是缺格", "cell-filled")


def _keep(session: WriteSession, filed: Filed, stated: list[CellCode], stated_by: str) -> None:
    session.add(
        ZeroStatement(
            report_id=filed.key,
            version=filed.report.version,
            cells=json.dumps(stated),
            stated_by=stated_by,
            stated_at=datetime.now(UTC),
        )
    )
    session.flush()
