"""The way of a report: 上报 → 退回 → 上报 → 审核 → 公布 → 更正, each step by whoever may."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.lifecycle import Action
from app.domain.roles import Role
from app.domain.values import flatten
from app.forms.annual_2021 import FORM
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    a_report,
    address,
    an_agency,
    assert_problem,
    based_on,
    faults,
    file_report,
    register_county,
    reports_stored,
)
from tests.builders import a_modest_report
from tests.desk import WHOLE_TREE, bearer, holder_of
from tests.sheets import opened

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.values import Values

LICENCES = "disclosure.licensing.decisions"
REVIEWER, REPORTER, READER = (
    bearer(WHOLE_TREE[role]) for role in (Role.REVIEWER, Role.REPORTER, Role.READER)
)
WHY = {"reason": "表三与来件登记不符", "cells": ["requests.received.total", "overview"]}


def step(client: TestClient, action: str, /, **body: object) -> Response:
    headers = body.pop("headers", {})
    sent = {"action": action, **body}
    return client.post(address(rest="/transitions"), json=sent, headers=headers)  # type: ignore[arg-type] # headers


def walk(client: TestClient, *actions: str) -> Response:
    """Take steps that need no words, or the usual ones."""
    answers = [step(client, action, **(WHY if Action(action).needs_reason else {})) for action in actions]
    for answer in answers:
        assert answer.status_code == 200, answer.text
    return answers[-1]


def set_licences(client: TestClient, number: int) -> Response:
    seen = client.get(address())
    body = {"disclosure": {"licensing": {"decisions": number}}}
    headers = {**based_on(seen), "Content-Type": "application/merge-patch+json"}
    answer = client.patch(address(), json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def totals(client: TestClient, basis: str = "submitted") -> Values:
    """Return the county's total, every cell of it."""
    answer = client.get(f"{API}/rollups/{COUNTY}/{YEAR}", params={"basis": basis})
    assert answer.status_code == 200, answer.text
    return flatten(FORM, answer.json()["totals"])


