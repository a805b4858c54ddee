"""What prose claims, and what becomes of it beside the tables: every sentence here is made up."""

import time
from dataclasses import replace

import pytest

from app.domain.claims import doubts_about
from app.domain.prose.numerals import parse_number
from app.domain.prose.reading import Claim, read_claims
from app.domain.results import Outcome, Result
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_content, a_toy_form

RECEIVED, RECEIVED_TEN, NOTHING = {"received": 0}, {"received": 10}, dict[str, int]()
BOTH_NONE = {"reconsideration": 0, "litigation": 0}

LABELLED: list[tuple[str, dict[str, int]]] = [
    # How many were received.
    ("本年度，我镇共收到政府信息公开申请7件，均按时答复。", {"received": 7}),
    ("全年收到公民、法人和其他组织提出的政府信息公开申请 12 件。", {"received": 12}),
    ("2024年新收政府信息公开申请3条，上年结转1条。", {"received": 3}),
    ("受理依申请公开事项15项，办结15项。", {"received": 15}),
    ("我局接到群众依申请公开政府信息２宗。", {"received": 2}),
    ("年内收到政府信息公开申请两件，答复一件。", {"received": 2}),
    ("全年收到政府信息公开申请一百零三件。", {"received": 103}),
    ("共接收政府信息公开申请十二份。", {"received": 12}),
    ("收到政府信息公开申请1,204件。", {"received": 1204}),
    ("收到政府信息公开申请，共计 5 件。", {"received": 5}),
    ("收到政府信息公开申请数量为 9 件。", {"received": 9}),
    ("收到的政府信息公开申请总数：8", {"received": 8}),
    ("本机关收到3件政府信息公开申请，其中自然人2件。", {"received": 3}),
    ("及时答复收到的4件政府信息公开申请。", {"received": 4}),
    ("依申请公开方面，共收到5件，办结4件。", {"received": 5}),
    ("政府信息公开申请全年共收到6件。", {"received": 6}),
    ("（二）依申请公开情况。全年共收到申请3件，均已办结。", {"received": 3}),
    ("（二）依申请公开\n我街道共收到3件申请。", {"received": 3}),
    ("（二）依申请公开\n具体情况如下。我街道共收到3件申请。", {"received": 3}),
    ("（二）依申请公开情况。2024年，共收到3件。", {"received": 3}),
    ("全年工作顺利。依申请公开情况良好。共收到3件。", NOTHING),
    ("收到并答复政府信息公开申请2件。", {"received": 2}),
    ("收到5个部门转来的政府信息公开申请 3 件。", {"received": 3}),
    ("收到通过当面、信函等方式提出的政府信息公开申请4件。", {"received": 4}),
    ("收到政府信息公开申请6件，受理政府信息公开申请5件。", {"received": 6}),
    ("2023年收到政府信息公开申请9件，2024年收到政府信息公开申请4件。", {"received": 4}),
    ("主动公开信息80条，其中规划类3条，收到政府信息公开申请2件。", {"received": 2}),
    ("与上年相比减少2件，今年收到政府信息公开申请4件。", {"received": 4}),
    ("本镇政府信息公开申请总量为11件。", {"received": 11}),
    ("全镇干部学习条例并结合实际细化流程后依法收到政府信息公开\n申请1件。", {"received": 1}),
    # What was held over is taken off where the sentence says that it is included.
    ("收到政府信息公开申请10件（含上年结转2件）。", {"received": 8}),
    ("收到政府信息公开申请10件，其中上年度结转的2件。", {"received": 8}),
    ("收到政府信息公开申请10件（含 上年 结转 2 件）。", {"received": 8}),
    ("收到政府信息公开申请2件（含上年结转2件）。", {"received": 0}),
    ("收到政府信息公开申请10件（不含上年结转2件）。", {"received": 10}),
    ("收到政府信息公开申请10件，其中结转至下年2件。", {"received": 10}),
    ("收到政府信息公开申请10件，其中上年转来若干。", RECEIVED_TEN),
    ("收到政府信息公开申请1件（含上年结转2件）。", NOTHING),
    ("新收和上年结转政府信息公开申请共12件。", NOTHING),
    # None was received.
    ("2024年未收到政府信息公开申请。", RECEIVED),
    ("全年没有收到公民、法人或其他组织关于政府信息公开的申请。", RECEIVED),
    ("我镇未收到依申请公开件。", RECEIVED),
    ("我单位未收到任何形式的政府信息公开申请。", RECEIVED),
    ("全年未收到群众要求公开政府信息的申请。", RECEIVED),
    ("本年度无政府信息公开申请。", RECEIVED),
    ("没有公民、法人和其他组织申请公开政府信息。", RECEIVED),
    ("收到政府信息公开申请0件。", RECEIVED),
    ("政府信息公开申请数为零。", RECEIVED),
    ("政府信息公开申请：０件", RECEIVED),
    ("未收到一件政府信息公开申请，未收到群众来信2件以上的情形。", RECEIVED),
    ("（二）依申请公开。本年度未收到申请。", RECEIVED),
    ("未收到政府信息公开申请、行政复议和行政诉讼。", {**RECEIVED, **BOTH_NONE}),
    # Other things, parts, other years, doubtful numbers.
    ("公开发布种植养殖等各类信息2条。", NOTHING),
    ("全年办结政府信息公开申请4件。", NOTHING),
    ("答复政府信息公开申请数量为4件。", NOTHING),
    ("未收到投诉，办结政府信息公开申请3件。", NOTHING),
    ("收到低保申请25件。", NOTHING),
    ("收到政府信息公开工作的投诉3件。", NOTHING),
    ("收到政府信息公开申请补正材料2份。", NOTHING),
    ("收到政府信息公开申请后，5个工作日内登记。", NOTHING),
    ("自收到政府信息公开申请之日起20个工作日内答复。", NOTHING),
    ("收到政府信息公开申请，办结3件。", NOTHING),
    ("收到2件政府信息公开申请答复的投诉。", NOTHING),
    ("收到网上政府信息公开申请2件，信函申请1件。", NOTHING),
    ("收到自然人政府信息公开申请2件。", NOTHING),
    ("其中收到政府信息公开申请2件。", NOTHING),
    ("上年收到政府信息公开申请2件。", NOTHING),
    ("2023年，收到政府信息公开申请2件。", NOTHING),
    ("去年，我镇收到政府信息公开申请2件。", NOTHING),
    ("上半年收到政府信息公开申请2件。", NOTHING),
    ("如收到政府信息公开申请1件，应当登记。", NOTHING),
    ("收到政府信息公开申请近百件。", NOTHING),
    ("收到政府信息公开申请10余件。", NOTHING),
    ("收到政府信息公开申请数十件。", NOTHING),
    ("收到政府信息公开申请两百五件。", NOTHING),
    ("收到政府信息公开申请1.5万件。", NOTHING),
    ("未收到重复政府信息公开申请。", NOTHING),
    ("未收到对政府信息公开申请答复不满的投诉。", NOTHING),
    ("未收取信息处理费。", NOTHING),
    ("咨询和政府信息公开申请情况良好，收到锦旗1面。", NOTHING),
    ("其他政府信息公开申请数量为2件。", NOTHING),
    ("收到申请3件。", NOTHING),
    ("其中网上的2件，收到政府信息公开申请5件，其中，收到政府信息公开申请2件为信函。", {"received": 5}),
    # Reconsideration and litigation.
    ("未发生因政府信息公开被申请行政复议、提起行政诉讼的情况。", BOTH_NONE),
    ("全年无行政复议、行政诉讼案件。", BOTH_NONE),
    ("行政复议、行政诉讼均为零。", BOTH_NONE),
    ("因政府信息公开引起的行政复议和行政诉讼各1件。", {"reconsideration": 1, "litigation": 1}),
    ("因政府信息公开引起的行政复议和行政诉讼案件各1件。", {"reconsideration": 1, "litigation": 1}),
    ("因政府信息公开被申请行政复议2件、提起行政诉讼1件。", {"reconsideration": 2, "litigation": 1}),
    ("因政府信息公开产生行政复议申请2件。", {"reconsideration": 2}),
    ("因政府信息公开产生行政诉讼案件共2件。", {"litigation": 2}),
    ("发生2件因政府信息公开引起的行政复议。", {"reconsideration": 2}),
    ("因政府信息公开引起的行政复议、行政诉讼共3件。", NOTHING),
    ("因政府信息公开引起的行政复议、行政诉讼共0件。", BOTH_NONE),
    ("政府信息公开方面发生1起行政复议。", {"reconsideration": 1}),
    (
        "未收到因政府信息公开申请引发的行政复议，被提起行政诉讼2件。",
        {"reconsideration": 0, "litigation": 2},
    ),
    ("没有因信息公开工作被提起行政诉讼。", {"litigation": 0}),
    ("不存在行政复议被纠正的情形。", NOTHING),
    ("年底核对政府信息公开有无行政复议、行政诉讼。", NOTHING),
    ("政府信息公开行政复议的意见没有落实。", NOTHING),
    ("政府信息公开方面收到1件行政复议答复通知书。", NOTHING),
    ("未经复议直接起诉的行政诉讼1件，均为信息公开案件。", NOTHING),
    ("县司法局办理行政复议30件。", NOTHING),
    ("发生行政复议3件。", NOTHING),
    ("信息公开申请20件，其中引发行政复议3件。", NOTHING),
]


