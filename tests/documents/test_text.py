"""Reading plain text: the township's report, complete reports, files that are none."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from app.documents.reading import CellState, Reading
from app.documents.text import read_text
from app.documents.text_labels import key_of, vocabularies_of
from app.domain.content import Content
from app.domain.judging import judge
from app.domain.results import Outcome
from app.domain.values import Values
from app.errors import UnreadableDocument
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_content, a_toy_form, any_values
from tests.documents.text_builders import AGENCY, a_report, a_text, codes, read, replaced

PENALTIES = "行政处罚\t8"
TOWNSHIP = Path(__file__).parent / "data" / "township-2021.txt"
UNTOLD_GROUPS = ("unavailable", "refused", "closed")


# The township's report.


@pytest.fixture(scope="module")
def township() -> Reading:
    return read_text(TOWNSHIP.read_bytes())


def test_the_townships_title_stands_on_two_lines_twice(township: Reading) -> None:
    assert township.title == "盐池县大水坑镇2021年政府信息公开工作年度报告"
    assert (township.agency, township.year) == ("盐池县大水坑镇", 2021)
    assert township.form is FORM
    assert (township.preface or "").startswith("本报告由大水坑镇人民政府依照")
    assert list(township.narratives) == ["overview", "problems", "other_matters"]
    assert len(township.narratives["overview"]) > 1000
    assert township.narratives["other_matters"].endswith("没有收取信息处理费。")


def test_the_townships_cells_are_zero_or_missing(township: Reading) -> None:
    lost = {
        code
        for code, cell in FORM.cells.items()
        if cell.table.code == "requests" and cell.column.code in {"other_organisation", "total"}
    }
    (block,) = FORM.tables[1].blocks
    outcomes = next(axis for axis in block.rows if axis.children)
    rows = {leaf.code for axis in outcomes.children if axis.code in UNTOLD_GROUPS for leaf in axis.leaves()}
    untold = {code for code, cell in FORM.cells.items() if cell.row.code in rows and code not in lost}
    assert set(township.missing) == lost | untold
    assert {township.values[code] for code in FORM.cells.keys() - lost - untold} == {0}
    assert {township.cells[code].state for code in lost} == {CellState.MISSING}
    assert {township.cells[code].state for code in untold} == {CellState.UNCLEAR}
    assert township.confidence == 47
    assert township.cells["requests.received.natural_person"].raw == "0"
    assert township.cells["requests.received.natural_person"].where.endswith("行第 3 格")


def test_what_the_township_is_told(township: Reading) -> None:
    assert [(finding.rule.id, finding.code) for finding in township.findings][:-1] == [
        ("R36", "heading.disclosure"),
        ("R36", "disclosure.wording.issued"),
        ("R36", "disclosure.wording.normative_documents"),
        ("R03", "requests.1.columns.other_organisation"),
        ("R03", "requests.1.columns.total"),
        ("R03", "requests.headings.denied"),
        ("R36", "requests.wording.partially_granted"),
    ]
    told = [finding.message for finding in township.findings]
    assert told[0] == (
        "第二部分的标题写的是“二、行政机关主动公开政府信息情况”，格式里是“二、主动公开政府信息情况”"
    )
    assert told[1].startswith("表二的“本年新制作数量”是2019 年格式的用语，按“本年制发件数”读入")
    assert told[2].startswith("表二的“规范性文件”是2019 年格式的用语，按“行政规范性文件”读入")
    assert told[3:6] == [
        "表三缺少“其他”列，25 格都没有读到",
        "表三缺少“总计”列，25 格都没有读到",
        "表三缺少标题“（三）不予公开”；它下面的 8 行都已按各自的名称读入",
    ]
    assert told[6].startswith("表三的“(二) 不分公开”是错别字，按“部分公开”读入")
    assert "等 11 行有 4 个数，表头有 5 列，没法断定哪个数属于哪一列，先空着" in told[7]
    assert len(township.findings[7].cells) == 55


def test_the_townships_prose_and_table_stay_a_doubt(township: Reading) -> None:
    content = Content(FORM, 2021, township.title, township.preface, township.narratives, township.values)
    doubt = next(found for found in judge(content) if (found.rule.id, found.code) == ("R26", "received"))
    assert doubt.outcome is Outcome.NOT_EVALUATED
    assert len(doubt.quotes) == 2
    assert all(quote in doubt.message for quote in doubt.quotes)
    assert "文字里说 1 件" in doubt.message
    assert "已填的 5 格（自然人、商业企业、科研机构、社会公益组织、法律服务机构）都是 0" in doubt.message


# Complete reports.


@given(any_values())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_a_complete_text_reads_back_every_cell(values: Values) -> None:
    most = {code: cell.measure.most for code, cell in FORM.cells.items()}
    fitting = {code: None if value is None else min(value, most[code]) for code, value in values.items()}
    reading = read_text(a_text(a_content(values=fitting)))
    assert reading.values == fitting
    assert reading.findings == []


def test_a_complete_text_has_no_findings_and_all_its_prose() -> None:
    content = a_content()
    reading = read_text(a_text(content))
    assert reading.findings == []
    assert reading.values == content.values
    assert reading.confidence == 100
    assert (reading.title, reading.preface) == (content.title, content.preface)
    assert (reading.agency, reading.year) == (AGENCY, 2024)
    assert reading.narratives == content.narratives


def test_another_form_is_told_by_its_headings() -> None:
    toy = a_toy_form()
    content = a_content(toy)
    reading = read_text(a_text(content, toy), forms=(toy, FORM))
    assert reading.form is toy
    assert reading.values == content.values
    assert read_text(a_text(a_content()), forms=(toy, FORM)).form is FORM


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings(encoding: str) -> None:
    content = a_content()
    assert read_text(a_text(content, encoding=encoding)).values == content.values


def test_line_ends_and_nothing_at_the_end() -> None:
    text = a_report().replace("\n", "\r\n")
    assert read(text).values == a_balanced_report()


def test_no_two_headings_of_a_table_have_one_key() -> None:
    for table in FORM.tables:
        vocabulary = vocabularies_of(FORM).tables[table.code]
        for row in table.rows():
            found = vocabulary.row(key_of(row.label))
            assert found is not None
            assert found.code == row.code
            for column in table.columns_of(row.code):
                found = vocabulary.column(key_of(column.label))
                assert found is not None
                assert found.code == column.code


# Files that can't be read.


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空的"),
        (b" \r\n\t\n", "空的"),
        (b"\xef\xbb\xbf", "年度报告"),
        (b"PK\x03\x04rest", "Word（.docx）或 Excel（.xlsx）"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0rest", "旧版 Word"),
        (b"\x7fELF\x00\x01\x02", "二进制"),
        (bytes(range(1, 256)) * 4, "编码无法识别"),
        (("\x01\x02" * 300).encode(), "编码无法识别"),
        (b"\xff\xfe\x00\xd8", "编码无法识别"),
        (b"\n" * 99_999 + b"x\n\n\n", "不像一份年度报告"),
        ("今天天气很好。\n没有别的事。".encode(), "没有在文件里找到年度报告"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableDocument) as refusal:
        read_text(data)
    assert says in refusal.value.detail


@pytest.mark.parametrize(
    ("lines", "agency"),
    [
        ("新疆兵团143团2021年政府信息公开工作年度报告", "新疆兵团143团"),
        ("第八师143团\n2021年政府信息公开工作年度报告", "第八师143团"),
        ("第８师１４３团2021年度政府信息公开工作报告", "第8师143团"),
        ("兵团第143团关于2021年政府信息公开工作的年度报告", "兵团第143团"),
        ("143团政府信息公开工作年度报告（2021年）", "143团"),
        # numbers that are no part of a name: an appendix, a page, a year
        ("附件1\n2021年政府信息公开工作年度报告", None),
        ("5示例镇2021年政府信息公开工作年度报告", None),
        ("附件1\n示例镇2021年政府信息公开工作年度报告", "示例镇"),
    ],
)
def test_numbers_in_a_title_are_an_agency_s_where_they_number_regiments_alone(
    lines: str, agency: str | None
) -> None:
    text = replaced(a_text(a_content(year=2021)).decode(), title_of(2021), lines)
    assert read(text).agency == agency


def title_of(year: int) -> str:
    return f"{AGENCY}{year}年政府信息公开工作年度报告"


def test_a_title_alone_is_a_poor_reading_not_a_refusal() -> None:
    reading = read("某县某局2024年政府信息公开工作年度报告\n\n一些文字。")
    assert (reading.year, reading.confidence, reading.preface) == (2024, 0, "一些文字。")
    assert reading.form is FORM
    assert set(reading.values.values()) == {None}
    assert [code for code in codes(reading) if code.startswith("R03")] == [
        "R03 disclosure",
        "R03 requests",
        "R03 proceedings",
    ]
    assert len([code for code in codes(reading) if code.startswith("R01")]) == 6


# Words of the former form.


def test_a_single_word_of_the_former_form_is_only_named() -> None:
    reading = read(replaced(a_report(), "本年废止件数", "本年新公开数量"))
    assert reading.form is FORM
    assert codes(reading) == ["R02 form", "R03 disclosure.1.columns.repealed"]
    assert reading.values["disclosure.regulations.in_force"] == 3


def test_the_form_is_told_by_headings_not_by_what_the_prose_cites() -> None:
    text = replaced(a_report(), "本报告统计期限", "根据国办公开办函〔2019〕60号编制。本报告统计期限")
    assert read(text).form is FORM


# Long and hostile text.


HOSTILE: Mapping[str, Callable[[int], str]] = {
    "prose": lambda size: a_report() + "办好每一件事。" * size,
    "lines": lambda size: a_report() + "\n行政" * size,
    "tabs": lambda size: a_report().replace(PENALTIES, "行政处罚" + "\t8" * size),
    "rows": lambda size: a_report().replace(PENALTIES, "\n".join([PENALTIES] * size)),
    "headings": lambda size: a_report() + "\n一、总体情况" * size,
    "titles": lambda size: "某镇\n2024年政府信息公开工作年度报告\n" * size + a_report(),
    "tabs in prose": lambda size: a_report() + "甲\t" * size,
    "digits": lambda size: a_report().replace(PENALTIES, "行政处罚\t" + "8" * size),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_reading_takes_time_in_proportion_to_size(make: Callable[[int], str]) -> None:
    times = []
    for size in (2_000, 8_000):
        data = make(size).encode()
        began = time.perf_counter()
        read_text(data)
        times.append(time.perf_counter() - began)
    assert times[1] < max(1.5, 10 * times[0])
