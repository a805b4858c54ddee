"""The sheets of a roll-up that only some have: what was made final, changed since, adjusted, reconciled."""

from dataclasses import replace
from datetime import UTC, datetime

from openpyxl.worksheet.worksheet import Worksheet

from app.documents.workbook import FinalBook, ReconciliationBook, RollUpBook, write_roll_up
from app.domain.adjusting import adjusted
from app.domain.finalisation import (
    CellDifference,
    Differences,
    FrozenAdjustment,
    SourceChange,
    SourceDifference,
    UnitChange,
    UnitDifference,
)
from app.domain.reconciliation import reconcile
from app.domain.reconciliation_model import Sides, UnitFigures
from app.domain.values import Values
from app.forms.annual_2021 import FORM
from tests.documents.test_workbook import a_roll_up, line_by_line, numbers_in_tables, texts, three_units
from tests.sheets import opened

DECISIONS, FEES = "disclosure.licensing.decisions", "disclosure.fees.amount"
NOON = datetime(2025, 2, 28, 4, tzinfo=UTC)
NOTHING = Differences((), (), (), ())
ADJUSTMENT = FrozenAdjustment(
    id=7,
    agency="640323",
    name="示例县",
    reason="镇里漏记两件，已书面说明",
    document="示政办函〔2025〕3号",
    made_by="李四",
    made_at=NOON.isoformat(),
    lines={DECISIONS: 2, FEES: -500_000},
)


def a_county() -> RollUpBook:
    return a_roll_up(*three_units())


def made_final(book: RollUpBook, differences: Differences = NOTHING) -> RollUpBook:
    totals = adjusted(book.rolled.totals, [each.lines for each in book.adjustments])
    final = FinalBook(2, "王五", NOON, "ab" * 32, totals, differences)
    return replace(book, final=final, status="定稿（第 2 次）")


def rows_of(sheet: Worksheet) -> list[list[object]]:
    return [
        [cell.value for cell in row if cell.value is not None]
        for row in sheet.iter_rows()
        if any(cell.value is not None for cell in row)
    ]


def test_a_provisional_sum_without_adjustments_has_none_of_these_sheets() -> None:
    assert opened(write_roll_up(a_county())).sheetnames[:4] == ["汇总", "明细", "缺报", "校验"]


def test_adjustments_stand_on_a_sheet_of_their_own_and_the_sums_stay_plain() -> None:
    book = replace(a_county(), adjustments=[ADJUSTMENT])
    workbook = opened(write_roll_up(book))
    assert workbook.sheetnames[:5] == ["汇总", "调整", "明细", "缺报", "校验"]
    assert numbers_in_tables(workbook["汇总"]) == line_by_line(FORM, book.rolled.totals)
    assert "不含 1 项调整，调整后的数见“调整”" in str(workbook["汇总"]["A3"].value)
    rows = rows_of(workbook["调整"])
    before = book.rolled.totals[DECISIONS] or 0
    assert [FORM.cells[DECISIONS].label, before, 2, before + 2] in rows
    label = FORM.cells[FEES].label
    made = ["示例县", "镇里漏记两件，已书面说明", "示政办函〔2025〕3号", "李四，2025-02-28 12:00"]
    assert [label, -0.5, 7, *made] in rows


def test_what_was_made_final_stands_in_the_official_layout_with_its_adjustments() -> None:
    book = made_final(replace(a_county(), adjustments=[ADJUSTMENT]))
    workbook = opened(write_roll_up(book))
    assert workbook.sheetnames[:4] == ["汇总", "定稿", "定稿后变动", "调整"]
    assert book.final is not None
    assert numbers_in_tables(workbook["定稿"]) == line_by_line(FORM, book.final.totals)
    assert numbers_in_tables(workbook["汇总"]) == line_by_line(FORM, book.rolled.totals)
    note = str(workbook["定稿"]["A3"].value)
    assert note.startswith("第 2 次定稿：王五，2025-02-28 12:00（北京时间），含调整。")
    assert "ab" * 32 in note
    assert "状态：定稿（第 2 次）" in str(workbook["汇总"]["A3"].value)
    foot = workbook["定稿"].oddFooter
    assert foot is not None
    assert foot.left.text == "状态：定稿（第 2 次）"
    assert "定稿之后没有变动。" in texts(workbook["定稿后变动"])


def test_what_has_changed_since_is_listed_with_both_figures() -> None:
    sources = (
        SourceDifference("64", "甲镇", SourceChange.CHANGED, 1, 2),
        SourceDifference("65", "乙镇", SourceChange.GONE, 3, None),
    )
    cells = (CellDifference(FEES, 1_500_000, 500_000), CellDifference(DECISIONS, 5, None))
    units = (UnitDifference("66", "丙镇", UnitChange.OWES), UnitDifference("67", "丁镇", UnitChange.LEFT))
    book = made_final(a_county(), Differences(sources, units, (9, 11), cells))
    rows = rows_of(opened(write_roll_up(book))["定稿后变动"])
    assert ["甲镇", "64", "有更正", 1, 2] in rows
    assert ["乙镇", "65", "不再计入", 3] in rows
    assert ["丙镇", "66", "不再免报"] in rows
    assert ["丁镇", "67", "不再应报"] in rows
    assert ["下级在定稿之后新作或者撤销的调整：第 9 项、第 11 项"] in rows
    assert [FORM.cells[FEES].label, FEES, 1.5, 0.5, -1] in rows
    assert [FORM.cells[DECISIONS].label, DECISIONS, 5] in rows


def reconciled(book: RollUpBook, reported: Values) -> RollUpBook:
    units = [UnitFigures(unit.code, unit.name, unit.values) for unit in book.units]
    found = reconcile(Sides(FORM, book.rolled.totals, reported, units))
    compared = ReconciliationBook("“示例县”的报告（已公布，第 1 版）", "公布", found)
    return replace(book, reconciliation=compared)


def test_the_county_s_own_report_is_compared_behind_the_rules() -> None:
    book = a_county()
    total = book.rolled.totals[DECISIONS] or 0
    workbook = opened(
        write_roll_up(reconciled(book, {**book.rolled.totals, DECISIONS: total + 1000, FEES: None}))
    )
    assert workbook.sheetnames[:5] == ["汇总", "明细", "缺报", "校验", "核对"]
    rows = rows_of(workbook["核对"])
    assert rows[1] == [
        "汇总数（含调整）与“示例县”的报告（已公布，第 1 版）逐格核对：不同 1 格，报告缺数 1 格，相同 198 格。"
    ]
    label = FORM.cells[DECISIONS].label
    assert [label, "不同", total, total + 1000, 1000, "没有找到能说明它的单位"] in rows
    assert not any(row[0] == FORM.cells["requests.received.total"].label for row in rows)


def test_what_accounts_for_many_cells_is_told_above_them() -> None:
    book = a_county()
    totals, first = book.rolled.totals, book.units[0].values
    without = {code: (value or 0) - (first[code] or 0) for code, value in totals.items()}
    said = texts(opened(write_roll_up(reconciled(book, without)))["核对"])
    assert any("的数，可能整份漏加" in text for text in said)