@pytest.mark.parametrize(("text", "expected"), LABELLED)
def test_labelled_sentences(text: str, expected: dict[str, int]) -> None:
    kinds = {"received", "reconsideration", "litigation"}
    found = [(claim.kind, claim.number) for claim in read_claims(text, 2024) if claim.kind in kinds]
    assert sorted(found) == sorted(expected.items())


def test_a_claim_tells_its_whole_sentence_and_where_it_stands() -> None:
    text = "甲。  全年收到政府信息公开申请 ２ 件，均已答复！丙。"
    (claim,) = read_claims(text)
    assert claim == Claim("received", 2, "全年收到政府信息公开申请 ２ 件，均已答复！", 4, 26)
    assert text[claim.start : claim.end] == claim.sentence


def test_without_a_report_year_a_stated_year_is_taken_as_it_is() -> None:
    assert [claim.number for claim in read_claims("2019年收到政府信息公开申请2件。")] == [2]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1,234,567", 1234567),
        ("〇", 0),
        ("两", 2),
        ("十", 10),
        ("十二", 12),
        ("二十", 20),
        ("一百一十", 110),
        ("一百零三", 103),
        ("两千三百四十五", 2345),
        ("一万零三", 10003),
        ("三万二千", 32000),
        ("二亿五千万", 250_000_000),
        ("二〇二一", 2021),
        ("", None),
        ("百", None),
        ("万", None),
        ("两百五", None),
        ("一万三", None),
        ("三百二千", None),
        ("十百", None),
        ("一万一亿", None),
        ("一万一万", None),
        ("一万万", None),
        ("一亿零万", None),
        ("三百二百", None),
        ("一百两三", None),
    ],
)
def test_numerals(text: str, number: int | None) -> None:
    assert parse_number(text) == number


