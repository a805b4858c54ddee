"""What the workbooks hold, read back by two programs that didn't write them."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from app.documents.workbook import Owed, ReportBook, RollUpBook, UnitRow, write_report, write_roll_up
from app.domain.judging import judge, judge_balances
from app.domain.roll_up import roll_up
from app.domain.values import Values, to_text
from app.forms import FORMS, annual_2019
from app.forms.annual_2021 import FORM
from app.forms.layout import ROWS_ABOVE, addresses_of, grid_of
from app.forms.model import Axis, Block, Measure, ReportForm, Section, Sum, Table
from tests.builders import a_balanced_report, a_content, a_toy_form, any_values, typed_cells
from tests.sheets import opened

AS_OF = datetime(2025, 1, 31, 1, 30, tzinfo=UTC)
FEE = "disclosure.fees.amount"
RECEIVED = "requests.received.natural_person"
LONG = 15


def a_small_form() -> ReportForm:
    money = Axis("money", "金额（万元）", "金额", measure=Measure("fee", "万元", 6, 10**15, 10**15))
    table = Table(
        code="things",
        number="一",
        blocks=(
            Block(corner="", rows=(Axis("one", "甲"), Axis("all", "合计")), columns=(Axis("n", "件"), money)),
        ),
        sums=(Sum("all", "R08", "rows", ("all",), ("one",)),),
    )
    sections = (Section("things", "一", "一、东西", table), Section("words", "二", "二、文字"))
    return ReportForm("0", "小表", "无", 2000, None, "{agency}{year}年小表", "{year}年", sections)


SMALL = a_small_form()
TOY = a_toy_form()


def a_book(values: Values | None = None, form: ReportForm = FORM, **prose: str | None) -> ReportBook:
    content = a_content(form, values=values, narratives=prose or None)
    return ReportBook(content, "示例县示例镇人民政府", "草稿", judge(content), AS_OF)


def a_unit(at: int = 1, name: str = "", values: Values | None = None, **prose: str | None) -> UnitRow:
    numbers = a_balanced_report() if values is None else values
    return UnitRow(f"64{at:04}", name or f"第{at}镇", "乡级", "人民政府", "已上报", numbers, prose or None)


def a_roll_up(*units: UnitRow, form: ReportForm = FORM, missing: list[Owed] | None = None) -> RollUpBook:
    rolled = roll_up(form, [unit.values for unit in units])
    return RollUpBook(
        form=form,
        agency_code="640323",
        agency="示例县",
        year=2024,
        status="临时",
        basis="已上报",
        counts=[("应报", len(units) + 1), ("已报", len(units)), ("缺报", 1)],
        rolled=rolled,
        results=judge_balances(form, rolled.totals),
        units=units,
        missing=missing or [],
        as_of=AS_OF,
    )


def cell_at(workbook: Workbook, address: str) -> SheetCell:
    sheet, _, coordinate = address.rpartition("!")
    cell = workbook[sheet][coordinate]
    assert isinstance(cell, SheetCell)
    return cell


def number_in(cell: SheetCell) -> Decimal | None:
    return None if cell.value is None else Decimal(str(cell.value))


def expected(form: ReportForm, code: str, value: int | None) -> Decimal | None:
    return None if value is None else Decimal(to_text(form.cells[code].measure, value))


def numbers_at(workbook: Workbook, addresses: Mapping[str, str]) -> dict[str, Decimal | None]:
    return {code: number_in(cell_at(workbook, address)) for code, address in addresses.items()}


def decimals(form: ReportForm, values: Values) -> dict[str, Decimal | None]:
    return {code: expected(form, code, values.get(code)) for code in form.cells}


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]


def merged(sheet: Worksheet) -> set[str]:
    return {str(area) for area in sheet.merged_cells.ranges}


def totals_row(sheet: Worksheet) -> int:
    return next(row for row in range(1, 99) if str(sheet.cell(row, 1).value).startswith("合计"))


# Numbers


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([*FORMS, TOY, SMALL]).flatmap(lambda form: st.tuples(st.just(form), any_values(form))))
def test_a_report_reads_back_as_it_was_written(case: tuple[ReportForm, Values]) -> None:
    form, values = case
    workbook = opened(write_report(a_book(values, form)))
    assert numbers_at(workbook, addresses_of(form)) == decimals(form, values)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**15 - 1) | st.integers(0, 10**18))
def test_money_is_exact_and_shows_four_places_where_it_has_any(stored: int) -> None:
    code = "things.one.money"
    cell = cell_at(opened(write_report(a_book({code: stored}, SMALL))), addresses_of(SMALL)[code])
    text = to_text(SMALL.cells[code].measure, stored)
    assert number_in(cell) == Decimal(text)
    if len(text.replace(".", "").lstrip("0")) > LONG:
        assert (cell.data_type, cell.number_format, cell.value) == ("s", "@", text)
    else:
        assert (cell.data_type, cell.number_format) == ("n", "0.0000##" if "." in text else "0")


@pytest.mark.parametrize("stored", [9_000_000_000_000_001, 912_345_678_123_456, 999_999_999_999_999, 1])
def test_the_file_has_the_very_digits_and_not_those_of_the_nearest_binary_number(stored: int) -> None:
    code = "things.one.money"
    with ZipFile(BytesIO(write_report(a_book({code: stored}, SMALL)))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert f">{to_text(SMALL.cells[code].measure, stored)}</" in sheet


def test_a_number_too_long_for_excel_is_text_and_the_sheet_says_so() -> None:
    workbook = opened(write_report(a_book({**a_balanced_report(), RECEIVED: 10**15})))
    assert cell_at(workbook, addresses_of(FORM)[RECEIVED]).value == "1000000000000000"
    assert any("以文本保存" in text for text in texts(workbook["表三"]))
    assert not any("以文本保存" in text for text in texts(workbook["表二"]))


def test_two_readers_see_the_same_numbers() -> None:
    values = {**a_balanced_report(), FEE: 437_880}
    file = write_report(a_book(values))
    sheets = CalamineWorkbook.from_filelike(BytesIO(file))
    ours = opened(file)
    for code, address in addresses_of(FORM).items():
        cell = cell_at(ours, address)
        seen = sheets.get_sheet_by_name(address.partition("!")[0]).to_python(skip_empty_area=False)
        assert Decimal(str(seen[cell.row - 1][cell.column - 1])) == expected(FORM, code, values[code])


def test_a_missing_cell_is_empty_and_marked_and_never_0() -> None:
    workbook = opened(write_report(a_book({**a_balanced_report(), RECEIVED: None, FEE: 0})))
    addresses = addresses_of(FORM)
    missing, zero = (cell_at(workbook, addresses[code]) for code in (RECEIVED, FEE))
    assert number_in(missing) is None
    assert missing.fill.fgColor.rgb == "00FFF2CC"
    assert number_in(zero) == 0
    assert zero.fill.fill_type is None
    assert any("没有填报" in text for text in texts(workbook["表三"]))
    assert not any("没有填报" in text for text in texts(workbook["表二"]))


# The form's own shape


@pytest.mark.parametrize("form", [*FORMS, TOY, SMALL])
def test_headings_stand_and_merge_as_on_the_form(form: ReportForm) -> None:
    workbook = opened(write_report(a_book({}, form)))
    for table in form.tables:
        sheet, grid = workbook[table.name], grid_of(table)
        areas = set()
        for box in grid.boxes:
            top, left = box.row + ROWS_ABOVE + 1, box.column + 1
            assert sheet.cell(top, left).value == (box.text or None)
            if (box.height, box.width) != (1, 1):
                corner = sheet.cell(top + box.height - 1, left + box.width - 1)
                areas.add(f"{sheet.cell(top, left).coordinate}:{corner.coordinate}")
        within = range(ROWS_ABOVE + 1, ROWS_ABOVE + grid.height + 1)
        assert {str(area) for area in sheet.merged_cells.ranges if area.min_row in within} == areas


def test_below_a_table_stands_the_unit_of_money_that_its_heading_doesn_t_tell() -> None:
    """The form of 2019 prints 采购总金额 alone; that of 2021 prints 万元 with its own."""
    former = opened(write_report(a_book(form=annual_2019.FORM)))
    assert "说明：“采购总金额”以元为单位。" in texts(former["表二"])
    assert not [text for text in texts(opened(write_report(a_book()))["表二"]) if "为单位" in text]


def test_a_sentence_that_the_message_has_in_full_is_not_quoted_again() -> None:
    book = a_book(overview="全年收到政府信息公开申请999件。")
    said = [text for text in texts(opened(write_report(book))["校验"]) if "收到政府信息公开申请999件" in text]
    assert said
    assert [text.count("申请999件") for text in said] == [1] * len(said)


def test_above_a_table_stand_its_section_and_the_period() -> None:
    sheet = opened(write_report(a_book()))["表三"]
    assert sheet["A1"].value == "三、收到和处理政府信息公开申请情况"
    assert sheet["A2"].value == "示例县示例镇人民政府　2024年1月1日至2024年12月31日"


@pytest.mark.parametrize("name", ["表二", "表三", "表四", "正文", "校验"])
def test_every_sheet_prints_on_a4_with_page_numbers(name: str) -> None:
    sheet = opened(write_report(a_book()))[name]
    assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
    assert sheet.page_setup.orientation == ("landscape" if name == "校验" else "portrait")
    assert sheet.page_setup.fitToWidth == 1
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_options.horizontalCentered
    assert sheet.oddFooter is not None
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert sheet.oddFooter.left.text == "状态：草稿"
    assert sheet.oddFooter.right.text == "数据截至：2025-01-31 09:30"


def test_a_table_repeats_its_heading_rows_on_every_page() -> None:
    workbook = opened(write_report(a_book()))
    repeated = {table.name: workbook[table.name].print_title_rows for table in FORM.tables}
    assert repeated == {"表二": "$1:$2", "表三": "$1:$5", "表四": "$1:$5"}


def test_headings_are_in_the_fonts_of_official_paper() -> None:
    sheet = opened(write_report(a_book()))["表三"]
    assert (sheet["A1"].font.name, sheet["D6"].font.name) == ("黑体", "仿宋")
    assert sheet["D6"].border.left.style == sheet["J30"].border.bottom.style == "thin"
    assert sheet["A3"].alignment.wrap_text


# Prose


def test_prose_has_a_paragraph_a_row_under_its_section() -> None:
    found = texts(opened(write_report(a_book(overview="第一段。\n\n第二段。", problems="有。")))["正文"])
    start = found.index("一、总体情况")
    assert found[start : start + 5] == [
        "一、总体情况",
        "第一段。",
        "第二段。",
        "二、主动公开政府信息情况",
        "见“表二”",
    ]
    assert found[-1] == "六、其他需要报告的事项"


def test_a_report_without_title_gets_the_one_that_the_form_prescribes() -> None:
    content = a_content()
    book = ReportBook(type(content)(FORM, 2024, None, None, {}, {}), "示例镇", "草稿", [], AS_OF)
    workbook = opened(write_report(book))
    assert workbook["正文"]["A1"].value == "示例镇2024年政府信息公开工作年度报告"
    assert workbook.properties.title == "示例镇2024年政府信息公开工作年度报告"


def test_prose_that_nobody_wrote_is_an_empty_marked_row() -> None:
    sheet = opened(write_report(a_book(overview="有。")))["正文"]
    row = next(cell.row for cell in sheet["A"] if cell.value == "六、其他需要报告的事项") + 1
    assert sheet.cell(row, 1).value is None
    assert sheet.cell(row, 1).fill.fgColor.rgb == "00FFF2CC"


def test_prose_longer_than_a_cell_is_whole_over_several_rows() -> None:
    prose = "".join(f"第{at}句话，不能少一个字。" for at in range(6_000))
    found = texts(opened(write_report(a_book(overview=prose)))["正文"])
    pieces = found[found.index("一、总体情况") + 1 : found.index("二、主动公开政府信息情况")]
    assert len(pieces) > 1
    assert "".join(pieces) == prose
    assert max(map(len, pieces)) < 32_767


def test_a_paragraph_higher_than_any_row_gets_several() -> None:
    sheet = opened(write_report(a_book(overview="字" * 3_000)))["正文"]
    row = next(cell.row for cell in sheet["A"] if str(cell.value).startswith("字字"))
    (area,) = (area for area in sheet.merged_cells.ranges if area.min_row == row)
    heights = [sheet.row_dimensions[at].height or 0 for at in range(row, area.max_row + 1)]
    assert max(heights) <= 409
    assert sum(heights) > 3_000 // 45 * 18


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", "#N/A", "=cmd|' /C calc'!A0"])
def test_text_stays_text(text: str) -> None:
    sheet = opened(write_report(a_book(overview=text)))["正文"]
    cell = next(cell for cell in sheet["A"] if cell.value == text)
    assert cell.data_type == "s"
    assert cell.quotePrefix == text.startswith(("=", "+", "-", "@"))


def test_what_xml_cannot_hold_leaves_a_mark_and_a_readable_file() -> None:
    found = texts(opened(write_report(a_book(overview="前\x00\x0b\ud800后 <b>&amp;</b>")))["正文"])
    assert "前\ufffd\ufffd\ufffd后 <b>&amp;</b>" in found


# Findings


def test_findings_name_rule_level_outcome_cells_and_both_sides() -> None:
    values = {**a_balanced_report(), RECEIVED: None}
    values["proceedings.reconsideration.total"] = 0
    sheet = opened(write_report(a_book(values)))["校验"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    outcomes = [str(row[2]) for row in rows]
    assert outcomes == sorted(outcomes, key=["不符合", "未能核对", "符合"].index)
    broken = next(row for row in rows if row[0] == "R10")
    assert broken[1:3] == ["强制性", "不符合"]
    assert "表四!E6 表四“行政复议”行“总计”列：0" in str(broken[6]).split("\n")
    left, right, difference, explanation = broken[7:]
    assert left == 0
    assert difference == -int(str(right))
    assert explanation is None
    skipped = next(row for row in rows if row[0] == "R07")
    assert "表三!D6 表三“本年新收”行“自然人”列：未填" in str(skipped[6])
    assert skipped[7:] == [None] * 4


def test_the_sheet_of_findings_counts_them() -> None:
    direct = [code for code in typed_cells(FORM) if code.startswith("proceedings.litigation_direct.")]
    book = a_book(a_balanced_report(**dict.fromkeys(direct, 0)))
    sheet = opened(write_report(book))["校验"]
    count = len(book.results)
    assert sheet["A2"].value == f"共核对 {count} 项：不符合 0 项，未能核对 0 项，符合 {count} 项"
    assert sheet.freeze_panes == "A4"


# Roll-ups


def numbers_in_tables(sheet: Worksheet) -> list[Decimal]:
    """Return the numbers of the tables on a sheet, line by line."""
    cells = (cell for row in sheet.iter_rows(min_row=6) for cell in row)
    return [Decimal(str(cell.value)) for cell in cells if cell.data_type == "n" and cell.value is not None]


def line_by_line(form: ReportForm, values: Values) -> list[Decimal | None]:
    boxes = [
        box
        for table in form.tables
        for box in sorted(grid_of(table).boxes, key=lambda box: (box.row, box.column))
        if box.cell is not None
    ]
    return [expected(form, str(box.cell), values.get(str(box.cell))) for box in boxes]


def matrix_rows(workbook: Workbook) -> list[list[object]]:
    return [[cell.value for cell in row] for row in workbook["明细"].iter_rows(min_row=6)]


def three_units() -> tuple[UnitRow, ...]:
    return tuple(a_unit(at, values=a_balanced_report(received=at)) for at in range(1, 4))


def test_the_sheets_stand_in_order() -> None:
    workbook = opened(write_roll_up(a_roll_up(*three_units())))
    assert workbook.sheetnames == ["汇总", "明细", "缺报", "校验", "第1镇", "第2镇", "第3镇"]


@pytest.mark.parametrize("form", [*FORMS, TOY, SMALL])
def test_totals_and_units_have_the_forms_tables_with_their_numbers(form: ReportForm) -> None:
    units = [a_unit(at, values=a_balanced_report(form)) for at in (1, 2)]
    book = a_roll_up(*units, form=form)
    workbook = opened(write_roll_up(book))
    assert numbers_in_tables(workbook["汇总"]) == line_by_line(form, book.rolled.totals)
    for unit in units:
        assert numbers_in_tables(workbook[unit.name]) == line_by_line(form, unit.values)
    headings = {box.text for table in form.tables for box in grid_of(table).boxes if box.text}
    assert headings <= set(texts(workbook["汇总"]))
    assert headings <= set(texts(workbook["第1镇"]))


def test_a_cell_stands_at_one_address_on_totals_and_units() -> None:
    workbook = opened(write_roll_up(a_roll_up(*three_units())))
    tables = {str(area) for area in workbook["汇总"].merged_cells.ranges if area.min_row > 5}
    assert tables == {str(area) for area in workbook["第1镇"].merged_cells.ranges if area.min_row > 5}


def test_tables_are_equally_wide_one_below_the_other() -> None:
    sheet = opened(write_roll_up(a_roll_up(a_unit())))["汇总"]
    assert {"A7:O7", "A51:E51", "F51:O51"} <= merged(sheet)
    assert {sheet.column_dimensions[letter].width for letter in "ABCDEFGHIJKLMNO"} == {8}


def test_the_totals_say_how_complete_they_are() -> None:
    sheet = opened(write_roll_up(a_roll_up(*three_units())))["汇总"]
    assert sheet["A1"].value == "示例县2024年政府信息公开工作年度报告汇总"
    assert sheet["A3"].value == "汇总口径：已上报；状态：临时；截至2025-01-31 09:30（北京时间）。"
    assert [cell.value for cell in sheet[4] if cell.value] == ["应报", "已报", "缺报"]
    assert [cell.value for cell in sheet[5] if cell.value is not None] == [4, 3, 1]


@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from([*FORMS, TOY, SMALL]).flatmap(
        lambda f: st.tuples(st.just(f), st.lists(any_values(f), max_size=4))
    )
)
def test_the_matrix_has_every_units_numbers_and_their_sum(case: tuple[ReportForm, list[Values]]) -> None:
    form, reports = case
    book = a_roll_up(*(a_unit(at, values=values) for at, values in enumerate(reports)), form=form)
    *units, total, lacking = matrix_rows(opened(write_roll_up(book)))

    def numbers(row: list[object]) -> dict[str, Decimal | None]:
        found = [None if value is None else Decimal(str(value)) for value in row[5:]]
        return dict(zip(form.cells, found, strict=True))

    assert [numbers(row) for row in units] == [decimals(form, values) for values in reports]
    assert [row[:5] for row in units] == [
        [unit.code, unit.name, "乡级", "人民政府", "已上报"] for unit in book.units
    ]
    assert numbers(total) == decimals(form, book.rolled.totals)
    assert lacking[5:] == [book.rolled.incomplete.get(code, 0) for code in form.cells]


def test_the_matrix_is_headed_by_table_row_and_column() -> None:
    sheet = opened(write_roll_up(a_roll_up(*three_units())))["明细"]
    assert [sheet.cell(row, 6).value for row in (3, 4, 5)] == ["表二", "规章", "本年制发件数"]
    assert [sheet.cell(row, 16).value for row in (3, 4, 5)] == ["表三", "本年新收", "自然人"]
    assert {"A3:A5", "F3:O3", "F4:H4", "P3:GH3", "P4:V4"} <= merged(sheet)
    assert sheet.freeze_panes == "C6"
    assert sheet.auto_filter.ref == "A5:GW8"
    assert (sheet.print_title_rows, sheet.print_title_cols) == ("$1:$5", "$A:$B")
    assert sheet.page_setup.orientation == "landscape"


def test_an_incomplete_total_is_marked_and_says_how_many_units_lack_it() -> None:
    units = [a_unit(at, values={**a_balanced_report(), RECEIVED: 5 if at == 1 else None}) for at in (1, 2, 3)]
    workbook = opened(write_roll_up(a_roll_up(*units)))
    (line,) = (text for text in texts(workbook["校验"]) if "个单位未填" in text)
    address, _, told = line.partition(" ")
    assert told == "表三“本年新收”行“自然人”列：2 个单位未填"
    cell = cell_at(workbook, address)
    assert (cell.value, cell.fill.fgColor.rgb) == (5, "00FFF2CC")
    assert any("合计不全" in text for text in texts(workbook["汇总"]))
    matrix = workbook["明细"]
    row = totals_row(matrix)
    assert (matrix.cell(row, 16).value, matrix.cell(row + 1, 16).value) == (5, 2)
    assert matrix.cell(row, 16).fill.fgColor.rgb == "00FFF2CC"


def test_nothing_included_leaves_totals_empty_and_never_0() -> None:
    workbook = opened(write_roll_up(a_roll_up()))
    assert numbers_in_tables(workbook["汇总"]) == []
    *_, total, _ = matrix_rows(workbook)
    assert set(total[5:]) == {None}
    assert workbook["明细"].auto_filter.ref == "A5:GW6"


def test_findings_on_totals_point_into_the_totals() -> None:
    values = {**a_balanced_report(), "proceedings.reconsideration.total": 1}
    workbook = opened(write_roll_up(a_roll_up(a_unit(values=values))))
    broken = next(row for row in workbook["校验"].iter_rows(min_row=4) if row[0].value == "R10")
    for line in str(broken[6].value).split("\n"):
        address, _, told = line.partition(" ")
        assert str(cell_at(workbook, address).value) == told.rpartition("：")[2]


def test_who_is_missing_stands_on_its_sheet() -> None:
    owed = [Owed("640323999", "=某局", "缺报", "没有上报"), Owed("640323998", "某办", "草稿")]
    sheet = opened(write_roll_up(a_roll_up(missing=owed)))["缺报"]
    assert sheet["A2"].value == "未计入汇总的单位：2 个"
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert rows[1:] == [["640323999", "=某局", "缺报", "没有上报"], ["640323998", "某办", "草稿", None]]
    assert sheet["B4"].data_type == "s"


def test_with_nobody_missing_the_sheet_says_so() -> None:
    assert opened(write_roll_up(a_roll_up()))["缺报"]["A2"].value == "应报单位都已计入汇总"


def test_a_hundred_units_have_their_sheets() -> None:
    file = write_roll_up(a_roll_up(*map(a_unit, range(100))))
    assert len(CalamineWorkbook.from_filelike(BytesIO(file)).sheet_names) == 104


def test_more_than_a_hundred_units_stand_in_the_matrix_alone_and_the_totals_say_so() -> None:
    workbook = opened(write_roll_up(a_roll_up(*map(a_unit, range(101)))))
    assert workbook.sheetnames == ["汇总", "明细", "缺报", "校验"]
    assert "单位超过 100 个，不设各单位分表，各单位数字见“明细”。" in str(workbook["汇总"]["A3"].value)
    assert len(matrix_rows(workbook)) == 101 + 2


def test_units_of_any_name_have_sheets_of_their_own() -> None:
    names = ["汇总", "a/b:c", "A/B:C", "'x'", "镇" * 50, "镇" * 50, "=1+1", "History", "o'n"]
    workbook = opened(write_roll_up(a_roll_up(*(a_unit(at, name) for at, name in enumerate(names)))))
    assert len(workbook.sheetnames) == 4 + len(names)
    assert workbook.sheetnames[4:] == [
        "汇总(2)",
        "a_b_c",
        "A_B_C(2)",
        "x",
        "镇" * 31,
        "镇" * 28 + "(2)",
        "=1+1",
        "History(2)",
        "o'n",
    ]


def test_a_units_prose_stands_below_its_tables() -> None:
    unit = a_unit(overview="第一段。\n第二段。", problems=None)
    sheet = opened(write_roll_up(a_roll_up(unit)))["第1镇"]
    found = texts(sheet)
    assert found[-5:] == [
        "一、总体情况",
        "第一段。",
        "第二段。",
        "五、存在的主要问题及改进情况",
        "六、其他需要报告的事项",
    ]
    assert sheet.page_setup.fitToHeight == 0


# The file


def test_a_file_says_who_made_it_what_it_is_and_of_when() -> None:
    properties = opened(write_roll_up(a_roll_up())).properties
    assert (properties.creator, properties.lastModifiedBy) == ("nianbao", "nianbao")
    assert properties.title == "示例县2024年政府信息公开工作年度报告汇总"
    assert properties.created == properties.modified == AS_OF.replace(tzinfo=None)


def test_the_same_book_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; from tests.documents.test_workbook import *;"
        "sys.stdout.buffer.write(write_report(a_book()) + write_roll_up(a_roll_up(*three_units())))"
    )
    command = [sys.executable, "-c", code]
    there = subprocess.run(command, env={"PYTHONHASHSEED": "7"}, check=True, capture_output=True).stdout
    assert there == write_report(a_book()) + write_roll_up(a_roll_up(*three_units()))


def test_a_sheet_tells_how_far_it_reaches() -> None:
    workbook = load_workbook(BytesIO(write_roll_up(a_roll_up(*three_units()))), read_only=True)
    assert (workbook["明细"].max_row, workbook["明细"].max_column) == (10, 205)
    workbook.close()
