"""Every door judges alike: generated reports sent through all of them, against one call of `judge`.

`NIANBAO_DOORS=2000` sends as many as the issue asks for; by default it is a tenth, which takes a tenth of the
time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.content import document_of
from app.domain.judging import judge, judge_balances
from app.domain.results import blocking, described, not_kept
from app.forms.annual_2021 import FORM
from app.services.agencies import create_agency, find_agency
from app.services.agency_details import AgencyDetails
from app.services.rechecking import Depth, recheck, reports_to_recheck
from app.services.surroundings import context_of
from tests.api import API, COUNTY, address, based_on
from tests.builders import a_content, a_modest_report, balanced, typed_cells
from tests.documents.text_builders import a_text
from tests.services.trees import SOMEBODY

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.domain.content import Content
    from app.domain.results import Result
    from app.storage.engine import Database

COUNT = int(os.environ.get("NIANBAO_DOORS", "200"))
BATCH = 500
SAMPLE = max(50, COUNT // 20)
YEAR = 2025
ASPECTS = (
    "（一）主动公开方面：按时更新。（二）依申请公开方面：收到申请 {n} 件。（三）政府信息管理方面：逐件审查。",
    "（四）平台建设方面：维护公开栏。（五）监督保障方面：开展考核和社会评议，没有责任追究。",
)
OVERVIEW = (
    "".join(ASPECTS),
    "{year}年共收到政府信息公开申请{n}件，全部按时办结。",
    "工作开展正常，联系电话 13800138000。",
)
PROBLEMS = ("存在的问题：更新不够及时。改进措施：每周核对。", "没有问题。")
OTHERS = ("没有收取信息处理费。", "发出收费通知 2 件，收取信息处理费 300 元。", "无。")
EXPLANATION = "已与登记台账逐条核对，没有填错。"
PATCHED = "requests.received.natural_person"


@dataclass(frozen=True)
class Doors:
    """A service with bodies of which many have a report of last year."""

    client: TestClient
    database: Database

    def results(self, code: str, content: Content) -> list[Result]:
        """Return what `judge` makes of a report in its context, as that is now."""
        with self.database.reading() as session:
            agency = find_agency(session, SOMEBODY, code)
            return judge(content, context_of(session, agency, content))

    def expected(self, code: str, content: Content) -> list[dict[str, object]]:
        return _described(content, not_kept(self.results(code, content)))

    def findings(self, code: str) -> Any:  # noqa: ANN401 - JSON
        return self.client.get(address(code, YEAR, "/findings")).json()


def _described(content: Content, results: list[Result]) -> list[dict[str, object]]:
    return [described(FORM, content.values, result) for result in results]


def _code(number: int) -> str:
    return f"T{number:05}"


def _name(number: int) -> str:
    """Return a name in words alone, as readers of documents find names in titles."""
    return f"示例县第{''.join('零一二三四五六七八九'[int(digit)] for digit in str(number))}镇人民政府"


def generate(number: int, year: int = YEAR) -> Content:
    """Return a report that balances or doesn't, with or without all cells, in one of many wordings."""
    chance = Random(f"{number} {year}")
    most = chance.choice((0, 1, 9, 60, 4000))
    values = balanced(FORM, {code: chance.randint(0, most) for code in typed_cells()})
    fate = chance.random()
    if fate > 0.4:
        for code in chance.sample(list(FORM.cells), chance.randint(1, 5)):
            values[code] = None if fate > 0.7 else chance.randint(0, most + 5)
    texts = {
        "overview": chance.choice(OVERVIEW).format(year=year, n=chance.randint(0, 9)),
        "problems": chance.choice(PROBLEMS),
        "other_matters": chance.choice(OTHERS),
    }
    return a_content(year=year, agency=_name(number), values=values, narratives=texts)


def sound(number: int) -> Content:
    """Return a body's report of the year before, with which nothing is wrong."""
    values = a_modest_report(granted=20 + number % 70)
    return a_content(year=YEAR - 1, agency=_name(number), values=values)


def body(code: str, content: Content) -> dict[str, object]:
    return {**document_of(content), "agency": code, "year": content.year}


def send_batch(client: TestClient, bodies: list[dict[str, object]], *, draft: bool) -> None:
    for start in range(0, len(bodies), BATCH):
        part = bodies[start : start + BATCH]
        params = {"atomic": False, "draft": draft}
        answer = client.post(f"{API}/reports/batch", json=part, params=params)
        assert answer.status_code in {201, 207}, answer.text
        assert answer.json()["counts"]["refused"] == 0, answer.text


@pytest.fixture
def doors(app: FastAPI, client: TestClient) -> Doors:
    """Return a service with a county of as many towns as reports are sent, two of three with last year's."""
    database: Database = app.state.database
    with database.writing() as session:
        county = AgencyDetails(COUNTY, "示例县人民政府", AgencyLevel.COUNTY, AgencyKind.GOVERNMENT, None)
        create_agency(session, SOMEBODY, county)
        for number in range(COUNT + SAMPLE):
            details = AgencyDetails(
                _code(number), _name(number), AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT, COUNTY
            )
            create_agency(session, SOMEBODY, details)
    before = [body(_code(number), sound(number)) for number in range(COUNT + SAMPLE) if number % 3]
    send_batch(client, before, draft=False)
    return Doors(client, database)


