"""What rules say: every message is one of its rule's templates filled in, and every template is said."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from hypothesis import given

from app.domain.context import Alike, Context, RuleSettings
from app.domain.judging import judge
from app.domain.reorganisations import Holding
from app.domain.rules import CATALOGUE, RULES
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FORM
from app.routers.validations import judge_beside
from app.schemas.strict_json import parse
from app.schemas.validations import ValidationBody, read_validation
from app.services.document_reading import Document, read_document
from tests.api import API, TOWN, a_report, assert_problem, file_report, register_county
from tests.builders import PROSE, a_balanced_report, a_content, any_values
from tests.documents.test_text_former import a_former_report, with_table_2
from tests.documents.text_builders import AGENCY, replaced, row_with
from tests.documents.text_builders import a_report as a_document
from tests.test_conformance import CASES, FORMER_YEAR, YEAR, bodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.results import Result
    from app.domain.values import Values

SEED = Path(__file__).parent / "documents" / "data" / "township-2021.txt"
OF_NEITHER = "信息内容\t本年新制作数量\t本年新公开数量\t对外公开总数量\n规章\t1\t1\t4\n"
"""表二 in the words of the form of 2019, for a document whose other tables are those of the form in force."""
RECEIVED, CARRIED = "requests.received.total", "requests.pending_at_start.total"


# How a message is told


_CELL, _NUMBER = "表.“.+?”行“.+?”列", "-?[0-9.]+"
_NUMBERS = (
    *("cases", "columns", "count", "fee", "in_force", "issued", "least", "line", "most", "number"),
    *("peers", "percent", "received", "repealed", "requests", "rows", "sum", "usual", "year"),
)
FIELDS = {
    "cell": f"{_CELL}(?:、{_CELL})*",
    "before": f"{_NUMBER}(?:（.+?）)?",
    "difference": f"{_NUMBER}(?:、{_NUMBER})*",
    **dict.fromkeys(_NUMBERS, _NUMBER),
}
"""What fields hold, where that is known; the others may hold anything."""


@cache
def pattern_of(template: str) -> re.Pattern[str]:
    return re.compile(
        "".join(
            re.escape(text) + ("" if name is None else FIELDS.get(name, ".*"))
            for text, name, *_ in Formatter().parse(template)
        ),
        re.DOTALL,
    )


@cache
def told_by(rule: str, outcome: str, message: str) -> str | None:
    """Return which of a rule's messages this is, of those for such an outcome: the one that says most."""
    fitting = [
        (sum(len(text) for text, *_ in Formatter().parse(template)), name)
        for name, template in RULES[rule].messages.items()
        if name.partition(".")[0] == outcome and pattern_of(template).fullmatch(message)
    ]
    return max(fitting)[1] if fitting else None


def strange(results: Iterable[Result]) -> list[str]:
    """Return the messages that are none of their rule's."""
    return [
        f"{each.rule.id} {each.outcome} {each.message}"
        for each in results
        if told_by(each.rule.id, each.outcome, each.message) is None
    ]


@cache
def parts_in(rule: str, message: str) -> frozenset[str]:
    """Return which pieces of messages stand in one."""
    parts = {name: text for name, text in RULES[rule].messages.items() if name.startswith("part.")}
    return frozenset(name for name, text in parts.items() if pattern_of(text).search(message))


# What is said


@cache
def judged_cases() -> list[Result]:
    """Return every result of the conformance cases."""
    bodies = [parse(json.dumps(case.body).encode()) for case in CASES if not case.refused]
    return [result for body in bodies for result in judge_beside(*sent(body))[1]]


def sent(body: object) -> tuple[ValidationBody, int]:
    said = read_validation(body)
    assert said.year
    return said, said.year


