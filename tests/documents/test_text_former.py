"""Reading reports on the form of 2019 and 2020, and its tables in reports of other years."""

import pytest
from hypothesis import HealthCheck, given, settings

from app.documents.reading import CellState, Reading
from app.documents.text import read_text
from app.domain.values import Values
from app.forms import annual_2021
from app.forms.annual_2019 import FORM
from tests.builders import a_content, any_values, balanced_values
from tests.documents.text_builders import a_report, a_text, codes, messages, read, replaced, row_with

TABLE_2 = """第二十条第（一）项
信息内容\t本年新制作数量\t本年新公开数量\t对外公开总数量
规章\t0\t0\t0
规范性文件\t1\t1\t4
第二十条第（五）项
信息内容\t上一年项目数量\t本年增/减\t处理决定数量
行政许可\t12\t减4\t8
其他对外管理服务事项\t3\t+21\t0
第二十条第（六）项
信息内容\t上一年项目数量\t本年增/减\t处理决定数量
行政处罚\t7\t-1\t2
行政强制\t2\t0\t0
第二十条第（八）项
信息内容\t上一年项目数量\t本年增/减
行政事业性收费\t1\t减少1项
第二十条第（九）项
信息内容\t采购项目数量\t采购总金额
政府集中采购\t2\t437,880.50元
"""


def a_former_report(year: int | None = None, **cells: int | None) -> str:
    """Return the text of a balanced report on the former form; cells are named with __ for the dots."""
    content = a_content(FORM, year=year)
    values = {**content.values, **{code.replace("__", "."): value for code, value in cells.items()}}
    return a_text(a_content(FORM, year=year, values=values), FORM).decode()


def with_table_2(text: str, rows: str = TABLE_2) -> str:
    start, end = text.index("第二十条第（一）项"), text.index("三、收到")
    return text[:start] + rows + text[end:]


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(any_values(FORM))
def test_a_cell_is_never_read_as_another_number(values: Values) -> None:
    """A lone figure under two headings may be two run together, and is left unclear."""
    reading = read_text(a_text(a_content(FORM, values=values), FORM))
    assert reading.form is FORM
    assert all(value in (None, values[code]) for code, value in reading.values.items())


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(balanced_values(FORM))
def test_a_well_formed_report_reads_back_as_it_was_written(values: Values) -> None:
    reading = read_text(a_text(a_content(FORM, values=values), FORM))
    assert reading.form is FORM
    assert reading.year == 2020
    assert codes(reading) == []
    assert reading.values == values


@pytest.mark.parametrize("year", [2019, 2020])
def test_its_own_years_are_told_nothing(year: int) -> None:
    reading = read(a_former_report(year))
    assert (reading.form, reading.year, codes(reading), reading.confidence) == (FORM, year, [], 100)


def test_changes_are_read_with_the_signs_and_words_that_people_write() -> None:
    reading = read(with_table_2(a_former_report()))
    assert codes(reading) == []
    changes = [code for code in FORM.cells if code.endswith(".items_change")]
    assert [reading.values[code] for code in changes] == [-4, 21, -1, 0, -1]
    assert reading.values["disclosure.procurement.spent"] == 43_788_050


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(("-4", -4), ("－4", -4), ("−4", -4), ("减4", -4), ("减少 4", -4), ("-1,234", -1234), ("-4项", -4)),
        *(("+4", 4), ("4", 4), ("增4", 4), ("增加4", 4), ("0", 0), ("零", 0)),
    ],
)
def test_a_change_as_people_write_it(written: str, value: int) -> None:
    assert change(written).values["disclosure.licensing.items_change"] == value


def change(written: str) -> Reading:
    """Read a report with this for the change in 行政许可."""
    return read(with_table_2(a_former_report(), replaced(TABLE_2, "减4", written)))


@pytest.mark.parametrize("written", ["减", "4-", "增1减2", "--4", "持平", "-4.5"])
def test_what_is_no_change_is_left_unclear(written: str) -> None:
    reading = change(written)
    assert reading.cells["disclosure.licensing.items_change"].state is CellState.UNCLEAR
    assert codes(reading) == ["R05 disclosure.licensing.items_change"]
    assert "不是整数" in messages(reading)


@pytest.mark.parametrize("written", ["-", "/", "", "—"])
def test_a_stroke_alone_is_no_change_of_0(written: str) -> None:
    reading = change(written)
    assert reading.cells["disclosure.licensing.items_change"].state is CellState.MISSING


def test_no_other_count_is_read_with_a_sign() -> None:
    reading = read(with_table_2(a_former_report(), replaced(TABLE_2, "许可\t12", "许可\t-12")))
    assert codes(reading) == ["R05 disclosure.licensing.items_before"]
    assert "不小于 0 的整数" in messages(reading)


def test_an_amount_in_wan_yuan_is_left_unclear_and_told_in_yuan() -> None:
    reading = read(with_table_2(a_former_report(), replaced(TABLE_2, "437,880.50元", "43.788万元")))
    (finding,) = reading.findings
    assert (finding.rule.id, finding.code) == ("R06", "disclosure.procurement.spent")
    assert finding.hint == "看起来是以万元为单位的，折合 437880 元；请核对后按元填写"


