"""Cells, rows and columns as documents really have them."""

import pytest

from app.documents.reading import CellState, Reading
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report
from tests.documents.text_builders import a_report, codes, messages, read, replaced, row_with

PENALTIES = "行政处罚\t8"


@pytest.mark.parametrize(
    "nothing", ["", "/", "-", "—", "——", "－", "／", "无", " ", "\u3000", "\xa0", "--", "*"]
)
def test_blanks_and_strokes_are_missing_and_never_zero(nothing: str) -> None:
    reading = read(replaced(a_report(), PENALTIES, f"行政处罚\t{nothing}"))
    assert reading.values["disclosure.penalties.decisions"] is None
    assert reading.cells["disclosure.penalties.decisions"].state is CellState.MISSING
    assert reading.findings == []


@pytest.mark.parametrize(
    ("raw", "value"),
    [("８", 8), (" 8 ", 8), ("8件", 8), ("8 件", 8), ("11,398,889", 11398889), ("零", 0), ("8\u3000", 8)],
)
def test_numbers_as_people_write_them(raw: str, value: int) -> None:
    reading = read(replaced(a_report(), PENALTIES, f"行政处罚\t{raw}"))
    assert reading.values["disclosure.penalties.decisions"] == value
    assert reading.findings == []


@pytest.mark.parametrize(
    "raw",
    ["减4", "+21", "-3", "1.5", "5.0", "007", "00", "8条", "1e3", "约8", "8 8", "9" * 13, "9" * 30, "\ufffd"],
)
def test_what_is_no_count_is_unclear_and_quoted(raw: str) -> None:
    reading = read(replaced(a_report(), PENALTIES, f"行政处罚\t{raw}"))
    code = "disclosure.penalties.decisions"
    assert reading.values[code] is None
    assert (reading.cells[code].state, reading.cells[code].raw) == (CellState.UNCLEAR, raw)
    finding = reading.findings[0]
    assert (finding.rule.id, finding.code, finding.cells) == ("R05", code, (code,))
    assert f"表二“行政处罚”行“本年处理决定数量”列写的是“{raw}”，不是不小于 0 的整数" in finding.message


def _with_fee(raw: str) -> Reading:
    text = a_report(disclosure__fees__amount=0)
    return read(replaced(text, "行政事业性收费\t0", f"行政事业性收费\t{raw}"))


@pytest.mark.parametrize(
    ("raw", "value"),
    [("43.788万元", 43_788_000), ("43.7880", 43_788_000), ("0.000001", 1), ("316,441", 316_441_000_000)],
)
def test_fees_in_their_own_unit(raw: str, value: int) -> None:
    reading = _with_fee(raw)
    assert reading.values["disclosure.fees.amount"] == value
    assert reading.findings == []


def test_a_fee_in_yuan_is_unclear_and_says_so() -> None:
    (finding,) = _with_fee("251000元").findings
    assert finding.rule.id == "R06"
    assert "写的是“251000元”，不是以万元为单位、不小于 0 的数" in finding.message
    assert finding.hint == "看起来是以元为单位的，折合 25.1 万元；请核对后按万元填写"


def test_a_sum_too_large_to_be_money_is_unclear() -> None:
    assert _with_fee("9" * 18).cells["disclosure.fees.amount"].state is CellState.UNCLEAR


def test_a_signed_count_is_never_taken_for_the_count() -> None:
    reading = read(replaced(a_report(), PENALTIES, "行政处罚\t+21"))
    assert reading.findings[0].hint == "如果是 21 件，请只写数"


@pytest.mark.parametrize(
    "row", ["规章000", "规章141414\t\t\t", "规章\t141414\t\t\t", "规章\t000", "规章 0 0 0\t"]
)
def test_figures_run_together_are_left_unclear(row: str) -> None:
    reading = read(replaced(a_report(), "规章\t1\t2\t3", row))
    for column in ("issued", "repealed", "in_force"):
        cell = reading.cells[f"disclosure.regulations.{column}"]
        assert (cell.state, reading.values[f"disclosure.regulations.{column}"]) == (CellState.UNCLEAR, None)
    assert "R03" in codes(reading)[0]
    assert "没法断定哪个数属于哪一列" in messages(reading)
    assert reading.values["disclosure.normative_documents.in_force"] == 6


# Rows and columns.


RECEIVED = "一、本年新收政府信息公开申请数量"