def judged_otherwise() -> Iterator[Result]:
    """Yield results that no conformance case can have."""
    yield from judge(a_content(values=a_balanced_report() | {RECEIVED: 10**12}))
    for now, change in ((8, -4), (9, -4), (None, -4), (8, None)):
        yield from judge_items(now, change)
    yield from judge_merged()
    long = "".join(map(chr, range(0x6000, 0x6200)))
    alike = [Alike("a", "甲局", 2023, is_own, 90, (long,)) for is_own in (True, False)]
    yield from judge(a_content(narratives=PROSE | {"overview": long}), Context(alike=tuple(alike)))
    asked = RuleSettings(thresholds={"R29.peers": 1})
    for mark in (0, 10**9):
        context = Context(marks={RECEIVED: mark}, peers=300, marked_on=date(2026, 1, 2), settings=asked)
        yield from judge(a_content(), context)
    for prose, cells in (
        ("收到政府信息公开申请（含上年结转）7件。", {RECEIVED: 7, CARRIED: None}),
        ("收到政府信息公开申请0件。", dict.fromkeys(FORM.totals[RECEIVED], 0) | {RECEIVED: None}),
    ):
        values = a_balanced_report() | cells
        yield from judge(a_content(narratives=PROSE | {"overview": prose}, values=values))
    values = a_balanced_report() | {"requests.closed_fee_unpaid.total": None}
    yield from judge(a_content(values=values))


def judge_merged() -> Iterator[Result]:
    """Yield what comes of reports of a body that two were merged into, with and without their figures."""
    for form, year in ((FORM, 2024), (FORMER, 2020)):
        for figure in (0, None):
            part = dict.fromkeys(form.cells, figure)
            whole = Holding(part, "由甲镇、乙镇合并", parts=(("甲镇", part), ("乙镇", part)))
            last = a_content(form, year=year - 1, values=part)
            content = a_content(form, year=year, values=dict.fromkeys(form.cells, 0))
            yield from judge(content, Context(last_year=last, inherited=whole))


def judge_items(now: int | None, change: int | None) -> list[Result]:
    """Judge a report of 2020 with so many 行政许可 beside one of 2019 with 12 and their change."""
    items = "disclosure.licensing.items_"
    last = a_content(FORMER, year=2019, values=zeros() | {f"{items}before": 12, f"{items}change": change})
    content = a_content(FORMER, year=2020, values=zeros() | {f"{items}before": now})
    return judge(content, Context(last_year=last))


def zeros() -> dict[str, int | None]:
    return dict.fromkeys(FORMER.cells, 0)


def documents() -> Iterator[str]:
    """Yield documents, each spoilt in its own way, as they really are."""
    yield SEED.read_text()
    yield from map(a_former_report, (2018, 2022))
    yield replaced(a_former_report(), "对外公开总数量", "本年废止件数")
    text = a_document()
    yield with_table_2(text, OF_NEITHER)
    yield with_table_2(text, "信息内容\t本年制发件数\n")
    five, six = text.index("五、存在"), text.index("六、其他")
    yield f"{text[:five]}{text[six:]}\n{text[five:six]}"
    for old, new in spoils(text):
        yield replaced(text, old, new)


def spoils(text: str) -> Iterator[tuple[str, str]]:
    """Yield what to write for what in a document."""
    title = f"{AGENCY}2024年政府信息公开工作年度报告"
    yield from ((title, "年报"), (title, f"第3稿\n{title}"))
    yield "\n二、主动公开政府信息情况\n", "\n"
    five = "五、存在的主要问题及改进情况"
    yield from ((f"\n{five}\n", "\n"), (five, "五、存在问题"), (five, f"{five}\n{five}"))
    yield PROSE["problems"], "甲\x07乙\ufffd。"
    yield from (("行政处罚\t8", "行政处罚\t约8"), ("规章\t1\t2\t3", "规章000"))
    fees = row_with("行政事业性收费", text)
    yield from ((fees, f"{fees}\n注：不含派出机构。\n备注\t见附件"), (fees, "行政事业性收费\t251000元"))
    yield "法律服务机构", "律所"
    row = row_with("2.重复申请", text)
    head = "\n".join(row_with(word, text) for word in ("申请人情况", "自然人", "商业企业"))
    yield row, row.replace("2.重复申请", "2.别的申请")
    yield row, f"{row}\n{row}9"
    yield row, f"{head.replace('科研机构', '')}\n{row}"
    yield row_with("（五）不予处理", text), ""
    proceedings = text[text.index("\n四、") : text.index("\n五、")].rstrip().splitlines()
    yield from ((proceedings[-1], ""), (proceedings[-1], f"{proceedings[-1]}\n" + "\t".join("9" * 15)))
    groups = row_with("未经复议直接起诉", text)
    yield from ((groups, groups.replace("结果纠正", "", 1)), ("未经复议直接起诉", ""))