def test_the_later_form_s_name_of_the_same_row_is_read_and_named() -> None:
    reading = read(with_table_2(a_former_report(), replaced(TABLE_2, "规范性文件", "行政规范性文件")))
    assert codes(reading) == ["R36 disclosure.wording.normative_documents"]
    assert "是2021 年格式的用语，按“规范性文件”读入" in messages(reading)
    assert reading.values["disclosure.normative_documents.disclosed"] == 4


OTHER_TABLES = ["R02 form.disclosure", "R02 form.requests"]


def test_its_headings_tell_the_form_whatever_the_year_of_the_title() -> None:
    """Each table is named, with what it was told by; 表四 is the same on both forms."""
    reading = read(a_former_report(2022))
    assert (reading.form, reading.year, reading.confidence) == (FORM, 2022, 100)
    assert (codes(reading), reading.others) == (OTHER_TABLES, ("表二", "表三"))
    disclosure, requests = (finding.message for finding in reading.findings)
    assert disclosure.startswith(f"表二是 {FORM.notice} 的表格（有栏目“本年新公开数量”“对外公开总数量”")
    assert requests.startswith(f"表三是 {FORM.notice} 的表格（“（六）其他处理”只有一行）")
    assert f"2022 年度的报告应使用 {annual_2021.FORM.notice} 的表格，请换用 2021 年起的表格填写" in requests


def test_the_later_form_s_tables_in_a_report_of_2020_are_said_not_to_fit() -> None:
    reading = read_text(a_text(a_content(year=2020)))
    assert (reading.form, reading.year) == (annual_2021.FORM, 2020)
    assert codes(reading) == OTHER_TABLES
    assert "请换用 2019 至 2020 年的表格填写" in messages(reading)


def test_a_year_that_is_said_counts_before_that_of_the_title() -> None:
    report = a_former_report(2020)
    assert codes(read_text(report.encode(), year=2022)) == OTHER_TABLES
    assert codes(read_text(report.encode(), year=2019)) == []
    untitled = report[report.index("本报告") :]
    assert codes(read(untitled)) == ["R36 title"]
    assert codes(read_text(untitled.encode(), year=2022)) == ["R36 title", *OTHER_TABLES]


def test_a_year_without_a_form_is_said_to_have_none() -> None:
    reading = read(a_former_report(2018))
    assert codes(reading) == ["R02 year"]
    assert "没有 2018 年度的报告格式" in messages(reading)


@pytest.mark.parametrize(("year", "code"), [(2024, "disclosure"), (2020, "requests")])
def test_its_table_2_beside_the_later_form_s_table_3_is_no_whole_form(year: int, code: str) -> None:
    """Only the table that isn't the year's is named; of no table is it guessed what it would be."""
    text = with_table_2(a_text(a_content(year=year)).decode())
    reading = read(text)
    assert (reading.form, reading.values, reading.cells, reading.confidence) == (None, {}, {}, 0)
    assert [each for each in codes(reading) if each.startswith("R0")] == [f"R02 form.{code}"]
    assert len(reading.narratives) == 3


@pytest.mark.parametrize(("year", "code"), [(2024, "requests"), (2020, "disclosure")])
def test_the_later_form_s_table_2_beside_its_table_3_is_none_either(year: int, code: str) -> None:
    later, own = a_text(a_content(year=year)).decode(), a_former_report(year)
    start, end = later.index("第二十条第（一）项"), later.index("三、收到")
    reading = read(with_table_2(own, later[start:end]))
    assert reading.form is None
    assert [each for each in codes(reading) if each.startswith("R0")] == [f"R02 form.{code}"]


def test_without_a_year_the_tables_are_held_to_the_form_that_most_of_them_are_of() -> None:
    text = with_table_2(a_report(), "信息内容\t本年新公开数量\t对外公开总数量\n规章\t1\t4\n")
    reading = read(text[text.index("本报告") :])
    assert codes(reading) == ["R36 title", "R02 form.disclosure"]
    assert "2021 年起的报告应使用 国办公开办函〔2021〕30号 的表格" in messages(reading)


def test_a_table_2_of_its_columns_alone_in_the_later_form_is_read_on_neither() -> None:
    headings = "第二十条第（一）项\n信息内容\t本年新制作数量\t本年新公开数量\t对外公开总数量\n"
    reading = read(with_table_2(a_report(), headings + "行政规范性文件\t1\t1\t4\n"))
    assert (reading.form, codes(reading)) == (None, ["R02 form.disclosure"])
    assert "（有栏目“本年新公开数量”“对外公开总数量”）" in messages(reading)


def test_a_column_of_the_later_form_is_only_named() -> None:
    reading = read(replaced(a_former_report(), "对外公开总数量", "本年废止件数"))
    assert reading.form is FORM
    assert codes(reading) == ["R02 form", "R03 disclosure.1.columns.disclosed"]
    assert "国办公开办函〔2021〕30号（后一版格式）的栏目“本年废止件数”" in messages(reading)
    assert "2020 年度的报告应使用 国办公开办函〔2019〕60号 的表格" in messages(reading)


def test_tables_without_a_heading_of_either_form_alone_are_taken_for_the_form_in_force() -> None:
    row = row_with("一、本年新收政府信息公开申请数量", a_report())
    reading = read(f"某镇2024年政府信息公开工作年度报告\n三、收到和处理政府信息公开申请情况\n{row}")
    assert reading.form is annual_2021.FORM
