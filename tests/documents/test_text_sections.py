"""Titles, section headings and prose as documents really have them."""

import pytest

from tests.builders import PROSE, a_balanced_report
from tests.documents.text_builders import AGENCY, a_report, codes, messages, read, replaced, row_with


@pytest.mark.parametrize(
    ("code", "own", "found"),
    [
        ("overview", "一、总体情况", "一、基本情况"),
        ("disclosure", "二、主动公开政府信息情况", "二、主动公开情况"),
        ("requests", "三、收到和处理政府信息公开申请情况", "三、依申请公开政府信息办理情况"),
        (
            "proceedings",
            "四、政府信息公开行政复议、行政诉讼情况",
            "四、因政府信息公开工作被申请行政复议、提起行政诉讼情况",
        ),
        ("problems", "五、存在的主要问题及改进情况", "五、政府信息公开工作存在的主要问题及改进情况"),
        ("problems", "五、存在的主要问题及改进情况", "四、存在的主要问题及改进情况"),
        ("problems", "五、存在的主要问题及改进情况", "五.存在问题和改进措施"),
        ("other_matters", "六、其他需要报告的事项", "六、需要报告的其他事项"),
    ],
)
def test_section_headings_in_other_words(code: str, own: str, found: str) -> None:
    text = a_report()
    reading = read(replaced(text, f"\n{own}\n", f"\n{found}\n"))
    assert codes(reading) == [f"R36 heading.{code}"]
    assert (own in messages(reading), found in messages(reading)) == (True, True)
    assert reading.values == a_balanced_report()
    assert len(reading.narratives) == 3


def test_a_missing_heading_is_named_and_its_prose_left_out_not_misplaced() -> None:
    reading = read(replaced(a_report(), "\n五、存在的主要问题及改进情况\n", "\n"))
    assert codes(reading) == ["R01 heading.problems", "R36 text.proceedings"]
    assert reading.narratives.keys() == {"overview", "other_matters"}
    assert "没有找到标题“五、存在的主要问题及改进情况”，这一部分的文字没有读入" in messages(reading)
    assert reading.findings[1].quotes == (PROSE["problems"],)


@pytest.mark.parametrize("section", ["二、主动公开政府信息情况", "四、政府信息公开行政复议、行政诉讼情况"])
def test_a_table_without_its_heading_is_still_read(section: str) -> None:
    reading = read(replaced(a_report(), f"\n{section}\n", "\n"))
    assert len(codes(reading)) == 1
    assert codes(reading)[0].startswith("R01 heading.")
    assert reading.values == a_balanced_report()


def test_two_headings_four() -> None:
    heading = "四、政府信息公开行政复议、行政诉讼情况"
    reading = read(replaced(a_report(), f"\n{heading}\n", f"\n{heading}\n\n{heading}\n"))
    assert codes(reading) == ["R01 heading.proceedings.repeated"]
    assert reading.values == a_balanced_report()


def test_sections_out_of_order() -> None:
    text = a_report()
    five, six = text.index("五、存在"), text.index("六、其他")
    reading = read(text[:five] + text[six:] + "\n" + text[five:six])
    assert codes(reading) == ["R01 heading.order"]
    assert len(reading.narratives) == 3


def test_headings_inside_prose_are_prose() -> None:
    inner = "一、存在的问题\n公开不够。\n二、主动公开\n再接再厉。\n三、申请公开。"
    reading = read(replaced(a_report(), PROSE["problems"], inner))
    assert reading.narratives["problems"] == inner
    assert reading.findings == []


def test_a_numbered_line_that_would_go_back_is_no_heading() -> None:
    text = replaced(a_report(), "\n二、主动公开政府信息情况\n", "\n")
    prose = PROSE["problems"]
    reading = read(replaced(text, prose, f"{prose}\n一、主动公开\n还不够。"))
    assert reading.narratives["problems"] == f"{prose}\n一、主动公开\n还不够。"
    assert codes(reading) == ["R01 heading.disclosure"]


def test_a_line_that_was_left_out_is_quoted_without_personal_data() -> None:
    reading = read(f"联系人13912345678\n{a_report()}")
    assert reading.findings[0].quotes == ("联系人139******78",)
    assert "13912345678" not in messages(reading)