def test_a_row_that_lost_a_value_is_left_unclear() -> None:
    text = a_report()
    row = row_with(RECEIVED, text)
    fields = row.split("\t")
    reading = read(replaced(text, row, "\t".join([*fields[:4], *fields[5:]])))
    assert {
        reading.values[f"requests.received.{column.code}"] for column in FORM.tables[1].columns_of("received")
    } == {None}
    (finding,) = reading.findings
    assert finding.message == (
        "表三“本年新收”行有 6 个数，表头有 7 列，没法断定哪个数属于哪一列，先空着，请对照原件填写"
    )
    assert reading.cells["requests.received.total"].raw.count("\t") == 5


def test_rows_without_their_blank_fields_are_tied_when_all_values_are_there() -> None:
    text = a_report()
    squeezed = "\n".join(
        "\t".join(field for field in line.split("\t") if field)
        if line[:1] in "一二四" and "\t" in line
        else line
        for line in text.splitlines()
    )
    assert squeezed != text
    reading = read(squeezed)
    assert reading.values == a_balanced_report()
    assert reading.findings == []


def test_a_header_whose_lines_lost_their_indentation_is_not_guessed_at() -> None:
    text = a_report()
    lines = [
        line.lstrip("\t") if "商业企业" in line or line.strip().startswith("自然人") else line
        for line in text.splitlines()
    ]
    reading = read("\n".join(lines))
    known = a_balanced_report()
    assert all(value in (None, known[code]) for code, value in reading.values.items())
    assert {reading.values[code] for code in FORM.cells if code.startswith("requests.")} == {None}


def test_a_blank_in_a_shifted_table_is_never_guessed() -> None:
    text = a_report()
    header = row_with("商业企业", text)
    upper = row_with("自然人", text)
    shifted = replaced(replaced(text, header, "\t" + header), upper, "\t" + upper)
    row = row_with(RECEIVED, shifted)
    fields = row.split("\t")
    fields[5] = ""
    reading = read(replaced(shifted, row, "\t".join(fields)))
    assert reading.values["requests.received.business"] is None
    known = a_balanced_report()
    assert all(value in (None, known[code]) for code, value in reading.values.items())


def test_a_lost_column_is_missing_and_named() -> None:
    text = a_report()
    lines = []
    for line in text.splitlines():
        fields = line.split("\t")
        lines.append("\t".join(fields[:9]) if len(fields) == 10 else line)
    reading = read("\n".join(lines))
    lost = [code for code in FORM.cells if code.startswith("requests.") and code.endswith(".total")]
    assert reading.missing == lost
    assert codes(reading) == ["R03 requests.1.columns.total"]
    assert reading.findings[0].cells == tuple(lost)


def test_a_column_that_is_only_misspelt_beyond_knowing_costs_no_other() -> None:
    reading = read(replaced(a_report(), "法律服务机构", "律所"))
    assert codes(reading) == ["R03 requests.1.columns.legal_service", "R03 requests.unknown.1"]
    assert len(reading.missing) == 25
    assert "“律所”不是这张表的列" in messages(reading)


def test_a_spanning_heading_on_a_line_of_its_own_is_only_a_heading() -> None:
    text = a_report()
    row = row_with("（三）不予公开", text)
    alone = "\t（三）不予公开" + "\t" * 8 + "\n" + row.replace("（三）不予公开", "")
    reading = read(replaced(text, row, alone))
    assert reading.values == a_balanced_report()
    assert reading.findings == []


def test_a_lost_row_is_missing_and_named() -> None:
    text = a_report()
    reading = read(replaced(text, row_with("2.重复申请", text) + "\n", ""))
    assert codes(reading) == ["R03 requests.rows.refused_repeated"]
    assert len(reading.missing) == 7
    assert messages(reading) == "表三缺少“重复申请”行，7 格都没有读到"


def test_an_unknown_row_is_named_and_left_out() -> None:
    text = a_report()
    row = row_with("2.重复申请", text)
    reading = read(replaced(text, row, row + "\n" + row.replace("2.重复申请", "2.别的申请")))
    assert len(codes(reading)) == 1
    assert "“2.别的申请" in messages(reading)
    assert reading.values == a_balanced_report()


