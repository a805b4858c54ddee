"""How figures are read from sentences: numerals, broken lines, whose they are, what was carried over."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import Reporter
from app.domain.prose.lexicon import LEXEME, LEXICON, NAMES, USUAL
from app.domain.prose.marks import marked
from app.domain.prose.numerals import parse_amount, step_of
from app.domain.prose.reading import read_claims
from app.domain.prose.sentence_reader import Scope
from app.domain.prose.sentences import sentences_of
from app.domain.prose.texts import sentence_at
from app.domain.reporters import reporter_named

COUNTY, TOWN, BUREAU = "示例县人民政府", "示例县青河镇人民政府", "示例县教育局"
TOPIC = "（二）依申请公开\n"


def said(text: str, agency: str | None = COUNTY, year: int = 2024) -> list[str]:
    """Return what is claimed, in short: `received 5`, with O for the office and C for what includes 结转."""
    marks = {Scope.WHOLE: "", Scope.OFFICE_ONLY: " O", Scope.INCLUDES_CARRIED: " C"}
    return [f"{it.kind} {it.number}{marks[it.scope]}" for it in read_claims(text, year, agency)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12,345", 12345),
        ("1.2万", 12000),
        ("0.5亿", 50_000_000),
        ("3千", 3000),
        ("1万2千零8", 12008),
        ("十二", 12),
        ("12万3", None),
        ("1.2千5", None),
    ],
)
def test_amounts(text: str, number: int | None) -> None:
    assert parse_amount(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "step"),
    [("12", 1), ("2万", 1), ("1.5万", 1000), ("11.3988万", 1), ("1.2亿", 10**7), ("十万", 1)],
)
def test_what_a_number_is_rounded_to(text: str, step: int) -> None:
    assert step_of(text) == step


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        ("2024年收到3件，2023年5件", "Y收到N，P5件".replace("5件", "N")),
        ("下年", "F"),
        ("同期", "H"),
        ("统一申请十分", "统一申请十分"),
        ("近百件、10余件、第三方、第3次", "A、A、第三方、A"),
        ("二〇二五年1.5件", "FA"),
        ("三百二百件", "A"),
        ("共收三百元", "共收M"),
        ("总数：八", "总数：N"),
    ],
)
def test_figures_and_years_become_letters(plain: str, expected: str) -> None:
    assert marked(plain, 2024)[0] == expected


PAST = "上年 上一年度 上个年度末 去年 去年底 往年 历年 前年 以前年度 年初"
FUTURE = "下年 下一年度 下一个年度 次年 明年度 来年 翌年"
ABOUT = "近 约 逾 超 超过 大约 将近 不足 不到 数 几 第 每 不少于 不超过 不低于 3- 3至"
PARTS = "同期 上半年 下半年 一季度 第四季度"


@pytest.mark.parametrize(
    ("words", "letter"), [(PAST.split(), "P"), (FUTURE.split(), "F"), (PARTS.split(), "H")]
)
def test_periods_are_known_whatever_character_they_begin_with(words: list[str], letter: str) -> None:
    assert [marked(f"的{word}的", 2024)[0] for word in words] == [f"的{letter}的"] * len(words)


def test_numbers_are_approximate_whatever_says_so() -> None:
    letters = [marked(f"共{word}5件", 2024)[0] for word in ABOUT.split()]
    assert set(letters) == {"共A"}


def test_each_word_of_the_lexicon_has_a_name() -> None:
    assert LEXEME.groups == len(NAMES) - 1
    assert {*NAMES[1:], *USUAL.values()} == {name for name, _, _ in LEXICON}


def test_each_word_of_the_lexicon_begins_with_one_character_that_must_stand_there() -> None:
    """Words are compiled by it."""
    begins = re.compile(r"(?:\[[^]^\\-]+\]|[^][(){}?*+|.^$\\])(?![?*+{|])")
    words = [word + tail for _, begun, tail in LEXICON for word in begun.split()]
    assert [word for word in words if not begins.match(word)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("收到申请\n-5-\n3件。", ["收到申请\n-5-\n3件。"]),
        ("依申请公开情况\n收到3件。", ["依申请公开情况", "收到3件。"]),
        (
            "本年度收到群众提出的政府信息公开申请若干\n\n均已答复。",
            ["本年度收到群众提出的政府信息公开申请若干\n\n均已答复。"],
        ),
        ("甲。\n\n乙，\n丙。", ["甲。", "乙，\n丙。"]),
        ("甲；  。\n", ["甲；", "。"]),
        ("甲。 \n　乙", ["甲。", "乙"]),
    ],
)
def test_lines_that_a_page_broke_are_one_sentence(text: str, expected: list[str]) -> None:
    sentences = list(sentences_of(text))
    assert [sentence.text for sentence in sentences] == expected
    assert all(text[it.start : it.end] == it.text for it in sentences)


def test_a_heading_stands_over_all_paragraphs_up_to_the_next() -> None:
    text = "（二）依申请公开\n全年平稳。\n收到申请3件。\n（三）信息管理\n收到申请5件。"
    assert said(text) == ["received 3"]


@pytest.mark.parametrize(
    ("text", "agency", "expected"),
    [
        ("全县收到政府信息公开申请9件。", BUREAU, []),
        ("全县收到政府信息公开申请9件，其中我局收到3件。", None, ["received 3"]),
        ("全县收到政府信息公开申请9件。", COUNTY, ["received 9"]),
        ("全县收到政府信息公开申请9件。", "青河街道办事处", []),
        ("全区收到政府信息公开申请9件。", "示例经济开发区管理委员会", ["received 9"]),
        ("各级行政机关收到政府信息公开申请9件。", BUREAU, []),
        ("各级行政机关收到政府信息公开申请9件。", COUNTY, ["received 9"]),
        ("乡镇收到政府信息公开申请9件。", COUNTY, []),
        ("我省收到政府信息公开申请9件。", COUNTY, []),
        ("县政府办公室收到政府信息公开申请9件。", "示例县人民政府办公室", ["received 9"]),
        ("县政府办公室收到政府信息公开申请9件。", COUNTY, ["received 9 O"]),
        ("向县政府办公室提出的政府信息公开申请共收到9件。", COUNTY, ["received 9"]),
        ("全县收到政府信息公开申请9件，县教育局收到4件。", COUNTY, ["received 9"]),
        ("全县收到政府信息公开申请9件。", "某某", ["received 9"]),
    ],
)
def test_whose_figures_they_are(text: str, agency: str | None, expected: list[str]) -> None:
    assert said(text, agency) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("县政府办公室收到申请9件。办结8件。", ["received 9 O", "processed 8 O"]),
        ("县政府办公室收到申请9件。全县办结80件。", ["received 9 O", "processed 80"]),
        ("收到申请9件，其中县政府办公室收到3件；办结8件。", ["received 9", "received 3 O", "processed 8"]),
        ("收到咨询5件、政府信息公开申请3件。", ["received 3"]),
        ("收到并办结政府信息公开申请3件。", ["received 3", "processed 3"]),
        ("尚有2件未办结。", ["pending_at_end 2"]),
        ("收到申请3件，1件正在办理中。", ["received 3", "pending_at_end 1"]),
        ("另有1件，延至下年答复。", ["pending_at_end 1"]),
        ("收到申请3件，剩余2件下年办理。", ["received 3", "pending_at_end 2"]),
        ("收到申请3件，剩余2件不予公开。", ["received 3"]),
        ("上年度未办结的2件申请已办结。", ["pending_at_start 2"]),
        ("由2023年结转至2024年的3件。", ["pending_at_start 3"]),
        ("结转到本年的3件。", ["pending_at_start 3"]),
        ("无上年结转和结转下年事项。", ["pending_at_start 0", "pending_at_end 0"]),
        ("收到申请1件（含上年结转2件）。", []),
        ("办结9件（含上年结转2件）。", ["processed 9", "pending_at_start 2"]),
        ("收到申请9件，含上年结转。", ["received 9 C"]),
        ("办结9件，含上年结转。", ["processed 9"]),
        ("如收到申请5件，办结5件。", []),
        ("全年收到申请5件。没有收到。", ["received 5", "received 0"]),
        ("自2019年以来，累计收到申请86件，今年收到5件。", ["received 5"]),
        ("上半年，收到申请3件。", []),
        ("上半年收到申请3件。", []),
        ("公开行政许可30件。", []),
        ("减少行政许可30件。", []),
        ("公开执法信息90条，其中行政许可60条，行政处罚30条。", []),
        ("其中，行政复议2件。", []),
        ("没有收到申请，无举报、复议。", ["received 0", "reconsideration 0"]),
        ("未发生答复申请。", []),
        ("行政处罚90件，办结80件。", ["penalties 90", "penalties 80"]),
        ("因政府信息公开发生复议3件，共3件。", ["reconsideration 3", "reconsideration 3"]),
        ("因政府信息公开发生复议3件，有2件维持。", ["reconsideration 3"]),
        ("因行政处罚发生行政复议3件，因政府信息公开发生行政诉讼1件。", ["litigation 1"]),
        ("收到申请5件占全部的三成。", ["received 5"]),
        ("收到信息公开申请5件比上年多。", ["received 5"]),
        ("5件申请。", []),
        ("办结5件救助申请。", []),
        ("5件申请，均已答复。", []),
        ("5件申请均已答复。", ["processed 5"]),
        ("收到5件投诉。", []),
        ("收到投诉、政府信息公开申请3件。", ["received 3"]),
        ("收到5件占三成。", ["received 5"]),
        ("2022年、2023年、2024年分别收到申请5件、6件、7件。", []),
        ("因政府信息公开发生行政诉讼3件，其中1件为上年结转。", ["litigation 3"]),
        ("7件申请全部按期答复。", ["processed 7"]),
        ("上年结转2件，办结5件，其中上年结转1件。", ["pending_at_start 2", "processed 5"]),
    ],
)
def test_what_belongs_to_its_clause(text: str, expected: list[str]) -> None:
    assert said(f"{TOPIC}{text}") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("信息处理费方面，全年未收取。", ["processing_fee 0"]),
        ("信息处理费收取情况：无。", ["processing_fee 0"]),
        ("信息处理费收取情况：无5件。", []),
        ("信息处理费有无优惠。", []),
        ("收取信息处理费1.23元。", ["processing_fee 123"]),
        ("信息处理费300元，罚款500元。", ["processing_fee 30000"]),
        ("行政事业性收费项目3个，全年收入200元。", ["fees 20000"]),
        ("未收到罚款、未发生会议。", []),
        ("没有减免信息处理费。", []),
        ("未通过网站收到政府信息公开申请。", []),
        ("未通过任何渠道收到政府信息公开申请。", ["received 0"]),
        ("未制定、废止行政规范性文件。", ["normative_issued 0", "normative_repealed 0"]),
        ("没有行政规范性文件。", []),
        ("现行有效行政规范性文件9件，其中镇政府制发5件。", ["normative_in_force 9"]),
        ("没有规范性文件的答复。", []),
    ],
)
def test_money_and_what_there_was_none_of(text: str, expected: list[str]) -> None:
    assert said(text, TOWN) == expected


def test_a_text_without_stops_is_no_sentence() -> None:
    assert said("收到政府信息公开申请3件，" * 200) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, Reporter()),
        ("示例县青河镇", Reporter(TOWN, AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT)),
        ("示例县人民政府", Reporter(COUNTY, AgencyLevel.COUNTY, AgencyKind.GOVERNMENT)),
        ("示例市", Reporter("示例市人民政府", None, AgencyKind.GOVERNMENT)),
        ("示例自治州", Reporter("示例自治州人民政府", AgencyLevel.PREFECTURE, AgencyKind.GOVERNMENT)),
        ("示例自治区", Reporter("示例自治区人民政府", AgencyLevel.PROVINCE, AgencyKind.GOVERNMENT)),
        ("青河街道", Reporter("青河街道办事处", AgencyLevel.TOWNSHIP, AgencyKind.SUBDISTRICT)),
        ("示例县人民政府办公室", Reporter("示例县人民政府办公室", kind=AgencyKind.OFFICE)),
        ("示例高新区", Reporter("示例高新区")),
        ("示例新区人民政府", Reporter("示例新区人民政府", None, AgencyKind.GOVERNMENT)),
        ("示例县教育局", Reporter("示例县教育局")),
    ],
)
def test_what_a_name_tells_of_a_body(name: str | None, expected: Reporter) -> None:
    assert reporter_named(name) == expected


def test_a_quote_is_the_sentence_and_no_longer_than_needed() -> None:
    assert sentence_at("甲。乙丙丁！戊", 3, 4) == "乙丙丁！"
    assert sentence_at("甲" * 400, 200, 201) == "甲" * 241