def _doubts(prose: str, **cells: int | None) -> list[Result]:
    values = dict.fromkeys(FORM.cells, 0) | {code.replace("__", "."): value for code, value in cells.items()}
    return list(doubts_about(replace(a_content(narratives={"overview": prose}), values=values)))


SENTENCE = "全年收到政府信息公开申请2条，均已答复。"


def test_prose_that_agrees_with_the_table_is_kept() -> None:
    (result,) = _doubts(SENTENCE, requests__received__total=2)
    assert (result.outcome, result.code, result.left, result.right) == (Outcome.KEPT, "received", 2, 2)
    assert result.quotes == (SENTENCE,)
    assert result.hint is None


def test_every_claim_that_differs_is_told_by_how_much() -> None:
    (result,) = _doubts(f"{SENTENCE}收到政府信息公开申请5件。", requests__received__total=9)
    assert result.message.endswith("列填的是 9，相差 7、4")


def test_prose_that_differs_is_quoted_with_both_sides() -> None:
    (result,) = _doubts(
        f"{SENTENCE}\n收到政府信息公开申请5件。\n收到政府信息公开申请2件。", requests__received__total=5
    )
    assert result.outcome is Outcome.BROKEN
    assert not result.blocks
    assert result.message == (
        f"文字里说 2 件（“{SENTENCE}”“收到政府信息公开申请2件。”），"
        "又说 5 件（“收到政府信息公开申请5件。”）；表三“本年新收”行“总计”列填的是 5，相差 3"
    )
    assert (result.left, result.right, result.difference) == (2, 5, -3)
    assert result.cells == ("requests.received.total",)
    assert result.pointer == "/narratives/overview"
    assert "含上年结转" in (result.hint or "")


def test_a_missing_total_leaves_a_doubt_with_both_sides() -> None:
    (result,) = _doubts(SENTENCE, requests__received__total=None, requests__received__other_organisation=None)
    assert result.outcome is Outcome.NOT_EVALUATED
    assert result.message == (
        f"文字里说 2 件（“{SENTENCE}”）；表三“本年新收”行“总计”列没有填，"
        "已填的 5 格（自然人、商业企业、科研机构、社会公益组织、法律服务机构）都是 0，没法核对"
    )
    assert (result.left, result.right) == (None, None)
    assert result.cells[0] == "requests.received.total"
    assert len(result.cells) == 7
    assert (result.rule.id, result.code, result.pointer) == ("R26", "received", "/narratives/overview")
    assert result.quotes == (SENTENCE,)


def test_parts_that_are_there_are_added_for_the_reader() -> None:
    (result,) = _doubts(SENTENCE, requests__received__total=None, requests__received__business=4)
    assert "已填的 6 格" in result.message
    assert "合计 4，没法核对" in result.message


def test_nothing_readable_is_said_as_it_is() -> None:
    content = a_content(narratives={"problems": SENTENCE}, values=dict.fromkeys(FORM.cells))
    (result,) = doubts_about(content)
    assert result.message.endswith("表三“本年新收”行“总计”列没有填，没法核对")


