"""Personal data in prose: found by its check digits, and never shown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.context import ALONE
from app.domain.judging import judge
from app.domain.prose.personal import masked, personal_data
from app.domain.prose.privacy import judge_privacy
from app.domain.results import Outcome, Result, described
from app.forms.annual_2021 import FORM
from tests.builders import a_content

IDENTITY = "11010519491231002X"
CARD = "6222021234567890128"
MOBILE = "13912345678"


def kinds(text: str) -> list[str]:
    """Return what is found in a text."""
    return [datum.kind for datum in personal_data(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"身份证号{IDENTITY}。", ["identity_number"]),
        (f"身份证号{IDENTITY.lower()}。", ["identity_number"]),
        ("身份证号１１０１０５１９４９１２３１００２Ｘ。", ["identity_number"]),
        ("身份证号110105 19491231 002X。", ["identity_number"]),
        ("身份证号110105194912310021。", []),
        ("身份证号110105194913310021。", []),
        (f"卡号{CARD}，", ["bank_card"]),
        ("卡号6222 0212 3456 7890 128，", ["bank_card"]),
        ("卡号6222021234567890129，", []),
        (f"电话{MOBILE}。", ["mobile_number"]),
        ("电话139-1234-5678。", ["mobile_number"]),
        (f"电话86{MOBILE}。", ["mobile_number"]),
        (f"编号{MOBILE}9。", []),
        (f"编号A{MOBILE}。", []),
        ("电话12912345678。", []),
        ("电话0953-6012345。", []),
        ("阅读量11398889次。", []),
        ("电话139－1234－5678。", ["mobile_number"]),
        ("电话139—1234—5678。", ["mobile_number"]),
        ("电话139.1234.5678。", ["mobile_number"]),
        ("电话139·1234·5678。", ["mobile_number"]),
        ("电话139\u00a01234  5678。", ["mobile_number"]),
        (f"电话{MOBILE} 20人。", ["mobile_number"]),
        (f"电话0953-6012345 {MOBILE} 0953-6012345。", ["mobile_number"]),
        (f"0086-{MOBILE}，TEL{MOBILE}，项目负责人{MOBILE}。", ["mobile_number"] * 3),
        ("电话1391234\n5678。", ["mobile_number"]),
        ("1\n3\n9\n1\n2\n3\n4\n5\n6\n7\n8", []),
        ("电话139    1234    5678。", []),
        ("身份证号11010519491231002Ｘ。", ["identity_number"]),
        (f"ID{IDENTITY}。", ["identity_number"]),
        ("身份证号110105491231002。", ["identity_number"]),
        ("110105491331002。", []),
        (f"{IDENTITY} {MOBILE}", ["identity_number", "mobile_number"]),
        ("卡号6222  0212  3456  7890  128。", ["bank_card"]),
        ("卡号4000001234567899。", ["bank_card"]),
        ("4000001234567899。", []),
        ("流水12345678901234567。", []),
        ("622202123 4567890128。", []),
        ("统一社会信用代码936403230001001081。", []),
        ("农种登字第6403232024001009号，工单2024110512345671。", []),
        ("许可证编号13082420241，投资13800000000元，访问13812345678次。", []),
        ("比率0.13912345678，均值13912345678.5。", []),
    ],
)
def test_what_is_personal(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_masked_text_keeps_its_length_and_little_else() -> None:
    text = f"甲{IDENTITY}，乙{MOBILE}。"
    assert masked(text) == "甲110*************2X，乙139******78。"
    assert masked("没有。") == "没有。"


def test_each_text_and_kind_is_one_result() -> None:
    prose = f"联系{MOBILE}或{MOBILE}，卡号{CARD}。再联系13812345678。"
    content = replace(
        a_content(narratives={"overview": prose, "problems": "问题。"}), title=IDENTITY, preface=None
    )
    found = {result.code: result for result in judge_privacy(content)}
    assert set(found) == {"title.identity_number", "overview.mobile_number", "overview.bank_card"}
    assert found["overview.mobile_number"].message == (
        "“一、总体情况”里有手机号码 3 处（139******78、138******78）；公布前请改用单位的办公电话"
    )
    assert found["overview.mobile_number"].quotes[1] == "再联系138******78。"
    assert found["overview.bank_card"].pointer == "/narratives/overview"


def test_an_explanation_is_of_these_persons_even_where_their_masked_numbers_look_alike() -> None:
    def found(prose: str) -> Result:
        (result,) = judge_privacy(a_content(narratives={"overview": prose}))
        return result

    one, other = found("联系13912345678。其他照旧。"), found("联系13987654378。其他照旧。")
    assert (one.message, one.quotes) == (other.message, other.quotes)
    assert one.basis({}) != other.basis({})
    assert one.basis({}) == found("联系13912345678。其他都改写了。").basis({})
    shown = json.dumps(described(FORM, {}, one), ensure_ascii=False) + repr(one)
    assert "139******78" in shown
    assert "13912345678" not in shown


def test_where_there_is_none_that_is_told_once() -> None:
    written = {"overview": "平稳。", "problems": "问题。", "other_matters": "没有。"}
    (found,) = judge_privacy(a_content(narratives=written))
    assert (found.code, found.outcome) == ("all", Outcome.KEPT)


def test_what_is_not_written_yet_may_still_hold_some() -> None:
    (found,) = judge_privacy(a_content(narratives={"overview": "平稳。", "problems": "问题。"}))
    assert (found.code, found.outcome, found.pointer) == (
        "all",
        Outcome.NOT_EVALUATED,
        "/narratives/other_matters",
    )
    assert found.message.startswith("“六、其他需要报告的事项”没有写，没法核对")


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [
                "收到政府信息公开申请",
                "2024年",
                "3件",
                "，",
                "。",
                "（含上年结转",
                "）",
                "其中",
                "未",
                "零",
                "\n",
                "1.5万",
            ]
        ),
        st.sampled_from(
            ["行政复议", "行政诉讼", "各", "结转下年度", "办结", "信息处理费", "元", "县政府办公室", "全市"]
        ),
    ),
    max_size=30,
).map("".join)
PERSONAL = st.sampled_from([IDENTITY, CARD, MOBILE])


@given(TEXTS, TEXTS, PERSONAL)
def test_no_text_is_too_strange_to_be_judged_and_nothing_personal_is_ever_shown(
    before: str, after: str, personal: str
) -> None:
    prose = f"{before}收到申请3条，{personal}，{after}"
    content = replace(
        a_content(narratives=dict.fromkeys(("overview", "problems", "other_matters"), prose)),
        title=prose,
        preface=prose,
    )
    for result in judge(content, ALONE):
        for text in (result.message, result.hint or "", *result.quotes):
            assert personal not in text


@pytest.mark.parametrize("text", ["1" * 100_000, "139 " * 30_000, "1-" * 60_000])
def test_long_runs_of_digits_are_read_quickly(text: str) -> None:
    assert kinds(text) == []
