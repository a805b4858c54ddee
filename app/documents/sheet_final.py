"""The sheets of a roll-up that not every one has: 定稿, 定稿后变动, 调整, 核对."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from app.documents.sheet_findings import put_row
from app.documents.sheet_styles import Look
from app.documents.sheet_tables import Figures, draw_stack, stack_of
from app.documents.sheets import Area, Words
from app.documents.workbook_pages import Paper, in_beijing, set_up_page
from app.domain.adjusting import adjusted
from app.domain.reconciliation_model import Comparison
from app.forms.model import COUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.documents.sheets import Canvas
    from app.documents.workbook_file import WorkbookFile
    from app.documents.workbook_model import FinalBook, ReconciliationBook, RollUpBook
    from app.domain.finalisation import FrozenAdjustment
    from app.domain.reconciliation_model import CellCompared, Reconciled
    from app.forms.model import Measure

FINAL_SHEET, CHANGES_SHEET, ADJUSTMENTS_SHEET, RECONCILIATION_SHEET = FINAL_SHEETS = (
    "定稿",
    "定稿后变动",
    "调整",
    "核对",
)

Entry: TypeAlias = "str | tuple[Measure, int | None]"
"""What stands in a cell of a list: text, or a number with what it counts."""


def write_final_sheets(file: WorkbookFile, book: RollUpBook, first_row: int) -> None:
    """Write what was made final, what has changed since, and what was adjusted, as far as there is any.

    On 定稿 the tables begin in the row in which they do on 汇总.
    """
    if book.final is not None:
        _write_final(file.add(FINAL_SHEET), book, book.final, first_row)
        _write_changes(file.add(CHANGES_SHEET), book, book.final)
    if book.adjustments:
        _write_adjustments(file.add(ADJUSTMENTS_SHEET), book)


def write_reconciliation(file: WorkbookFile, book: RollUpBook) -> None:
    """Write how the county's own report compares, if there is one."""
    if book.reconciliation is not None:
        _write_comparison(file.add(RECONCILIATION_SHEET), book, book.reconciliation)


def _write_final(canvas: Canvas, book: RollUpBook, final: FinalBook, first_row: int) -> None:
    figures = Figures(book.form, final.totals)
    stack = stack_of(figures, first_row)
    canvas.set_widths(stack.widths)
    when = f"{in_beijing(final.finalised_at)}（北京时间）"
    note = f"第 {final.number} 次定稿：{final.finalised_by}，{when}，含调整。摘要：{final.digest}"
    canvas.put_words(
        [
            stack.across(1, f"{book.title}（定稿）", Look.TITLE),
            stack.across(2, f"{book.agency}　{book.period}", Look.SUBTITLE),
            stack.across(3, note, Look.NOTE),
        ]
    )
    draw_stack(canvas, stack, figures)
    set_up_page(canvas.sheet, Paper(heading_rows=2, one_page=True), book.status, book.as_of)


class _List:
    """A sheet of lists, one below the other."""

    def __init__(self, canvas: Canvas, widths: Sequence[int], title: str) -> None:
        self._canvas = canvas
        self._across = len(widths)
        self._row = 1
        canvas.set_widths(widths)
        self.say(title, Look.SECTION)

    def say(self, text: str, look: Look = Look.NOTE) -> None:
        """Write a line over the whole width."""
        self._canvas.put_words([Words(Area(self._row, 1, 1, self._across), text, look)])
        self._row += 1

    def put(self, headings: Sequence[str], rows: Iterable[Sequence[Entry]]) -> None:
        """Write a list under its headings; the last column takes what is left of the width."""
        put_row(self._canvas, self._row, headings, Look.HEAD)
        for row in rows:
            self._row += 1
            self._put_entries(row)
        self._row += 2

    def _put_entries(self, row: Sequence[Entry]) -> None:
        texts = [
            Words(Area(self._row, column), entry, Look.LABEL)
            for column, entry in enumerate(row, 1)
            if isinstance(entry, str)
        ]
        self._canvas.put_words(texts)
        for column, entry in enumerate(row, 1):
            if not isinstance(entry, str):
                measure, value = entry
                self._canvas.put_number(Area(self._row, column), measure, value)

    def finish(self, book: RollUpBook) -> None:
        """Lay the sheet out on paper."""
        set_up_page(self._canvas.sheet, Paper(heading_rows=1, landscape=True), book.status, book.as_of)