def rewrite(client: TestClient, values: Values) -> None:
    """Give every cell of the report another number."""
    headers = based_on(client.get(address()))
    answer = client.put(address(), params={"draft": True}, json=a_report(values), headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def filed(client: TestClient) -> TestClient:
    """Return a client of a county in which a town's report was 上报."""
    register_county(client)
    file_report(client, values=a_modest_report(**{LICENCES: 10}))
    return client


def test_a_report_goes_its_whole_way(filed: TestClient) -> None:
    for action, status in (
        ("return", "returned"),
        ("submit", "submitted"),
        ("accept", "accepted"),
        ("publish", "published"),
        ("revise", "draft"),
        ("submit", "submitted"),
        ("accept", "accepted"),
        ("publish", "published"),
    ):
        assert walk(filed, action).json()["status"] == status
    steps = filed.get(address(rest="/transitions")).json()["items"]
    assert [taken["action"] for taken in steps] == [
        *("submit", "return", "submit", "accept", "publish", "revise", "submit", "accept", "publish")
    ]
    assert {taken["taken_by"] for taken in steps if taken["action"] in ("return", "accept")} == {
        holder_of(Role.REVIEWER)
    }


def test_a_clerk_sees_why_the_report_came_back_until_it_is_submitted_again(filed: TestClient) -> None:
    assert filed.get(address()).json()["returned"] is None
    returned = walk(filed, "return").json()["returned"]
    assert (returned["reason"], returned["cells"]) == (WHY["reason"], WHY["cells"])
    assert returned["returned_by"] == holder_of(Role.REVIEWER)
    assert filed.get(address()).json()["returned"] == returned
    assert walk(filed, "submit").json()["returned"] is None
    assert filed.get(address(rest="/transitions")).json()["items"][1]["reason"] == WHY["reason"]


def test_a_returned_report_is_edited_like_a_draft(filed: TestClient) -> None:
    walk(filed, "return")
    edited = set_licences(filed, 11).json()
    assert (edited["status"], edited["version"]) == ("returned", 2)
    assert edited["disclosure"]["licensing"]["decisions"] == 11


@pytest.mark.parametrize(
    ("action", "body", "wrong"),
    [
        ("return", {}, {"/reason", "/cells"}),
        ("return", {"reason": "不符", "cells": []}, {"/cells"}),
        ("return", {"reason": " \n", "cells": ["overview"]}, {"/reason"}),
        ("return", {"reason": "不符", "cells": ["overview", "requests.recieved.total"]}, {"/cells/1"}),
        ("withdraw", {}, {"/reason"}),
        ("withdraw", {"reason": ""}, {"/reason"}),
    ],
)
def test_what_takes_something_back_must_say_why_and_where(
    filed: TestClient, action: str, body: dict[str, Any], wrong: set[str]
) -> None:
    problem = assert_problem(step(filed, action, **body), 422, "invalid-request")
    assert set(faults(problem)) == wrong
    assert filed.get(address()).json()["status"] == "submitted"


def test_a_place_that_is_almost_right_is_guessed(filed: TestClient) -> None:
    body = {"reason": "不符", "cells": ["requests.recieved.total"]}
    problem = assert_problem(step(filed, "return", **body), 422, "invalid-request")
    assert "是不是“requests.received.total”？" in faults(problem)["/cells/0"]


def test_a_correction_must_say_why(filed: TestClient) -> None:
    walk(filed, "accept", "publish")
    problem = assert_problem(step(filed, "revise"), 422, "invalid-request")
    assert faults(problem) == {"/reason": "更正要写明原因"}


def test_an_illegal_step_names_those_that_the_caller_may_take(filed: TestClient) -> None:
    problem = assert_problem(step(filed, "publish"), 409, "wrong-state")
    assert (problem["state"], problem["allowed"]) == ("submitted", ["return", "accept"])
    assert "退回（return）、审核通过（accept）" in problem["detail"]
    problem = assert_problem(step(filed, "submit", headers=REPORTER), 409, "wrong-state")
    assert problem["allowed"] == ["withdraw"]


def test_who_submitted_cannot_accept_whatever_token_they_come_with(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    same = {"holder": f" {holder_of(Role.SYSTEM)} ", "role": "reviewer", "agency": COUNTY}
    issued = client.post(f"{API}/tokens", json=same)
    assert issued.status_code == 201, issued.text
    twin = bearer(issued.json()["token"])
    assert "另一个人" in assert_problem(step(client, "accept", headers=twin), 403, "forbidden")["detail"]
    options = client.get(address(rest="/actions"), headers=twin).json()["items"]
    (accept,) = [option for option in options if option["name"] == "accept"]
    assert (accept["allowed"], "另一个人" in accept["refusal"]) == (False, True)
    assert step(client, "accept", headers=REVIEWER).status_code == 200


def test_who_edited_what_was_submitted_cannot_accept_it_either(filed: TestClient) -> None:
    same = {"holder": holder_of(Role.REPORTER), "role": "reviewer", "agency": COUNTY}
    twin = bearer(filed.post(f"{API}/tokens", json=same).json()["token"])
    body = a_report(a_modest_report(**{LICENCES: 12}))
    etag = filed.get(address()).headers["etag"]
    edited = filed.put(address(), json=body, headers={"If-Match": etag, **REPORTER})
    assert edited.json()["status"] == "submitted"
    assert_problem(step(filed, "accept", headers=twin), 403, "forbidden")


def test_a_step_based_on_another_version_is_refused(filed: TestClient) -> None:
    seen = filed.get(address())
    set_licences(filed, 12)
    stale = {**REVIEWER, **based_on(seen)}
    assert_problem(step(filed, "accept", headers=stale), 412, "stale-version")
    assert filed.get(address()).json()["status"] == "submitted"


@pytest.mark.parametrize("actions", [("accept",), ("accept", "publish")])
def test_what_was_accepted_or_published_cannot_be_edited(filed: TestClient, actions: tuple[str, ...]) -> None:
    seen = walk(filed, *actions)
    way = "return" if len(actions) == 1 else "revise"
    based = based_on(seen)
    answers = [
        filed.put(address(), json=a_report(), headers=based),
        filed.put(address(), params={"draft": True}, json=a_report(), headers=based),
        filed.put(address(rest="/narratives/overview"), json={"text": "改"}, headers=based),
        filed.post(address(rest="/zeros"), json={"cells": "all"}),
    ]
    for answer in answers:
        assert assert_problem(answer, 409, "wrong-state")["allowed"] == [way]
    assert filed.get(address()).json()["version"] == 1


# 更正


def test_a_published_report_stays_served_and_summed_until_its_correction_is_published(
    filed: TestClient,
) -> None:
    first = a_modest_report(**{LICENCES: 10})
    second = {code: 2 * (value or 0) for code, value in first.items()}
    walk(filed, "accept", "publish", "revise")
    rewrite(filed, second)
    for action in (None, "submit", "accept"):
        if action is not None:
            walk(filed, action)
        assert totals(filed, "submitted") == totals(filed, "accepted") == first
        seen = filed.get(address(), headers=READER).json()
        assert (seen["status"], seen["version"], seen["disclosure"]["licensing"]["decisions"]) == (
            "published",
            1,
            10,
        )
        published = filed.get(address(), params={"view": "published"}).json()
        assert (published["version"], published["disclosure"]) == (1, seen["disclosure"])
        worked_on = filed.get(address()).json()
        assert (worked_on["version"], worked_on["published_version"]) == (2, 1)
        (listed,) = reports_stored(filed)
        assert (listed["version"], listed["published_version"]) == (2, 1)
        assert worked_on["disclosure"]["licensing"]["decisions"] == 20
    walk(filed, "publish")
    assert totals(filed, "submitted") == totals(filed, "accepted") == second
    seen = filed.get(address(), headers=READER).json()
    assert (seen["version"], seen["disclosure"]["licensing"]["decisions"]) == (2, 20)


def test_a_roll_up_names_the_published_version_as_its_source_during_a_correction(filed: TestClient) -> None:
    walk(filed, "accept", "publish", "revise")
    set_licences(filed, 25)
    for action, status in ((None, "draft"), ("submit", "submitted"), ("accept", "accepted")):
        if action is not None:
            walk(filed, action)
        rolled = filed.get(f"{API}/rollups/{COUNTY}/{YEAR}").json()
        assert [(source["agency"], source["version"]) for source in rolled["sources"]] == [(TOWN, 1)]
        (included,) = rolled["coverage"]["included"]
        assert (included["code"], included["status"]) == (TOWN, status)
        assert included["reason"] == "正在更正；计入的是已公布的那一版"
    walk(filed, "publish")
    rolled = filed.get(f"{API}/rollups/{COUNTY}/{YEAR}").json()
    assert [source["version"] for source in rolled["sources"]] == [2]
    assert rolled["coverage"]["included"][0]["reason"] is None


def test_who_reads_during_a_correction_sees_how_late_the_published_version_was(filed: TestClient) -> None:
    """The agency's level is corrected meanwhile, so that the correction is due on another day."""
    where = f"{API}/agencies/{TOWN}"

    def be(level: str) -> None:
        body, known = an_agency(TOWN, COUNTY, level=level), based_on(filed.get(where))
        assert filed.put(where, json=body, headers=known).status_code == 200

    be("township")
    published = walk(filed, "withdraw", "submit", "accept", "publish", "revise").json()["days_late"]
    be("county")

    def lateness(headers: dict[str, str]) -> object:
        return filed.get(address(), headers=headers).json()["days_late"]

    two_months = (date(YEAR + 1, 3, 31) - date(YEAR + 1, 1, 31)).days
    assert lateness(REVIEWER) == published
    walk(filed, "submit")
    assert (lateness(READER), lateness(REVIEWER)) == (published, published - two_months)
    set_licences(filed, 25)
    assert (lateness(READER), lateness(REVIEWER)) == (published, published - two_months)
    walk(filed, "accept", "publish")
    assert lateness(READER) == published - two_months


def test_a_correction_is_shown_with_its_reason(filed: TestClient) -> None:
    walk(filed, "accept", "publish")
    begun = step(filed, "revise", reason="漏报一件行政许可").json()
    (correction,) = begun["corrections"]
    assert (correction["reason"], correction["corrects"]) == ("漏报一件行政许可", 1)
    assert (correction["version"], correction["published_at"]) == (None, None)
    set_licences(filed, 11)
    done = walk(filed, "submit", "accept", "publish").json()
    (correction,) = done["corrections"]
    assert (correction["version"], done["published_version"]) == (2, 2)
    assert correction["published_at"] > correction["revised_at"]
    assert filed.get(address(), headers=READER).json()["corrections"] == done["corrections"]


def test_the_workbook_of_a_corrected_report_says_so(filed: TestClient) -> None:
    walk(filed, "accept", "publish")
    step(filed, "revise", reason="漏报一件行政许可")
    assert "更正说明：正在更正第 1 版，原因：漏报一件行政许可。" in prose_of(filed)
    walk(filed, "submit", "accept", "publish")
    assert re.search(r"更正说明：\d{4}-\d\d-\d\d 更正公布，原因：漏报一件行政许可。", prose_of(filed))


def prose_of(client: TestClient) -> str:
    book = opened(client.get(address(rest="/export")).content)
    return "\n".join(str(cell.value) for row in book["正文"].iter_rows() for cell in row)


def test_a_reader_s_copy_of_the_published_version_has_a_tag_of_its_own(filed: TestClient) -> None:
    walk(filed, "accept", "publish", "revise")
    theirs, ours = filed.get(address(), headers=READER), filed.get(address())
    assert theirs.headers["etag"] != ours.headers["etag"]
    again = filed.get(address(), headers={**READER, "If-None-Match": theirs.headers["etag"]})
    assert again.status_code == 304


def test_nothing_is_published_before_it_was(filed: TestClient) -> None:
    assert_problem(filed.get(address(), params={"view": "published"}), 404, "not-found")


# What may be done


def test_everybody_is_told_what_they_may_do_now(filed: TestClient) -> None:
    def open_to(headers: dict[str, str]) -> list[str]:
        answer = filed.get(address(rest="/actions"), headers=headers)
        assert answer.status_code == 200, answer.text
        for option in answer.json()["items"]:
            assert option["allowed"] == (option["refusal"] is None)
        return [option["name"] for option in answer.json()["items"] if option["allowed"]]

    assert open_to(REPORTER) == ["save", "comment", "withdraw"]
    assert open_to(REVIEWER) == ["comment", "return", "accept"]
    assert open_to(READER) == []
    walk(filed, "return")
    assert open_to(REPORTER) == ["save", "comment", "submit"]
    walk(filed, "submit", "accept")
    assert open_to(REPORTER) == ["comment", "publish"]


def test_a_report_with_broken_rules_may_not_be_submitted_and_its_actions_say_so(client: TestClient) -> None:
    register_county(client)
    file_report(client, draft=True, values={})
    options = client.get(address(rest="/actions")).json()["items"]
    (submit,) = [option for option in options if option["name"] == "submit"]
    assert submit == {
        "name": "submit",
        "label": "上报",
        "allowed": False,
        "refusal": "还有不符合强制性规则之处，见 findings",
        "needs_reason": False,
    }
    (withdraw,) = [option for option in options if option["name"] == "withdraw"]
    assert (withdraw["refusal"], withdraw["needs_reason"]) == ("报告是草稿，不能撤回", True)
    (delete,) = [option for option in options if option["name"] == "delete"]
    assert delete["allowed"]


def test_lateness_is_recorded_with_each_submission(filed: TestClient) -> None:
    """2021 reports were due on 31 January 2022, so all that is filed now is late."""
    (submitted,) = filed.get(address(rest="/transitions")).json()["items"]
    assert submitted["days_late"] > 0
    assert filed.get(address()).json()["days_late"] == submitted["days_late"]
    assert walk(filed, "return").json()["days_late"] == submitted["days_late"]


# Comments


def test_remarks_stay_with_their_cell_version_and_writer(filed: TestClient) -> None:
    first = filed.post(address(rest="/comments"), json={"cell": LICENCES, "text": "请核对\n两次许可"})
    assert first.status_code == 201, first.text
    assert first.json()["label"] == "表二“行政许可”行“本年处理决定数量”列"
    set_licences(filed, 12)
    reporter = {"cell": "overview", "text": "已核对"}
    filed.post(address(rest="/comments"), json=reporter, headers=REPORTER)
    kept = filed.get(address(rest="/comments")).json()["items"]
    assert [(each["cell"], each["version"], each["written_by"]) for each in kept] == [
        (LICENCES, 1, holder_of(Role.REVIEWER)),
        ("overview", 2, holder_of(Role.REPORTER)),
    ]
    assert kept[1]["label"] == "一、总体情况"


@pytest.mark.parametrize("body", [{"cell": LICENCES, "text": ""}, {"cell": "nowhere", "text": "某"}, {}])
def test_a_remark_on_nothing_is_refused(filed: TestClient, body: dict[str, Any]) -> None:
    assert_problem(filed.post(address(rest="/comments"), json=body), 422, "invalid-request")
    assert filed.get(address(rest="/comments")).json() == {"items": []}
