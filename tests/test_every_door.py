"""Every door judges alike: generated reports, each sent through all of them, against one call of `judge`.

`make doors` sends 2 000, in a quarter of an hour; otherwise sixty are sent, or what `NIANBAO_DOORS` says.
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
from app.services.surroundings import contexts_of
from tests.api import API, COUNTY, address, based_on
from tests.builders import a_content, a_modest_report, balanced, typed_cells
from tests.documents.text_builders import a_text
from tests.services.trees import SOMEBODY

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.domain.content import Content
    from app.domain.context import Context
    from app.domain.results import Result
    from app.storage.engine import Database

COUNT = int(os.environ.get("NIANBAO_DOORS", "60"))
BATCH = 500
TOWNS_EACH = 20
"""Towns of a county: a report is judged beside the names of all its neighbours."""
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
    """A service with towns of which many have a report of last year."""

    client: TestClient
    database: Database

    def contexts(self, contents: dict[str, Content]) -> dict[str, Context]:
        """Return what towns' reports of one year are judged beside, as that is now."""
        (year,) = {content.year for content in contents.values()}
        with self.database.reading() as session:
            reported = [(find_agency(session, SOMEBODY, code), each) for code, each in contents.items()]
            return dict(zip(contents, contexts_of(session, year, reported), strict=True))

    def findings(self, code: str, year: int = YEAR) -> Any:  # noqa: ANN401 - JSON
        return self.client.get(address(code, year, "/findings")).json()


def _expected(content: Content, context: Context) -> list[dict[str, object]]:
    return _described(content, not_kept(judge(content, context)))


def _described(content: Content, results: list[Result]) -> list[dict[str, object]]:
    return [described(FORM, content.values, result) for result in results]


def _code(number: int) -> str:
    return f"T{number:05}"


def _county(number: int) -> str:
    """Return the name of the county in which a town lies, in words alone: so readers find them in titles."""
    return f"{_words(number // TOWNS_EACH)}号县人民政府"


def _name(number: int) -> str:
    return f"{_county(number).removesuffix('人民政府')}第{_words(number)}镇人民政府"


def _words(number: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))


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


def send_batch(doors: Doors, contents: dict[str, Content], *, draft: bool) -> dict[str, str]:
    """File reports of many towns; return the tag of each."""
    bodies = [body(code, content) for code, content in contents.items()]
    tags: dict[str, str] = {}
    for start in range(0, len(bodies), BATCH):
        part, params = bodies[start : start + BATCH], {"atomic": False, "draft": draft}
        answer = doors.client.post(f"{API}/reports/batch", json=part, params=params).json()
        assert answer["counts"] == {"created": len(part), "replaced": 0, "refused": 0}
        tags |= {item["agency"]: item["report"]["etag"] for item in answer["items"]}
    return tags


@pytest.fixture
def doors(app: FastAPI, client: TestClient) -> Doors:
    """Return a service with counties of as many towns as reports are sent, two of three with last year's."""
    opened = Doors(client, app.state.database)
    with opened.database.writing() as session:
        for number in range(COUNT):
            county = f"{COUNTY}{number // TOWNS_EACH:03}"
            if number % TOWNS_EACH == 0:
                above = AgencyDetails(
                    county, _county(number), AgencyLevel.COUNTY, AgencyKind.GOVERNMENT, None
                )
                create_agency(session, SOMEBODY, above)
            details = AgencyDetails(
                _code(number), _name(number), AgencyLevel.TOWNSHIP, AgencyKind.GOVERNMENT, county
            )
            create_agency(session, SOMEBODY, details)
    send_batch(opened, {_code(each): sound(each) for each in range(COUNT) if each % 3}, draft=False)
    return opened


def test_every_door_comes_to_the_same_verdict(doors: Doors) -> None:
    contents = {_code(number): generate(number) for number in range(COUNT)}
    tags = send_batch(doors, contents, draft=True)
    contexts = doors.contexts(contents)
    expected = {code: _expected(content, contexts[code]) for code, content in contents.items()}
    _recheck(doors, expected)
    for code, content in contents.items():
        assert doors.findings(code)["items"] == expected[code], code
        results = judge(content, contexts[code])
        _validate(doors, code, content, results)
        tag = _patch_and_replace(doors, code, content, contexts[code], tags[code])
        _submit(doors, code, content, results, tag)
    _import(doors, {_code(number): generate(number, YEAR + 1) for number in range(COUNT)})


def _recheck(doors: Doors, expected: dict[str, list[dict[str, object]]]) -> None:
    with doors.database.reading() as session:
        parts = reports_to_recheck(session, YEAR, None)
    judged = (recheck(doors.database, YEAR, part, Depth(in_full=True)) for part in parts)
    assert {one.agency: one.findings for some in judged for one in some} == expected


def _validate(doors: Doors, code: str, content: Content, results: list[Result]) -> None:
    answer = doors.client.post(f"{API}/validations", json=body(code, content)).json()
    assert answer["items"] == _described(content, results)
    doubtful = [result for result in results if result.needs_explanation]
    assert answer["can_submit"] == (not blocking(results) and not doubtful)
    if not doubtful:
        return
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


def _patch_and_replace(doors: Doors, code: str, content: Content, context: Context, tag: str) -> str:
    """Change a cell of a draft, then send all of it as it was; return its tag."""
    # what is sent beside the total leaves the total as it is
    total = PATCHED.replace("natural_person", "total")
    cells = {PATCHED: 7, total: content.values[total] or 0}
    patched = replace(content, values={**content.values, **cells})
    where, draft = address(code, YEAR), {"draft": True}
    changes = nested_cells(cells)
    answer = doors.client.patch(where, json=changes, params=draft, headers={"If-Match": tag})
    assert answer.json()["findings"] == _expected(patched, context), code
    again = doors.client.put(where, json=body(code, content), params=draft, headers=based_on(answer))
    assert again.json()["findings"] == _expected(content, context), code
    return again.headers["etag"]


def nested_cells(cells: dict[str, int]) -> dict[str, dict[str, dict[str, int]]]:
    """Return cells of one row as a body has them."""
    (table, row) = next(iter(cells)).split(".")[:2]
    return {table: {row: {code.rpartition(".")[2]: value for code, value in cells.items()}}}


def _submit(doors: Doors, code: str, content: Content, results: list[Result], tag: str) -> None:
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
        said, known = {"items": _explained(doubtful)}, {"If-Match": tag}
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


def _import(doors: Doors, contents: dict[str, Content]) -> None:
    """Let the towns send next year's report as a document; a number that might be several is left missing."""
    read = {}
    for code, content in contents.items():
        answer = doors.client.post(
            f"{API}/imports",
            params={"store": "draft", "agency": code, "year": content.year},
            files={"file": ("report.txt", a_text(content))},
        )
        assert answer.status_code == 200, answer.text
        unclear = [cell for cell, how in answer.json()["cells"].items() if how["state"] == "unclear"]
        read[code] = replace(content, values={**content.values, **dict.fromkeys(unclear)})
    for code, context in doors.contexts(read).items():
        expected = _expected(read[code], context)
        assert doors.findings(code, YEAR + 1)["items"] == expected, code