def read_documents() -> Iterator[Result]:
    for text in documents():
        yield from read_document(Document("年报.txt", text.encode())).reading.findings
    text = a_document()
    untitled = text[text.index("本报告") :]
    yield from read_document(Document("年报.txt", untitled.encode())).findings[:2]


# What is true of it


def test_every_message_is_a_template_of_its_rule_for_its_outcome() -> None:
    assert strange(judged_cases()) == []
    assert strange(judged_otherwise()) == []
    assert strange(read_documents()) == []


@given(bodies(FORM, YEAR) | bodies(FORMER, FORMER_YEAR))
def test_so_is_every_message_of_any_report(body: dict[str, Any]) -> None:
    assert strange(judge_beside(*sent(body))[1]) == []


@given(any_values(FORMER, -(10**6), 10**12), any_values(FORMER))
def test_and_of_any_report_on_the_form_of_2019_beside_the_year_before(now: Values, before: Values) -> None:
    last = a_content(FORMER, year=2019, values=before)
    assert strange(judge(a_content(FORMER, values=now), Context(last_year=last))) == []


def test_every_template_is_said() -> None:
    """Those of requests that are turned away are said below."""
    said: set[tuple[str, str | None]] = set()
    for each in (*judged_cases(), *judged_otherwise(), *read_documents()):
        rule = each.rule.id
        said |= {(rule, told_by(rule, each.outcome, each.message))}
        said |= {(rule, name) for name in parts_in(rule, each.message)}
    all_ = {(rule.id, name) for rule in CATALOGUE for name in rule.messages}
    assert all_ - said == {
        ("R02", "refused"),
        *(("R37", "refused"), ("R37", "refused.document")),
        *(("R40", "refused"), ("R40", "refused.unit")),
    }


def send(client: TestClient, text: str, year: int) -> Response:
    params: dict[str, str | int] = {"store": "draft", "agency": TOWN, "year": year}
    return client.post(f"{API}/imports", params=params, files={"file": ("a.txt", text.encode())})


def test_who_is_turned_away_is_told_in_the_words_of_the_rule(client: TestClient) -> None:
    register_county(client)
    file_report(client, year=2024)
    again = client.post(f"{API}/reports", json=a_report(agency=TOWN, year=2024))
    name: dict[str, str | int] = {"agency": f"机关{TOWN}", "year": 2024}
    assert assert_problem(again, 409, "duplicate")["detail"] == RULES["R37"].say("refused", **name)
    document = send(client, a_document(), 2024)
    said = RULES["R37"].say("refused.document", **name)
    assert assert_problem(document, 409, "duplicate")["detail"] == said
    which: dict[str, str | int] = {"year": 2022, "which": FORM.years_in_words, "expected": FORM.full_name}
    said = RULES["R02"].say("refused", table="表二、表三", **which)
    former = send(client, a_former_report(2022), 2022)
    assert assert_problem(former, 422, "invalid-request")["detail"] == said
    said = RULES["R02"].say("refused", table="表二", **which | {"year": 2024})
    neither = send(client, with_table_2(a_document(), OF_NEITHER), 2024)
    assert assert_problem(neither, 422, "invalid-request")["detail"] == said


def test_whoever_would_make_a_total_final_too_early_is_too(client: TestClient) -> None:
    register_county(client)
    file_report(client, year=2024)
    early = client.post(f"{API}/rollups/{TOWN}/2024/finalisation", json={})
    problem = assert_problem(early, 409, "wrong-state")
    unit = RULES["R40"].say("refused.unit", agency=f"机关{TOWN}", reason="报告的状态是“已上报”，还不能计入")
    assert [fault["message"] for fault in problem["errors"]] == [unit]
    assert pattern_of(RULES["R40"].messages_on(FORM)["refused"]).fullmatch(problem["detail"])


def test_the_catalogue_shows_what_is_said(client: TestClient) -> None:
    rules = {each["id"]: each for each in client.get(f"{API}/rules", params={"year": 2024}).json()["items"]}
    for rule in CATALOGUE:
        if rule.covers(2024):
            shown = {each["name"]: each["template"] for each in rules[rule.id]["messages"]}
            assert shown == rule.messages_on(FORM)
