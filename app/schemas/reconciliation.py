"""Bodies of a county's own report held against the sum of its units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from app.domain.lifecycle import Basis, Status
from app.domain.reconciliation_model import Cause, Comparison, Effect
from app.domain.values import to_json
from app.schemas.fields import Out
from app.schemas.results import Number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.reconciliation_model import CellCompared, Guess, Reconciled, Sides

_CAUSES = "；".join(f"{cause} {cause.label}" for cause in Cause)
_STATES = "；".join(f"{state} {state.label}" for state in Comparison)
_EFFECTS = "；".join(f"{effect} {effect.label}" for effect in Effect)


class SuspectUnitOut(Out):
    """一个单位。"""

    code: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="全称")]


class GuessOut(Out):
    """差数的一种可能的原因：只说明数正好对得上，是不是它要人去核对。"""

    cause: Annotated[Cause, Field(title=_CAUSES)]
    effect: Annotated[Effect, Field(title=_EFFECTS)]
    units: Annotated[list[SuspectUnitOut], Field(title="涉及的单位；与单位无关为空")]
    cell: Annotated[str | None, Field(title="重复相加的是哪一格的总计；与总计无关为 null")]
    adjustment: Annotated[int | None, Field(title="哪一项调整；与调整无关为 null")]
    message: Annotated[str, Field(title="说明")]


class CellReconciledOut(Out):
    """一格的汇总数与报告的数。"""

    cell: Annotated[str, Field(title="格的代码")]
    label: Annotated[str, Field(title="表、行、列")]
    state: Annotated[Comparison, Field(title=_STATES)]
    rolled_up: Annotated[Number | None, Field(title="汇总数，含调整；没有单位填为 null")]
    reported: Annotated[Number | None, Field(title="报告的数；没有填为 null")]
    difference: Annotated[Number | None, Field(title="报告减汇总；有一边缺数为 null")]
    message: Annotated[str, Field(title="一句话说明，带最可能的原因")]
    guesses: Annotated[list[GuessOut], Field(title="可能的原因，能说明的格多的在前")]
    guesses_omitted: Annotated[int, Field(title="还有几种可能没有列出")]


class SuspectOut(Out):
    """能说明好几格差数的一种原因，多半就是它。"""

    guess: Annotated[GuessOut, Field(title="原因，照它第一次出现的那一格")]
    cells: Annotated[int, Field(title="能说明几格")]
    message: Annotated[str, Field(title="说明")]


class ReportHeldOut(Out):
    """拿来核对的报告。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    status: Annotated[Status, Field(title="状态；公布过的取公布的一版")]
    version: Annotated[int, Field(title="版本号")]


class ReconciliationOut(Out):
    """汇总数与本机关自己的汇总报告逐格核对。"""

    agency: Annotated[str, Field(title="机关代码")]
    name: Annotated[str, Field(title="机关全称")]
    year: Annotated[int, Field(title="报告年度")]
    form: Annotated[str, Field(title="报告格式")]
    basis: Annotated[Basis, Field(title="哪些报告计入汇总")]
    report: Annotated[ReportHeldOut, Field(title="拿来核对的报告")]
    counts: Annotated[dict[Comparison, int], Field(title="各种情况的格数")]
    suspects: Annotated[list[SuspectOut], Field(title="能说明好几格的原因，多的在前")]
    suspects_omitted: Annotated[int, Field(title="还有几种没有列出")]
    unsearched: Annotated[list[str], Field(title="没有查找的情况及原因；都查了为空")]
    cells: Annotated[list[CellReconciledOut], Field(title="每一格：不同的在前，其次缺数的，相同的在后")]


def cells_out(sides: Sides, found: Reconciled) -> list[CellReconciledOut]:
    """Return every cell as callers get it."""
    names = {unit.code: unit.name for unit in sides.units}
    return [_cell_out(sides, each, names) for each in found.cells]


def suspects_out(sides: Sides, found: Reconciled) -> list[SuspectOut]:
    """Return what accounts for several cells as callers get it."""
    names = {unit.code: unit.name for unit in sides.units}
    return [
        SuspectOut(guess=_guess_out(each.guess, names), cells=each.cells, message=each.message)
        for each in found.suspects
    ]


def _cell_out(sides: Sides, compared: CellCompared, names: Mapping[str, str]) -> CellReconciledOut:
    cell = sides.form.cells[compared.cell]
    return CellReconciledOut(
        cell=cell.code,
        label=cell.label,
        state=compared.state,
        rolled_up=to_json(cell.measure, compared.rolled),
        reported=to_json(cell.measure, compared.reported),
        difference=to_json(cell.measure, compared.difference),
        message=compared.message,
        guesses=[_guess_out(guess, names) for guess in compared.guesses],
        guesses_omitted=compared.omitted,
    )


def _guess_out(guess: Guess, names: Mapping[str, str]) -> GuessOut:
    return GuessOut(
        cause=guess.cause,
        effect=guess.effect,
        units=[SuspectUnitOut(code=code, name=names[code]) for code in guess.units],
        cell=guess.cell,
        adjustment=guess.adjustment,
        message=guess.message,
    )