def test_a_heading_with_figures_that_only_spans_others_is_the_former_form_s_row() -> None:
    """None of the rows beneath it gets its figures; beside one of them it is only no row."""
    text = a_report()
    lines = text.splitlines()
    first = next(place for place, line in enumerate(lines) if "（六）其他处理" in line)
    merged = lines[first].split("\t")
    merged[2] = ""
    before, row, after = lines[:first], "\t".join(merged), lines[first + 3 :]
    reading = read("\n".join([*before, row, *after]))
    assert (reading.form, codes(reading)) == (None, ["R02 form.requests"])
    reading = read("\n".join([*before, row, lines[first + 2], *after]))
    assert [code for code in codes(reading) if "closed" in code] == [
        "R03 requests.rows.closed_not_corrected",
        "R03 requests.rows.closed_fee_unpaid",
    ]
    assert f"文件第 {first + 1} 行“（六）其他处理" in messages(reading)
    assert "不是表三的行" in messages(reading)
    assert len(reading.missing) == 14


def test_a_row_printed_twice_alike_is_onerow_with() -> None:
    text = a_report()
    row = row_with(RECEIVED, text)
    assert read(replaced(text, row, f"{row}\n{row}")).findings == []


def test_a_row_printed_twice_with_other_values_is_unclear() -> None:
    text = a_report()
    row = row_with(RECEIVED, text)
    fields = row.split("\t")
    other = "\t".join([*fields[:-1], "999999"])
    reading = read(replaced(text, row, f"{row}\n{other}"))
    assert codes(reading) == ["R03 requests.twice.本年新收"]
    assert reading.values["requests.received.total"] is None


def test_headings_repeated_on_a_new_page_begin_no_new_table() -> None:
    text = a_report()
    head = "\n".join(row_with(word, text) for word in ("申请人情况", "自然人", "商业企业"))
    row = row_with("2.重复申请", text)
    reading = read(replaced(text, row, f"— 5 —\n{head}\n{row}"))
    assert reading.values == a_balanced_report()
    assert reading.findings == []


@pytest.mark.parametrize(
    ("whole", "split"),
    [
        ("商业企业", "商业\n企业"),
        ("自然人", "自然 人"),
        ("社会公益组织", "社会\n公益\n组织"),
        ("科研机构", "科\xa0研\u3000机构"),
        ("2.重复申请", "2、 重复 申请"),
        ("（一）予以公开", "(一)予以公开"),
        ("7.属于行政执法案卷", "７．属于行政执法案卷"),
        ("3.危及“三安全一稳定”", '3.危及"三安全一稳定"'),
        ("2.没有现成信息需要另行制作", "没有现成信息需要另行制作"),
        ("二、上年结转政府信息公开申请数量", "二、上年结轉政府信息公開申請數量"),
        ("一、本年新收政府信息公开申请数量", "一、本年新收政府信息\n公开申请数量"),
        ("三、收到和处理政府信息公开申请情况", "三、收到和处理政府信息公开\n申请情况"),
        ("（二）部分公开（区分处理的，只计这一情形，不计其他情形）", "（二）部分公开"),
        ("本年收费金额（单位：万元）", "本年收费金额\n（单位：万元）"),
        ("未经复议直接起诉", "未经复议\n直接起诉"),
    ],
)
def test_spacing_splits_and_signs_of_headings_don_t_matter(whole: str, split: str) -> None:
    reading = read(replaced(a_report(), whole, split))
    assert reading.values == a_balanced_report()
    assert reading.findings == []


def test_headings_stacked_in_two_lines_of_a_header() -> None:
    text = a_report()
    header = row_with("商业企业", text)
    upper = header.replace("商业企业", "商业").replace("科研机构", "科研")
    lower = "\t".join({"商业企业": "企业", "科研机构": "机构"}.get(field, "") for field in header.split("\t"))
    reading = read(replaced(text, header, f"{upper}\n{lower}"))
    assert reading.values == a_balanced_report()
    assert reading.findings == []


def test_rows_without_any_header_can_t_be_read() -> None:
    text = a_report()
    reading = read(replaced(text, row_with("本年制发件数", text) + "\n", ""))
    assert codes(reading) == [
        "R03 disclosure.1.columns.issued",
        "R03 disclosure.1.columns.repealed",
        "R03 disclosure.1.columns.in_force",
    ]


def test_a_column_lost_above_some_rows_only_is_named_with_their_number() -> None:
    text = a_report()
    head = "\n".join(row_with(word, text) for word in ("申请人情况", "自然人", "商业企业"))
    row = row_with("四、结转下年度继续办理", text)
    reading = read(replaced(text, row, f"{head.replace('科研机构', '')}\n{row}"))
    assert messages(reading) == "表三缺少“科研机构”列（1 行上方的表头里没有），1 格都没有读到"