def _write_changes(canvas: Canvas, book: RollUpBook, final: FinalBook) -> None:
    page = _List(canvas, [46, 30, 14, 14, 14], f"{book.title}：{CHANGES_SHEET}")
    found = final.differences
    page.say(f"与第 {final.number} 次定稿比较。定稿的数不随这些变动改变；要按现在的数定稿，请先重开定稿。")
    if found.is_empty:
        page.say("定稿之后没有变动。")
    if found.sources:
        page.put(
            ("单位", "代码", "变动", "定稿的版本", "现在的版本"),
            (
                (each.name, each.agency, each.change.label, _version(each.frozen), _version(each.now))
                for each in found.sources
            ),
        )
    if found.units:
        page.put(
            ("单位", "代码", "应报的变动"),
            ((each.name, each.agency, each.change.label) for each in found.units),
        )
    if found.adjustments:
        numbers = "、".join(f"第 {number} 项" for number in found.adjustments)
        page.say(f"下级在定稿之后新作或者撤销的调整：{numbers}")
    if found.cells:
        measures = {each.cell: book.form.cells[each.cell].measure for each in found.cells}
        page.put(
            ("格", "格的代码", "定稿", "现在", "相差"),
            (
                (
                    book.form.cells[each.cell].label,
                    each.cell,
                    *((measures[each.cell], number) for number in (each.frozen, each.now, each.difference)),
                )
                for each in found.cells
            ),
        )
    page.finish(book)


def _version(number: int | None) -> Entry:
    """Show a version; there is nothing to fill in where there is none."""
    return "" if number is None else (COUNT, number)


def _write_adjustments(canvas: Canvas, book: RollUpBook) -> None:
    page = _List(canvas, [46, 14, 14, 24, 40, 24, 24], f"{book.title}：{ADJUSTMENTS_SHEET}")
    page.say("调整另记在各单位的数之外，各单位的数不动。")
    totals = book.rolled.totals
    after = adjusted(totals, [each.lines for each in book.adjustments])
    touched = [code for code in book.form.cells if any(code in each.lines for each in book.adjustments)]
    page.put(
        ("格", "各单位之和", "调整", "调整后"),
        (
            (
                cell.label,
                (cell.measure, totals.get(code)),
                (cell.measure, sum(each.lines.get(code, 0) for each in book.adjustments)),
                (cell.measure, after.get(code)),
            )
            for code in touched
            for cell in [book.form.cells[code]]
        ),
    )
    page.put(("格", "调整数", "编号", "谁的汇总", "原因", "依据", "谁、何时"), _adjustment_rows(book))
    page.finish(book)


def _adjustment_rows(book: RollUpBook) -> Iterator[Sequence[Entry]]:
    for each in book.adjustments:
        for code, cell in book.form.cells.items():
            if code in each.lines:
                amount = (cell.measure, each.lines[code])
                yield (
                    cell.label,
                    amount,
                    (COUNT, each.id),
                    each.name,
                    each.reason,
                    each.document or "",
                    _made(each),
                )


def _made(each: FrozenAdjustment) -> str:
    return f"{each.made_by}，{in_beijing(datetime.fromisoformat(each.made_at))}"


def _write_comparison(canvas: Canvas, book: RollUpBook, compared: ReconciliationBook) -> None:
    found = compared.found
    page = _List(canvas, [40, 12, 14, 14, 14, 80], f"{book.title}：{RECONCILIATION_SHEET}")
    page.say(f"汇总数（含调整）与{compared.report}逐格核对：{_counted(found)}。")
    for suspect in found.suspects:
        page.say(suspect.message)
    if found.suspects_omitted:
        page.say(f"另有 {found.suspects_omitted} 种可能也能说明好几格，没有列出。")
    for said in found.unsearched:
        page.say(said)
    rows = [each for each in found.cells if each.state is not Comparison.EQUAL]
    if rows:
        page.put(
            ("格", "情况", "汇总", compared.said, "相差", "说明"),
            (
                (
                    cell.label,
                    each.state.label,
                    (cell.measure, each.rolled),
                    (cell.measure, each.reported),
                    (cell.measure, each.difference),
                    _reasons(each),
                )
                for each in rows
                for cell in [book.form.cells[each.cell]]
            ),
        )
    page.finish(book)


def _reasons(compared: CellCompared) -> str:
    """Return what a comparison's sentence says beside the numbers, which have columns of their own."""
    return compared.message.partition("；")[2] or compared.message.partition("：")[2]


def _counted(found: Reconciled) -> str:
    counts = ((state.label, found.count(state)) for state in Comparison)
    return "，".join(f"{label} {count} 格" for label, count in counts if count)
