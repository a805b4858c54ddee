"""Rules on prose: each kept, broken, not evaluated where it can be; every text here is made up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.context import ALONE, Context, Reporter, RuleSettings
from app.domain.judging import judge
from app.domain.prose.judging import judge_prose
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.forms.annual_2021 import FORM
from tests.builders import a_balanced_report, a_content

if TYPE_CHECKING:
    from app.domain.content import Content

KEPT, BROKEN, NOT_EVALUATED = Outcome
TOWN = "示例县青河镇人民政府"
REPORTER = Reporter(
    TOWN,
    AgencyLevel.TOWNSHIP,
    AgencyKind.GOVERNMENT,
    above=("示例县人民政府", "示例市人民政府"),
    neighbours=(
        "示例县白石乡人民政府",
        "示例县青河镇人民政府执法队",
        "示例县财政局",
        "示例县人民政府办公室",
        "示例县城关镇人民政府",
    ),
)
OVERVIEW = (
    "（一）主动公开。全年发布信息80条。\n（二）依申请公开。未收到政府信息公开申请。\n"
    "（三）政府信息管理。落实三审制度。\n"
    "（四）平台建设。维护公开栏。\n（五）监督保障。纳入年度考核，开展社会评议，没有发生责任追究。"
)


def a_report(**texts: str | None) -> Content:
    """Return a report whose prose keeps every rule, but for the texts given."""
    given: dict[str, str | None] = {
        "title": f"{TOWN}2024年政府信息公开工作年度报告",
        "preface": "本报告按照国办公开办函〔2021〕30号编制，统计期限自2024年1月1日起，至2024年12月31日止。",
        "overview": OVERVIEW,
        "problems": "存在更新不及时的问题。下一步将加强培训。",
        "other_matters": "本年度没有收取信息处理费。",
    }
    whole = {**given, **texts}
    title, preface = whole.pop("title"), whole.pop("preface")
    return replace(a_content(year=2024, narratives=whole), title=title, preface=preface)


def with_cells(content: Content, **cells: int | None) -> Content:
    """Return the report with some cells set: `requests__received__total=3`."""
    given = {code.replace("__", "."): value for code, value in cells.items()}
    return replace(content, values=dict.fromkeys(FORM.cells, 0) | given)


def results(content: Content, rule: str, context: Context = ALONE) -> dict[str, Result]:
    """Return what becomes of one rule, by code; no code stands there twice."""
    found = [result for result in judge_prose(content, context) if result.rule.id == rule]
    assert len({result.code for result in found}) == len(found)
    return {result.code: result for result in found}


def outcomes(content: Content, rule: str, context: Context = ALONE) -> dict[str, Outcome]:
    """Return the outcomes of one rule, by code."""
    return {code: result.outcome for code, result in results(content, rule, context).items()}


def test_a_good_report_breaks_none_of_the_rules() -> None:
    content = with_cells(a_report())
    found = list(judge_prose(content, Context(REPORTER)))
    assert [result.message for result in found if result.outcome is not KEPT] == []
    assert {result.rule.id for result in found} == {
        *("R15", "R16", "R17", "R21", "R22", "R25", "R26", "R30", "R31", "R32", "R33", "R34", "R35"),
    } - {"R21"}


@pytest.mark.parametrize("text", [" ", "【待填写：全年情况】"])
def test_what_is_not_written_is_not_judged(text: str) -> None:
    """Only the missing title is a finding by itself, and figures that need no prose are judged."""
    blank = dict.fromkeys(("title", "preface"), " ")
    blank |= dict.fromkeys(("overview", "problems", "other_matters"), text)
    found = list(judge_prose(with_cells(a_report(**blank)), Context(REPORTER)))
    told = {(result.rule.id, result.code): result.outcome for result in found}
    assert told.pop(("R32", "title")) is BROKEN
    assert told.pop(("R22", "fee_notice")) is KEPT
    placeholders = [key for key in told if key[0] == "R30" and told[key] is BROKEN]
    assert bool(placeholders) == (text != " ")
    rest = {rule: outcome for (rule, _), outcome in told.items() if rule != "R30"}
    assert rest == dict.fromkeys(
        ("R15", "R16", "R17", "R21", "R25", "R31", "R33", "R34", "R35", "R36"), NOT_EVALUATED
    )


def test_it_is_told_what_is_not_written() -> None:
    found = results(a_report(overview=None), "R15")["all"]
    assert found.message == f"“一、总体情况”没有写，没法核对“{RULES['R15'].title}”"
    assert found.pointer == "/narratives/overview"


# R15


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("disclosure", "全年通过网站公开政府信息120条。"),
        ("disclosure", "主动公开的范围进一步扩大。"),
        ("requests", "认真办理公开申请。"),
        ("management", "坚持先审后发。"),
        ("management", "规范信息管理。"),
        ("platforms", "网站改版升级。"),
        ("platforms", "“青河发布”公众号推送文章12篇。"),
        ("supervision", "县里督查两次。"),
        ("disclosure", "公示行政许可286件。"),
        ("requests", "未收到群众申请。"),
        ("management", "落实“三级审核”。"),
        ("management", "（三）信息管理有力。没有变化。"),
        ("management", "围绕规范抓管理\n起草、签发一条线。"),
        ("platforms", "（四）网站和新媒体。没有变化。"),
        ("platforms", "便民大厅设LED屏。"),
        ("supervision", "定期调度。"),
    ],
)
def test_parts_are_known_by_many_wordings(code: str, text: str) -> None:
    assert outcomes(a_report(overview=text), "R15")[f"overview.{code}"] is KEPT


def test_each_part_that_is_not_spoken_of_is_told() -> None:
    found = results(a_report(overview="全年工作顺利。"), "R15")
    assert {code: result.outcome for code, result in found.items()} == dict.fromkeys(
        (f"overview.{part}" for part in ("disclosure", "requests", "management", "platforms", "supervision")),
        BROKEN,
    )
    assert found["overview.platforms"].message == "“一、总体情况”没有写到政府信息公开平台建设，请补写"
    assert found["overview.platforms"].pointer == "/narratives/overview"


@pytest.mark.parametrize(
    "text",
    [
        "围绕主动公开、依申请公开、政府信息管理、平台建设、监督保障五个方面开展工作。",
        "（一）主动公开\n（二）依申请公开\n（三）政府信息管理\n（四）平台建设\n（五）监督保障",
        "主动公开情况：【待填写：情况】\n监督保障：【待填写】",
    ],
)
def test_names_of_the_parts_with_nothing_said_are_not_enough(text: str) -> None:
    assert set(outcomes(a_report(overview=text), "R15").values()) == {BROKEN}


def test_the_body_s_own_name_does_not_speak_of_supervision() -> None:
    name = "示例县市场监督管理局"
    content = a_report(overview=f"{name}公开信息80条。", title=f"{name}2024年政府信息公开工作年度报告")
    found = outcomes(content, "R15", Context(Reporter(name)))
    assert found["overview.supervision"] is BROKEN
    assert found["overview.disclosure"] is KEPT


# R16


def test_supervision_names_assessment_review_and_accountability() -> None:
    found = results(a_report(overview="本镇没有人被追究责任。"), "R16")
    assert {code: result.outcome for code, result in found.items()} == {
        "assessment": BROKEN,
        "review": BROKEN,
        "accountability": KEPT,
    }
    assert "工作考核" in found["assessment"].message


@pytest.mark.parametrize("kind", [AgencyKind.DEPARTMENT, None])
def test_only_governments_are_asked(kind: AgencyKind | None) -> None:
    content = with_cells(a_report())
    asked = [result.rule.id for result in judge(content, Context(Reporter(TOWN, kind=kind)))]
    assert "R16" not in asked
    assert "R16" in [result.rule.id for result in judge(content, Context(REPORTER))]


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("公开教师考核结果和预算绩效目标。群众满意，无追责。", ["assessment"]),
        ("工作考核、社会评议、责任追究：【待填写】", ["assessment", "review", "accountability"]),
        ("年终评比，群众评价良好，没有人受到处分。", []),
        ("年度考\n核，社会评\n议，责任追 究。", []),
    ],
)
def test_what_is_said_of_others_or_still_to_fill_is_nothing_said(text: str, broken: list[str]) -> None:
    found = outcomes(a_report(overview=f"做好公开。{text}"), "R16")
    assert [code for code, outcome in found.items() if outcome is BROKEN] == broken


# R17


@pytest.mark.parametrize(
    ("text", "problems", "improvements"),
    [
        ("更新不及时。今后按月核对。", KEPT, KEPT),
        ("更新不及时。", KEPT, BROKEN),
        ("今后按月核对。", BROKEN, KEPT),
        ("无。", BROKEN, BROKEN),
        ("没有问题", BROKEN, BROKEN),
        ("不存在明显的问题。", BROKEN, BROKEN),
        ("（一）存在的主要问题\n无\n（二）改进情况\n无", BROKEN, BROKEN),
        ("存在的主要问题：\n改进情况：", BROKEN, BROKEN),
        ("本年度无存在问题，无需改进。", BROKEN, BROKEN),
        ("解读有待加强，制度不完善，形式需要优化。", KEPT, BROKEN),
        ("下一步，着力解决群众关心的热点问题。", BROKEN, KEPT),
        ("一、问题。解读少。二、整治成效。开了专栏3个。", KEPT, KEPT),
    ],
)
def test_both_problems_and_improvements_are_named(
    text: str, problems: Outcome, improvements: Outcome
) -> None:
    assert outcomes(a_report(problems=text), "R17") == {"problems": problems, "improvements": improvements}


# R21, R22, R25


@pytest.mark.parametrize(
    ("amount", "outcome"), [(0, BROKEN), (17_999, BROKEN), (18_000, KEPT), (None, NOT_EVALUATED)]
)
def test_what_was_collected_is_part_of_the_charges(amount: int | None, outcome: Outcome) -> None:
    content = a_report(other_matters="收取信息处理费180元。")
    found = results(with_cells(content, disclosure__fees__amount=amount), "R21")
    assert [(code, result.outcome) for code, result in found.items()] == [("fees", outcome)]
    assert "180 元" in found["fees"].message


def test_the_message_of_a_fee_tells_both_sides() -> None:
    content = a_report(other_matters="全年收取信息处理费60元，其中政府办公室收取20.5元。")
    (result,) = results(with_cells(content, disclosure__fees__amount=5000), "R21").values()
    assert result.message == (
        "“六、其他需要报告的事项”写收取信息处理费 60 元，"
        "表二“行政事业性收费”行“本年收费金额”列填的是 0.005 万元，至少应是 0.006 万元；"
        "请核对有没有漏填，也核对单位"
    )
    assert (result.left, result.right) == (5000, 6000)


def test_yuan_in_the_prose_and_the_same_digits_in_the_table_are_told() -> None:
    content = a_report(other_matters="收取信息处理费1260元。")
    (found,) = results(with_cells(content, disclosure__fees__amount=1260 * 10**6), "R28").values()
    assert (found.code, found.outcome) == ("fees", BROKEN)
    assert "1260 元，表二“行政事业性收费”行“本年收费金额”列填的是 1260 万元，数字相同" in found.message
    for kept in (126_000, 1261 * 10**6, None):
        assert results(with_cells(content, disclosure__fees__amount=kept), "R28") == {}


@pytest.mark.parametrize("text", ["没有收取信息处理费。", "没有其他事项。"])
def test_without_a_fee_there_is_nothing_to_hold_to_the_charges(text: str) -> None:
    assert results(with_cells(a_report(other_matters=text)), "R21") == {}


@pytest.mark.parametrize(
    ("unpaid", "text", "outcome"),
    [
        (2, "没有其他事项。", BROKEN),
        (2, "发出收费通知2份，申请人逾期未缴费。", KEPT),
        (2, "未收取信息处理费，没有收费。", BROKEN),
        (2, "没有发出收费通知。", BROKEN),
        (2, "按件计收，申请人未付款。", KEPT),
        (0, "没有其他事项。", KEPT),
        (None, "没有其他事项。", NOT_EVALUATED),
        (None, "发出收费通知2份。", KEPT),
    ],
)
def test_who_closes_a_request_over_a_fee_tells_of_the_notice(
    unpaid: int | None, text: str, outcome: Outcome
) -> None:
    content = with_cells(a_report(other_matters=text), requests__closed_fee_unpaid__total=unpaid)
    assert outcomes(content, "R22") == {"fee_notice": outcome}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("没有收取费用。", KEPT),
        ("依申请公开均免费提供。", KEPT),
        ("没有收\n取信息处 理费。", KEPT),
        ("没有其他需要报告的事项。", BROKEN),
        ("收取群众意见12条，节约办公费用2万元。", BROKEN),
    ],
)
def test_the_last_section_speaks_of_the_processing_fee(text: str, outcome: Outcome) -> None:
    assert outcomes(a_report(other_matters=text), "R25") == {"processing_fee": outcome}


def test_a_form_without_these_cells_is_not_held_to_them() -> None:
    sections = tuple(section for section in FORM.sections if section.code not in {"disclosure", "requests"})
    content = replace(a_report(other_matters="收取信息处理费180元。"), form=replace(FORM, sections=sections))
    assert results(content, "R21") == {}
    assert results(content, "R22") == {}
    assert outcomes(content, "R25") == {"processing_fee": KEPT}


# R30


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("配合白石乡开展公开。", ["body.overview"]),
        ("示例县白石乡人民政府网站。", ["body.overview"]),
        ("会同县财政局公开。", []),
        ("会同示例县财政局公开，学习借鉴白石乡经验。", []),
        ("在示例县白石乡党委领导下。", ["body.overview"]),
        ("示例县人民政府办公室部署，城关镇公开栏更新。", []),
        ("健全省、市两级，安全省心，在全市获优秀等次。", []),
        ("全市政务公开现场会在我镇召开，我市部署。", ["level.overview"]),
        ("开设【政策解读】专栏，张某某反映的情况有待核实，等待填报，见http://a__b。", []),
        ("青河镇人民政府按照示例县人民政府、示例市要求公开。", []),
        ("助力全市营商环境。", ["level.overview"]),
        ("我省部署。", ["level.overview"]),
        ("按照全县统一要求。", []),
        ("全市级、全市场、全国。", []),
        ("联系人XX，电话＿＿＿＿。", ["placeholder.overview"]),
        ("××镇待填。", ["placeholder.overview"]),
        ("收到申请待核实。", ["placeholder.overview"]),
        ("某某单位。", ["placeholder.overview"]),
        ("X月X日开会。", ["placeholder.overview"]),
        ("○○镇公开□□条。", ["placeholder.overview"]),
        ("[单位名称]公开****条。", ["placeholder.overview"]),
    ],
)
def test_strangers_in_a_township_s_prose(text: str, codes: list[str]) -> None:
    found = outcomes(a_report(overview=text), "R30", Context(REPORTER))
    assert found == (dict.fromkeys(codes, BROKEN) or {"all": KEPT})


def test_an_office_guides_the_bodies_beside_it_and_names_them() -> None:
    office = replace(REPORTER, name="示例县人民政府办公室", kind=AgencyKind.OFFICE, level=AgencyLevel.COUNTY)
    assert outcomes(a_report(overview="指导白石乡公开。"), "R30", Context(office)) == {"all": KEPT}


@pytest.mark.parametrize(
    ("reporter", "word", "is_told"),
    [
        (Reporter("示例市青河镇人民政府", AgencyLevel.TOWNSHIP), "全市", False),
        (Reporter("示例市示例县青河镇人民政府", AgencyLevel.TOWNSHIP), "全市", True),
        (Reporter("青河镇人民政府", AgencyLevel.TOWNSHIP, above=("示例市人民政府",)), "全市", False),
        (Reporter("青河镇人民政府", AgencyLevel.TOWNSHIP), "全市", False),
        (Reporter(None, AgencyLevel.TOWNSHIP), "全省", True),
        (Reporter("示例县人民政府", AgencyLevel.COUNTY), "全市", False),
        (Reporter("示例县人民政府", AgencyLevel.COUNTY), "全省", True),
        (Reporter("示例市人民政府", AgencyLevel.PREFECTURE), "全省", False),
        (Reporter("示例镇人民政府"), "全省", False),
    ],
)
def test_the_next_level_s_wording_is_lawful(reporter: Reporter, word: str, is_told: bool) -> None:  # noqa: FBT001
    found = outcomes(a_report(preface=f"按照{word}部署。"), "R30", Context(reporter))
    assert found == ({"level.preface": BROKEN} if is_told else {"all": KEPT})


# R31


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        ("示例镇2024年政府信息公开工作年度报告", KEPT),
        ("示例镇二〇二四年政府信息公开工作年度报告", KEPT),
        ("示例镇政府信息公开工作年度报告（２０２４）", KEPT),
        ("示例镇2023年政府信息公开工作年度报告", BROKEN),
        ("示例镇二○二三年政府信息公开工作年度报告", BROKEN),
        ("示例镇二O二三年政府信息公开工作年度报告", BROKEN),
        ("示例镇2023政府信息公开年度报告", BROKEN),
        ("示例镇2024年政府信息公开工作年度报告（2025年1月15日）", KEPT),
    ],
)
def test_the_title_names_no_other_year(title: str, outcome: Outcome) -> None:
    assert outcomes(a_report(title=title), "R31")["title"] is outcome


@pytest.mark.parametrize(
    ("preface", "outcome"),
    [
        ("根据国办公开办函〔2021〕30号、《条例》（2019年修订）和（2021）30号编制。", KEPT),
        ("根据《2023年政务公开工作要点》编制。", KEPT),
        ("本报告于2025年1月编制。", KEPT),
        ("根据2019年修订的《条例》和自2019年5月15日起施行的规定编制。", KEPT),
        ("按照2021年9月26日印发的《格式》（2021年9月印发）编制。", KEPT),
        ("落实十四五规划（2021-2025年），与2023年相比进步。", KEPT),
        ("根据2025年第1次会议要求编制。二〇二五年一月十五日", KEPT),
        ("2023年，本镇公开信息80条。", BROKEN),
        ("2025年，本镇公开信息80条。", BROKEN),
    ],
)
def test_years_of_documents_are_lawful_in_the_preface(preface: str, outcome: Outcome) -> None:
    assert outcomes(a_report(preface=preface), "R31") == {"title": KEPT, "preface": outcome}


@pytest.mark.parametrize(
    ("period", "outcome"),
    [
        ("2024年1月1日起至12月31日止", KEPT),
        ("2024年1月1日至2024年12月31日", KEPT),
        ("1月1日—12月31日", KEPT),
        ("2024年1月1日至12月30日", BROKEN),
        ("2023年1月1日至12月31日", BROKEN),
    ],
)
def test_the_period_is_the_whole_year(period: str, outcome: Outcome) -> None:
    assert outcomes(a_report(preface=f"统计期限为{period}。"), "R31")["period"] is outcome


@pytest.mark.parametrize(
    ("period", "outcome"),
    [
        ("2024.1.1-2024.12.31", KEPT),
        ("2024-01-01至2024-12-31", KEPT),
        ("2024年1月–12月", KEPT),
        ("二〇二四年一月一日至十二月三十一日", KEPT),
        ("2024年1月1日零时至2024年12月31日24时", KEPT),
        ("2023-01-01至2023-12-31", BROKEN),
        ("2025年1月至12月", BROKEN),
        ("2024年1-11月", BROKEN),
        ("二〇二四年一月一日至二〇二四年十一月三十日", BROKEN),
    ],
)
def test_the_period_is_read_in_every_spelling(period: str, outcome: Outcome) -> None:
    assert outcomes(a_report(preface=f"数据统计期限为{period}。"), "R31")["period"] is outcome


def test_where_the_preface_states_no_period_the_first_section_may() -> None:
    stated = "统计期限为2024年1月1日至11月30日。"
    (found,) = (
        result
        for code, result in results(a_report(preface="报告如下。", overview=stated), "R31").items()
        if code == "period"
    )
    assert (found.outcome, found.pointer) == (BROKEN, "/narratives/overview")
    for other in ("2024年3月1日至5月1日开展排查。", "增长3.5-4.2个百分点。"):
        assert "period" not in results(a_report(preface=None, overview=other), "R31")


# R32


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        (f"{TOWN}2024年政府信息公开工作年度报告", KEPT),
        (f"{TOWN}\n２０２４ 年政府信息公开工作年度报告（示例数据）", KEPT),
        (f"《{TOWN}二〇二四年度政府信息公开工作年度报告》", KEPT),
        (f"示例市{TOWN}2024年政府信息公开工作年度报告", KEPT),
        ("青河镇人民政府2024年政府信息公开工作年度报告", KEPT),
        (f"{TOWN}2023年政府信息公开工作年度报告", BROKEN),
        ("示例县青河镇2024年政府信息公开工作年度报告", BROKEN),
        (f"{TOWN}2024年度政务公开报告", BROKEN),
        (None, BROKEN),
    ],
)
def test_the_title_is_the_form_s(title: str | None, outcome: Outcome) -> None:
    found = results(a_report(title=title), "R32", Context(REPORTER))
    assert [(code, result.outcome) for code, result in found.items()] == [("title", outcome)]
    assert outcome is KEPT or f"“{TOWN}2024年政府信息公开工作年度报告”" in found["title"].message


def test_without_a_name_only_a_missing_title_is_told() -> None:
    assert results(a_report(), "R32") == {}
    assert "〈机关全称〉" in results(a_report(title=None), "R32")["title"].message


# R33


@pytest.mark.parametrize(
    ("preface", "expected"),
    [
        ("根据国办公开办函〔2021〕30号编制。", {"notice": KEPT}),
        ("根据国办公开办函[2021]30号和国务院令第711号编制。", {"notice": KEPT}),
        ("根据国办公开办函〔2019〕60号编制。", {"notice": BROKEN}),
        ("根据国办公开办函〔2021〕30号和国务院令第492号编制。", {"notice": BROKEN}),
        ("根据《条例》（国令492号）编制。", {"notice": BROKEN}),
        ("根据《条例》编制。", {}),
        ("按照国办公开办函〔2019〕61号和省公开办函〔2019〕60号编制。", {}),
        ("《条例》（2007年国务院令第492号公布，2019年国务院令第711号修订）。", {}),
        ("根据国务院令第 492 号编制。", {"notice": BROKEN}),
    ],
)
def test_what_is_cited_is_in_force(preface: str, expected: dict[str, Outcome]) -> None:
    assert outcomes(a_report(preface=preface), "R33") == expected


def test_what_is_cited_is_quoted_whole_though_a_line_ends_in_it() -> None:
    found = results(a_report(preface="依法依规。根据国办公开办函〔2019〕\n60号编制。另行公布。"), "R33")[
        "notice"
    ]
    assert "“国办公开办函〔2019〕60号”" in found.message
    assert found.quotes == ("根据国办公开办函〔2019〕\n60号编制。",)


def test_on_the_former_form_its_own_notice_is_right() -> None:
    content = replace(
        a_report(preface="根据国办公开办函〔2019〕60号编制。"),
        form=replace(FORM, notice="国办公开办函〔2019〕60号"),
    )
    assert outcomes(content, "R33") == {"notice": KEPT}
    assert outcomes(replace(content, form=replace(FORM, notice="另行通知")), "R33") == {"notice": BROKEN}


# R34


@pytest.mark.parametrize(("length", "outcome"), [(1000, KEPT), (1001, BROKEN)])
def test_the_first_section_is_no_longer_than_its_county_has_set(length: int, outcome: Outcome) -> None:
    content = a_report(overview="字 " * length)
    found = results(content, "R34")
    assert [(code, result.outcome) for code, result in found.items()] == [("overview", outcome)]
    assert (found["overview"].left, found["overview"].right) == (length, 1000)
    generous = Context(settings=RuleSettings(thresholds={"R34.characters": 2000}))
    assert outcomes(content, "R34", generous) == {"overview": KEPT}


# R36


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("收到政府信息公开申请1条。", {"unit.overview": BROKEN}),
        ("收到政府信息公开申请 １ 条。", {"unit.overview": BROKEN}),
        ("受理2条政府信息公开申请。", {"unit.overview": BROKEN}),
        ("申请总数为十二条，收到申请3件。", {"unit.overview": BROKEN}),
        ("收到政府信息公开申请1件。", {"unit.overview": KEPT}),
        ("办理申请后发布信息80条。", {}),
        ("发布信息80条。", {}),
        ("收到3条公开申请。", {"unit.overview": BROKEN}),
        ("收到申请公开政府信息3条，申请受理3件。", {"unit.overview": BROKEN}),
        ("申请一条龙，申请公开十条，受理低保申请12条。", {}),
    ],
)
def test_applications_are_counted_in_their_own_unit(text: str, expected: dict[str, Outcome]) -> None:
    assert outcomes(a_report(overview=text), "R36") == expected


def test_no_more_than_a_few_sentences_are_quoted() -> None:
    prose = "".join(f"第{at}次，收到申请1条。" for at in range(9))
    (result,) = results(a_report(overview=prose), "R36").values()
    assert result.quotes == tuple(f"第{at}次，收到申请1条。" for at in range(5))


# R26 with scope


def test_a_figure_that_includes_what_was_carried_over_is_held_to_both() -> None:
    content = a_report(overview="收到政府信息公开申请（含上年结转）7件。")
    cells = {"requests__received__total": 5, "requests__pending_at_start__total": 2}
    (result,) = results(with_cells(content, **cells), "R26").values()
    assert (result.outcome, result.left, result.right) == (KEPT, 7, 7)
    assert "“上年结转”行“总计”列填的是 2，相符" in result.message
    (result,) = results(with_cells(content, **cells | {"requests__received__total": 4}), "R26").values()
    assert (result.outcome, result.difference) == (BROKEN, 1)
    (result,) = results(
        with_cells(content, **cells | {"requests__pending_at_start__total": None}), "R26"
    ).values()
    assert (result.outcome, result.right) == (KEPT, None)
    assert "“上年结转”行“总计”列没有填，没有发现不符" in result.message


def test_the_office_s_own_figure_may_be_less_but_not_more() -> None:
    content = a_report(overview="县政府办公室收到政府信息公开申请7件。", other_matters=None)
    assert outcomes(with_cells(content, requests__received__total=7), "R26") == {"received": KEPT}
    (result,) = results(with_cells(content, requests__received__total=70), "R26").values()
    assert result.message.endswith("列填的是 70，文字只说政府办公室，没有超过表格的数")
    assert outcomes(with_cells(content, requests__received__total=6), "R26") == {"received": BROKEN}


def test_a_rounded_figure_agrees_with_what_it_may_stand_for() -> None:
    content = a_report(overview="作出行政许可决定4.5万件。", other_matters=None)
    assert outcomes(with_cells(content, disclosure__licensing__decisions=45_678), "R26") == {
        "licensing": KEPT
    }
    assert outcomes(with_cells(content, disclosure__licensing__decisions=46_000), "R26") == {
        "licensing": BROKEN
    }


def test_money_is_told_in_the_cell_s_own_unit() -> None:
    content = a_report(overview="行政事业性收费251000元。", other_matters=None)
    (result,) = results(with_cells(content, disclosure__fees__amount=25_000_000), "R26").values()
    assert result.message.startswith("文字里说 25.1 万元（")
    assert result.message.endswith("列填的是 25，相差 0.1")


def test_kinds_whose_cells_the_form_lacks_are_left_out() -> None:
    sections = tuple(section for section in FORM.sections if section.code != "requests")
    content = replace(
        a_report(overview="收到政府信息公开申请2件，作出行政许可3件。"), values=a_balanced_report()
    )
    assert set(results(replace(content, form=replace(FORM, sections=sections)), "R26")) == {"licensing"}


def test_a_body_may_be_called_by_a_number_that_looks_like_a_year() -> None:
    name = "示例县第一九零五镇人民政府"
    content = a_report(title=f"{name}2024年政府信息公开工作年度报告")
    assert outcomes(content, "R31", Context(replace(REPORTER, name=name)))["title"] is KEPT