def test_a_column_that_stands_there_twice_can_t_be_told() -> None:
    reading = read(replaced(a_report(), "科研机构", "商业企业"))
    assert codes(reading) == ["R03 requests.1.columns.business", "R03 requests.1.columns.research"]
    assert len(reading.missing) == 50


def test_a_table_of_which_no_row_is_known_counts_as_absent() -> None:
    text = a_report()
    start, end = text.index("第二十条第（一）项"), text.index("三、收到")
    reading = read(text[:start] + "信息内容\t本年制发件数\n" + text[end:])
    assert codes(reading) == ["R03 disclosure"]


# The table whose rows stand side by side.


def _without_blanks(text: str, words: tuple[str, ...]) -> str:
    lines = [
        "\t".join(field for field in line.split("\t") if field)
        if any(word in line for word in words)
        else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def test_merged_headings_pushed_together_are_told_by_their_order() -> None:
    text = _without_blanks(a_report(), ("行政复议\t", "未经复议", "结果维持"))
    reading = read(text)
    assert reading.values == a_balanced_report()
    assert reading.findings == []


def _judgments(text: str) -> str:
    lines = text.splitlines()
    return lines[next(place for place, line in enumerate(lines) if line.startswith("五、")) - 1]


def test_a_lost_value_leaves_the_whole_line_unclear() -> None:
    text = a_report()
    row = _judgments(text)
    reading = read(replaced(text, row, row.rpartition("\t")[0]))
    assert "表四有 14 个数，表头有 15 列" in messages(reading)
    assert len(reading.missing) == 15


def test_a_second_line_of_values_makes_both_unclear() -> None:
    text = a_report()
    row = _judgments(text)
    reading = read(replaced(text, row, f"{row}\n" + "\t".join("9" * 15)))
    assert "表四的数出现了不止一次" in messages(reading)
    assert len(reading.missing) == 15


def test_a_table_without_values_says_so() -> None:
    text = a_report()
    reading = read(replaced(text, _judgments(text) + "\n", ""))
    assert codes(reading) == ["R03 proceedings.values"]


def test_a_line_of_strokes_is_missing_not_zero() -> None:
    text = a_report()
    reading = read(replaced(text, _judgments(text), "\t".join("/" * 15)))
    assert reading.findings == []
    assert len(reading.missing) == 15


def test_a_group_that_is_lost_is_named() -> None:
    text = a_report()
    start = text.index("行政复议\t")
    lines = text[start : text.index("五、")].splitlines()
    cut = ["\t".join(line.split("\t")[:10]) for line in lines]
    reading = read(replaced(text, "\n".join(lines), "\n".join(cut)))
    assert codes(reading) == ["R03 proceedings.rows.litigation_after_reconsideration"]
    assert len(reading.missing) == 5


def test_a_column_lost_in_one_group_is_named() -> None:
    text = a_report()
    header = row_with("未经复议直接起诉", text)
    reading = read(replaced(text, header, header.replace("结果纠正", "", 1)))
    assert codes(reading) == ["R03 proceedings.reconsideration.columns.reversed"]
    assert "表四“行政复议”下面缺少“结果纠正”列" in messages(reading)


def test_columns_without_the_heading_of_their_group_belong_to_none() -> None:
    reading = read(replaced(a_report(), "未经复议直接起诉", ""))
    assert codes(reading) == ["R03 proceedings.rows.litigation_direct"]
    assert reading.values["proceedings.litigation_after_reconsideration.total"] is not None


def test_headings_in_an_order_that_can_t_be_told_leave_the_table_unread() -> None:
    text = _without_blanks(a_report(), ("行政复议\t", "未经复议", "结果维持"))
    header = row_with("未经复议直接起诉", text)
    shorter = read(replaced(text, header, header.replace("结果维持\t", "", 1)))
    nameless = read(replaced(text, header, header.replace("\t复议后起诉", "")))
    assert codes(shorter) == codes(nameless) == ["R03 proceedings"]
    assert messages(shorter) == "没有找到表四，15 格都没有读到"


def test_a_remark_in_the_table_is_named() -> None:
    text = a_report()
    row = _judgments(text)
    (finding,) = read(replaced(text, row, f"{row}\n备注\t见附件")).findings
    assert finding.code == "text.proceedings"


def test_a_name_before_the_values_is_passed_over() -> None:
    text = a_report()
    row = _judgments(text)
    reading = read(replaced(text, row, f"件数\t{row}"))
    assert reading.values == a_balanced_report()