def test_page_numbers_between_lines_are_dropped() -> None:
    text = replaced(
        a_report(), PROSE["overview"], "第一段，\n477\n接着写。\n-5-\n第 6 页\n— ７ —\n第二段 8。"
    )
    row = row_with("2.重复申请", text)
    reading = read(replaced(text, row, f"12\n{row}"))
    assert reading.narratives["overview"] == "第一段，\n接着写。\n第二段 8。"
    assert reading.values == a_balanced_report()
    assert reading.findings == []


def test_prose_is_kept_as_written_but_for_control_characters() -> None:
    prose = "\u3000\u3000甲\x07乙  丙\x7f丁\t戊“己”１２\n\n庚\ufeff\ufffd辛"
    reading = read(replaced(a_report(), PROSE["overview"], prose))
    assert reading.narratives["overview"] == "甲乙  丙丁\t戊“己”１２\n庚\ufffd辛"
    assert codes(reading) == ["R36 text.control", "R36 text.lost"]
    assert "3 个看不见的控制字符" in messages(reading)


def test_a_small_table_in_prose_stays_prose() -> None:
    prose = "分类如下：\n行政许可\t12\n行政处罚\t3\n合计\t15"
    reading = read(replaced(a_report(), PROSE["overview"], prose))
    assert reading.narratives["overview"] == prose
    assert reading.values == a_balanced_report()


def test_remarks_beside_a_table_are_named() -> None:
    text = a_report()
    row = row_with("行政事业性收费", text)
    reading = read(replaced(text, row, f"{row}\n注：以上不含派出机构。\n备注\t见附件"))
    (finding,) = reading.findings
    assert finding.quotes == ("注：以上不含派出机构。", "备注\t见附件")
    assert "“二、主动公开政府信息情况”的表格以外还有 2 行文字没有读入" in finding.message


@pytest.mark.parametrize(
    ("title", "agency", "year"),
    [
        ("示例县教育局2023年政府信息公开工作年度报告", "示例县教育局", 2023),
        ("示例县教育局\n2023年度政府信息公开年度报告", "示例县教育局", 2023),
        ("示例县教育局\n２０２３ 年政府信息公开\n工作年度报告", "示例县教育局", 2023),
        ("示例县教育局二〇二三年政府信息公开工作年度报告", "示例县教育局", 2023),
        ("示例县教育局政府信息公开工作年度报告（2023年度）", "示例县教育局", 2023),
        ("2023年政府信息公开工作年度报告", None, 2023),
        ("首页>公开年报\n2023年政府信息公开工作年度报告", None, 2023),
        ("第3稿\n示例县教育局2023年政府信息公开工作年度报告", "示例县教育局", 2023),
    ],
)
def test_titles(title: str, agency: str | None, year: int) -> None:
    own = f"{AGENCY}2024年政府信息公开工作年度报告"
    reading = read(replaced(a_report(), own, title))
    assert (reading.agency, reading.year) == (agency, year)
    assert (reading.preface or "").startswith("本报告统计期限")
    assert (codes(reading) == []) is (title[0] not in "首第")


@pytest.mark.parametrize("note", ["（示例数据）", "（2023年修订）（公开）"])
def test_a_note_in_brackets_after_the_title_is_part_of_it(note: str) -> None:
    """R32 takes no offence at it."""
    own = f"{AGENCY}2024年政府信息公开工作年度报告"
    reading = read(replaced(a_report(), own, own + note))
    assert (reading.agency, reading.year, reading.title) == (AGENCY, 2024, own + note)
    assert codes(reading) == []


def test_a_name_that_is_none_makes_no_title() -> None:
    own = f"{AGENCY}2024年政府信息公开工作年度报告"
    assert read(replaced(a_report(), own, "Bureau2024年政府信息公开工作年度报告")).title is None


def test_a_report_without_title_says_so() -> None:
    own = f"{AGENCY}2024年政府信息公开工作年度报告"
    reading = read(replaced(a_report(), own, "年报\n2024"))
    assert (reading.title, reading.agency, reading.year) == (None, None, None)
    assert codes(reading) == ["R36 title"]
    assert (reading.preface or "").startswith("年报\n2024\n本报告")