def test_lawsuits_are_held_to_both_kinds_together() -> None:
    prose = "因政府信息公开被提起行政诉讼3件。"
    cells = {
        "proceedings__litigation_direct__total": 1,
        "proceedings__litigation_after_reconsideration__total": 1,
    }
    (result,) = _doubts(prose, **cells)
    assert (result.outcome, result.left, result.right) == (Outcome.BROKEN, 3, 2)
    assert result.message.endswith(
        "表四“未经复议直接起诉”行“总计”列、表四“复议后起诉”行“总计”列合计 2，相差 1"
    )


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (("direct",), "；表四“未经复议直接起诉”行“总计”列没有填，已填的 4 格"),
        (
            ("direct", "after_reconsideration"),
            "；表四“未经复议直接起诉”行“总计”列、表四“复议后起诉”行“总计”列没有填，已填的 8 格",
        ),
    ],
)
def test_only_the_missing_of_several_cells_are_named(missing: tuple[str, ...], told: str) -> None:
    cells = dict.fromkeys(f"proceedings__litigation_{kind}__total" for kind in missing)
    (result,) = _doubts("因政府信息公开被提起行政诉讼3件。", **cells)
    assert told in result.message


def test_a_cell_that_is_no_total_of_the_form_has_no_parts_to_tell() -> None:
    sections = [
        replace(section, table=section.table and replace(section.table, sums=())) for section in FORM.sections
    ]
    form = replace(FORM, sections=tuple(sections))
    (result,) = doubts_about(a_content(form, narratives={"overview": SENTENCE}, values={}))
    assert result.message.endswith("表三“本年新收”行“总计”列没有填，没法核对")
    assert result.cells == ("requests.received.total",)


def test_title_and_preface_are_read_too() -> None:
    content = replace(a_content(values=a_balanced_report(), narratives={}), preface=SENTENCE, title=None)
    (result,) = doubts_about(content)
    assert result.pointer == "/preface"
    (result,) = doubts_about(replace(content, preface=None, title=SENTENCE))
    assert result.pointer == "/title"


def test_figures_of_another_year_than_the_report_s_are_not_held_to_it() -> None:
    content = a_content(year=2024, narratives={"overview": "2019年收到政府信息公开申请2件。"})
    assert list(doubts_about(content)) == []
    assert len(list(doubts_about(replace(content, year=2019)))) == 1


def test_a_long_sentence_is_shortened_in_the_message_but_not_in_the_quotes() -> None:
    prose = f"收到政府信息公开申请2件，{'办理顺利，' * 30}完。"
    (result,) = _doubts(prose)
    assert result.quotes == (prose,)
    assert f"“{prose[:80]}……”" in result.message


def test_a_sentence_of_eighty_characters_is_quoted_whole() -> None:
    prose = f"收到政府信息公开申请2件，{'办' * 66}。"
    assert len(prose) == 80
    (result,) = _doubts(prose)
    assert f"“{prose}”" in result.message


@pytest.mark.parametrize(("length", "found"), [(40, [3]), (41, [])])
@pytest.mark.parametrize("between", ["", "\n"])
def test_up_to_forty_characters_head_what_follows(length: int, between: str, found: list[int]) -> None:
    heading = "（二）依申请公开情况。".rjust(length, "甲")
    assert [claim.number for claim in read_claims(f"{heading}{between}共收到3件申请。")] == found


def test_nothing_claimed_and_forms_without_such_cells_give_no_result() -> None:
    assert _doubts("全年工作顺利。") == []
    toy = a_toy_form()
    assert list(doubts_about(a_content(toy, narratives={"opening": SENTENCE}))) == []


ADVERSARIAL = [
    "收到" * 50_000,
    "收到政府信息公开申请" * 10_000,
    "收到政府信息公开申请1件，" * 8_000,
    "收到政府信息公开申请1件，其中" * 7_000,
    "依申请公开政府信息" * 11_000,
    "未收到" + "公民、法人和其他组织的" * 9_000,
    "未因" + "行政复议、行政诉讼" * 11_000 + "x",
    "申请" + "1" * 100_000,
    "收到" + "一" * 100_000 + "件申请",
    "申请" + "，" * 100_000,
    "申请，共" + " " * 100_000,
    "申请\n" * 33_000,
    "收到网络政府信息公开申请" * 8_000,
    "收到申请1件。" * 14_000,
]


@pytest.mark.parametrize("text", ADVERSARIAL, ids=range(len(ADVERSARIAL)))
def test_long_text_is_read_in_linear_time(text: str) -> None:
    began = time.perf_counter()
    read_claims(text, 2024)
    half = time.perf_counter()
    read_claims(text * 2, 2024)
    spent = time.perf_counter() - half
    assert spent < max(1, 6 * (half - began))