def test_every_door_comes_to_the_same_verdict(doors: Doors) -> None:
    contents = {_code(number): generate(number) for number in range(COUNT)}
    send_batch(doors.client, [body(code, content) for code, content in contents.items()], draft=True)
    for code, content in contents.items():
        assert doors.findings(code)["items"] == doors.expected(code, content), code
    _recheck(doors, contents)
    sample = list(contents)[:SAMPLE]
    for code in sample:
        _validate(doors, code, contents[code])
        _replace_and_patch(doors, code, contents[code])
        _submit(doors, code, contents[code])
    for number in range(COUNT, COUNT + SAMPLE):
        _import(doors, _code(number), generate(number))


def _recheck(doors: Doors, contents: dict[str, Content]) -> None:
    with doors.database.reading() as session:
        parts = reports_to_recheck(session, YEAR, None)
    judged = (recheck(doors.database, YEAR, part, Depth(in_full=True)) for part in parts)
    found = {one.agency: one.findings for some in judged for one in some}
    assert found == {code: doors.expected(code, content) for code, content in contents.items()}


def _validate(doors: Doors, code: str, content: Content) -> None:
    answer = doors.client.post(f"{API}/validations", json=body(code, content)).json()
    results = doors.results(code, content)
    assert answer["items"] == _described(content, results)
    doubtful = [result for result in results if result.needs_explanation]
    assert answer["can_submit"] == (not blocking(results) and not doubtful)
    said = {"explanations": _explained(doubtful)}
    answer = doors.client.post(f"{API}/validations", json={**body(code, content), **said}).json()
    assert answer["can_submit"] == (not blocking(results))
    assert _unexplained(answer["items"], doubtful) == _described(content, results)


def _explained(doubtful: list[Result]) -> list[dict[str, str]]:
    return [{"rule": each.rule.id, "code": each.code, "text": EXPLANATION} for each in doubtful]


def _unexplained(items: list[dict[str, Any]], doubtful: list[Result]) -> list[dict[str, Any]]:
    """Return findings without what was said of them: of the doubtful, and of no other."""
    said = {
        (item["rule"], item["code"]): item["explanation"]["text"] for item in items if item["explanation"]
    }
    assert said == {(each.rule.id, each.code): EXPLANATION for each in doubtful}
    return [{**item, "explanation": None} for item in items]


def _replace_and_patch(doors: Doors, code: str, content: Content) -> None:
    other = replace(content, preface="另一段前言。")
    known = based_on(doors.client.get(address(code, YEAR)))
    saved = doors.client.put(
        address(code, YEAR), json=body(code, other), params={"draft": True}, headers=known
    )
    assert saved.json()["findings"] == doors.expected(code, other)
    # what is sent beside the total leaves the total as it is
    total = PATCHED.replace("natural_person", "total")
    patched = replace(other, values={**other.values, PATCHED: 7, total: other.values[total]})
    table, row, column = PATCHED.split(".")
    cells = {column: 7, "total": other.values[total]}
    if other.values[total] is None:
        cells = {column: 7, "total": 0}
        patched = replace(patched, values={**patched.values, total: 0})
    answer = doors.client.patch(
        address(code, YEAR), json={table: {row: cells}}, params={"draft": True}, headers=based_on(saved)
    )
    assert answer.json()["findings"] == doors.expected(code, patched)
    again = doors.client.put(
        address(code, YEAR), json=body(code, content), params={"draft": True}, headers=based_on(answer)
    )
    assert again.json()["findings"] == doors.expected(code, content)


def _submit(doors: Doors, code: str, content: Content) -> None:
    results = doors.results(code, content)
    doubtful = [result for result in results if result.needs_explanation]
    submit, body = address(code, YEAR, "/transitions"), {"action": "submit"}
    answer = doors.client.post(submit, json=body)
    if in_the_way := [*blocking(results), *doubtful]:
        assert answer.status_code == 422, answer.text
        told = [(error["rule"], error["code"], error["message"]) for error in answer.json()["errors"]]
        assert told == [(each.rule.id, each.code, each.message) for each in in_the_way]
    if blocking(results):
        return
    if doubtful:
        known = based_on(doors.client.get(address(code, YEAR)))
        said = {"items": _explained(doubtful)}
        explained = doors.client.post(address(code, YEAR, "/explanations"), json=said, headers=known)
        assert explained.status_code == 200, explained.text
        answer = doors.client.post(submit, json=body)
    assert answer.status_code == 200, answer.text
    found = doors.findings(code)
    assert found["gate"]["items"] == found["items"]
    assert _unexplained(found["items"], doubtful) == _described(content, not_kept(results))
    total = doors.client.get(f"{API}/rollups/{code}/{YEAR}").json()
    assert [(each["code"], each["outcome"], each["left"], each["right"]) for each in total["rules"]] == [
        (each.code, each.outcome, each.left, each.right) for each in judge_balances(FORM, content.values)
    ]


def _import(doors: Doors, code: str, content: Content) -> None:
    answer = doors.client.post(
        f"{API}/imports",
        params={"store": "draft", "agency": code, "year": YEAR},
        files={"file": ("report.txt", a_text(content))},
    )
    assert answer.status_code == 200, answer.text
    assert doors.findings(code)["items"] == doors.expected(code, content)
