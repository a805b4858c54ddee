"""A year's progress as a workbook and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.documents.html import render
from app.documents.progress_model import COUNTS, PartLine, ProgressBook, UnitLine, counts_of
from app.documents.sheet_progress import write_progress
from app.documents.workbook_pages import in_beijing
from app.domain.lifecycle import Action
from app.domain.progress import ProgressState
from app.services.progress import EVERYBODY, list_units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from app.services.progress import Progress, UnitProgress
    from app.storage.engine import ReadSession

MOST_LISTED = 2000
"""How many units are listed in a document; JSON gives all, page by page."""
_AT_ONCE = 200


def book_of(session: ReadSession, progress: Progress, states: Collection[ProgressState]) -> ProgressBook:
    """Return what a document of a year's progress is made from, with the units that stand so."""
    chosen = states or EVERYBODY
    count = sum(progress.tally.of(state) for state in chosen)
    units = None if count > MOST_LISTED else list(_units(session, progress, chosen))
    adjusted = progress.adjusted
    return ProgressBook(
        agency=progress.name,
        year=progress.year,
        as_of=progress.as_of,
        tally=progress.tally,
        adjusted=""
        if adjusted is None
        else f"应报名单冻结时 {adjusted.frozen} 个，此后增加 {adjusted.added} 个，减少 {adjusted.removed} 个",
        parts=[PartLine(branch.code, branch.name, branch.tally) for branch in progress.branches],
        states=[state for state in ProgressState if state in states],
        units=units,
        most=MOST_LISTED,
    )


def _units(session: ReadSession, progress: Progress, states: Collection[ProgressState]) -> Iterator[UnitLine]:
    after = ""
    while page := list_units(session, progress, states, after, _AT_ONCE):
        yield from (_line(unit, progress.cells) for unit in page)
        after = page[-1].code


def _line(unit: UnitProgress, cells: int) -> UnitLine:
    has_report = unit.state is not ProgressState.NOT_STARTED and (
        unit.state is not ProgressState.EXCUSED or unit.filled > 0
    )
    return UnitLine(
        code=unit.code,
        name=unit.name,
        kind=unit.kind.label,
        state=unit.state,
        remark=_remark(unit),
        filled=f"{unit.filled}/{cells}" if has_report else "",
        due_on=unit.due_on,
        late=unit.days_late,
        waiting=unit.open.unexplained + unit.open.unreviewed,
        last=_last(unit),
        reminders=unit.reminders,
    )


def _remark(unit: UnitProgress) -> str:
    said = []
    if unit.is_corrected:
        said.append("正在更正")
    if unit.is_zero:
        said.append("零报告" + (f"（{unit.zeros_stated_by}说明）" if unit.zeros_stated_by else ""))
    if unit.state is ProgressState.EXCUSED and unit.excuse:
        said.append(unit.excuse)
    return "；".join(said)


def _last(unit: UnitProgress) -> str:
    step = unit.last_step
    if step is None:
        return ""
    return f"{Action(step.action).label} {step.taken_by} {in_beijing(step.taken_at)}"


def workbook_of(book: ProgressBook) -> bytes:
    """Return a year's progress as a workbook."""
    return write_progress(book)


def page_of_progress(book: ProgressBook, by: str | None) -> str:
    """Return a year's progress as a page; *by* goes along into its links."""
    shared = "format=html" + (f"&by={by}" if by else "")
    choices = [("全部", shared, not book.states)]
    choices += [
        (f"{state.label} {book.tally.of(state)}", f"{shared}&state={state}", list(book.states) == [state])
        for state in ProgressState
    ]
    return render(
        "progress.html",
        book=book,
        as_of=in_beijing(book.as_of),
        counts=COUNTS,
        counted=counts_of,
        filters=choices,
    )
