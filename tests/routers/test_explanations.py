"""出错说明: a finding that may be right all the same is explained, and a reviewer accepts that or not."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from app.auth.tokens import new_secret
from app.domain.roles import Role
from app.services.rechecking import Depth, recheck, reports_to_recheck
from tests.api import (
    API,
    TOWN,
    YEAR,
    a_report,
    address,
    assert_problem,
    based_on,
    faults,
    file_report,
    register_county,
    state_of,
)
from tests.builders import a_sound_report
from tests.desk import a_token, bearer

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.services.rechecking import Rechecked

RULE, PLACE = "R28", "disclosure.licensing.decisions"
OTHER_PLACE = "disclosure.penalties.decisions"
TEXT = "去年起承接了全市的审批事项，已与台账核对"
SAID = {"rule": RULE, "code": PLACE, "text": TEXT}
EXPLANATIONS = "/explanations"


def doubtful(number: int = 30_000_000, **more: int) -> Values:
    """Return a report in which one number is larger than one expects."""
    return a_sound_report(**{PLACE: number, **more})


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a service that knows a county with a town."""
    register_county(client)
    return client


def a_draft(
    client: TestClient, values: Values | None = None, explanations: list[dict[str, str]] | None = None
) -> Response:
    return file_report(client, draft=True, values=values or doubtful(), explanations=explanations or [])


def give(client: TestClient, *said: dict[str, str], **options: Any) -> Response:  # noqa: ANN401 - handed on
    body = {"items": list(said or (SAID,))}
    return client.post(address(rest=EXPLANATIONS), json=body, **options)


def step(client: TestClient, action: str, **said: object) -> Response:
    return client.post(address(rest="/transitions"), json={"action": action, **said})


def review(client: TestClient, items: object, **options: Any) -> Response:  # noqa: ANN401 - handed on
    return client.post(address(rest=f"{EXPLANATIONS}/reviews"), json={"items": items}, **options)


def verdict(*, accepted: bool, reason: str | None = None, code: str = PLACE) -> dict[str, object]:
    return {"rule": RULE, "code": code, "accepted": accepted, "reason": reason}


def patch(client: TestClient, body: object, **params: object) -> Response:
    headers = {**based_on(client.get(address())), "Content-Type": "application/merge-patch+json"}
    return client.patch(address(), json=body, headers=headers, params={**params})  # type: ignore[dict-item]


def listed(client: TestClient) -> list[tuple[str, str, bool]]:
    """Return of each explanation its text, its state, and whether it holds."""
    items = client.get(address(rest=EXPLANATIONS)).json()["items"]
    return [(item["text"], item["state"], item["holds"]) for item in items]


def needed(client: TestClient) -> list[tuple[str, str]]:
    items = client.get(address(rest=EXPLANATIONS)).json()["needed"]
    return [(item["rule"], item["code"]) for item in items]


def explanation_in(answer: Response) -> Any:  # noqa: ANN401 - any JSON
    """Return the explanation of the one finding that an answer shows."""
    (finding,) = answer.json()["findings"]
    return finding["explanation"]


def acts(client: TestClient) -> list[str]:
    items = client.get(f"{API}/audit", params={"limit": 200}).json()["items"]
    return [item["act"] for item in reversed(items) if item["act"].startswith("report.")]


@pytest.fixture
def submitted(county: TestClient) -> TestClient:
    """Return a client of a service with a report that was 上报 with an explanation."""
    file_report(county, values=doubtful(), explanations=[SAID])
    return county


# The gate


def test_a_finding_keeps_a_report_from_being_submitted_until_it_is_explained(county: TestClient) -> None:
    draft = a_draft(county)
    assert explanation_in(draft) is None
    assert county.get(address(rest="/findings")).json()["can_submit"] is False
    problem = assert_problem(step(county, "submit"), 422, "rules-broken")
    (error,) = problem["errors"]
    assert (error["rule"], error["code"], error["needs"]) == (RULE, PLACE, "explanation")
    assert error["explanation"] is None
    assert "（R28）没有出错说明" in problem["detail"]
    assert "explanations" in problem["detail"]
    given = give(county, headers=based_on(draft))
    assert given.status_code == 200, given.text
    shown = explanation_in(given)
    assert (shown["text"], shown["state"], shown["version"]) == (TEXT, "given", 1)
    assert (shown["reviewed_by"], shown["reviewed_at"], shown["reason"]) == (None, None, None)
    assert given.json()["version"] == 1
    assert given.headers["etag"] != draft.headers["etag"]
    assert county.get(address(rest="/findings")).json()["can_submit"] is True
    assert step(county, "submit").json()["status"] == "submitted"


def test_broken_rules_and_missing_explanations_are_told_at_once(county: TestClient) -> None:
    body = a_report(doubtful())
    body["requests"]["received"]["total"] += 1
    problem = assert_problem(county.put(address(), json=body), 422, "rules-broken")
    told = {(error["rule"], error.get("needs")) for error in problem["errors"]}
    assert told == {("R07", None), ("R09", None), (RULE, "explanation")}
    assert problem["detail"].startswith("有 2 处不符合强制性规则（R07、R09），有 1 处核实性问题（R28）没有")


def test_what_may_be_done_says_that_an_explanation_is_missing(county: TestClient) -> None:
    a_draft(county)

    def refusal(action: str, role: Role) -> object:
        secret = new_secret()
        _hold(county, secret, role, "另一个人")
        items = county.get(address(rest="/actions"), headers=bearer(secret)).json()["items"]
        return next(item["refusal"] for item in items if item["name"] == action)

    assert refusal("submit", Role.REPORTER) == "还有 1 处核实性问题（R28）没有出错说明，见 findings"
    give(county)
    assert refusal("submit", Role.REPORTER) is None
    step(county, "submit")
    assert refusal("accept", Role.REVIEWER) == "还有出错说明没有认可，见 explanations"
    review(county, "all")
    assert refusal("accept", Role.REVIEWER) is None


def test_what_may_be_done_holds_explaining_and_reviewing(county: TestClient) -> None:
    reporter, reviewer = new_secret(), new_secret()
    _hold(county, reporter, Role.REPORTER, "填报的人")
    _hold(county, reviewer, Role.REVIEWER, "审核的人")

    def refusals() -> list[str | None]:
        return [
            next(item["refusal"] for item in items if item["name"] == name)
            for secret, name in ((reporter, "explain"), (reviewer, "review"))
            for items in [county.get(address(rest="/actions"), headers=bearer(secret)).json()["items"]]
        ]

    file_report(county, draft=True)
    not_now = "现在不审核出错说明；上报之后、审核通过之前才审核"
    assert refusals() == ["没有要写出错说明的核实性问题", f"报告是草稿，{not_now}"]
    step(county, "submit")
    assert refusals() == ["没有要写出错说明的核实性问题", "没有要审核的出错说明"]
    patch(county, {"disclosure": {"licensing": {"decisions": 30_000_000}}, "explanations": [SAID]})
    assert refusals() == [None, None]
    review(county, "all")
    step(county, "accept")
    assert refusals() == ["报告已审核通过，不能再写出错说明", f"报告已审核通过，{not_now}"]


def _hold(client: TestClient, secret: Any, role: Role, holder: str) -> None:  # noqa: ANN401 - a secret
    app: FastAPI = client.app  # type: ignore[assignment]
    with app.state.database.writing() as session:
        session.add(a_token(secret, role, holder, None))


@pytest.mark.parametrize("way", ["PUT", "POST", "batch"])
def test_explanations_travel_with_the_report(county: TestClient, way: str) -> None:
    body = a_report(doubtful(), explanations=[SAID])
    whole = {**body, "agency": TOWN, "year": YEAR}
    answer = {
        "PUT": lambda: county.put(address(), json=body),
        "POST": lambda: county.post(f"{API}/reports", json=whole),
        "batch": lambda: county.post(f"{API}/reports/batch", json=[whole]),
    }[way]()
    assert answer.is_success, answer.text
    stored = county.get(address())
    assert (stored.json()["status"], explanation_in(stored)["text"]) == ("submitted", TEXT)


def test_a_batch_names_the_item_whose_finding_isn_t_explained(county: TestClient) -> None:
    item = {**a_report(doubtful()), "agency": TOWN, "year": YEAR}
    answer = county.post(f"{API}/reports/batch", json=[item])
    problem = assert_problem(answer, 422, "batch-refused")
    assert [error["pointer"] for error in problem["errors"]] == ["/0/disclosure/licensing/decisions"]
    short = {**item, "explanations": [{**SAID, "text": "没有错"}]}
    problem = assert_problem(county.post(f"{API}/reports/batch", json=[short]), 422, "batch-refused")
    assert [error["pointer"] for error in problem["errors"]] == ["/0/explanations/0/text"]


def test_a_patch_may_bring_a_doubtful_number_and_its_explanation(county: TestClient) -> None:
    file_report(county)
    change = {"disclosure": {"licensing": {"decisions": 30_000_000}}}
    assert_problem(patch(county, change), 422, "rules-broken")
    saved = patch(county, {**change, "explanations": [SAID]})
    assert saved.status_code == 200, saved.text
    assert (saved.json()["status"], explanation_in(saved)["version"]) == ("submitted", 2)


def test_a_validation_takes_explanations_into_account(county: TestClient) -> None:
    values = a_sound_report(**{"disclosure.normative_documents.issued": 99})
    body = {**a_report(values), "year": YEAR}
    told = {"rule": "R13", "code": "disclosure.issued.normative_documents", "text": TEXT}
    plain = county.post(f"{API}/validations", json=body).json()
    explained = county.post(f"{API}/validations", json={**body, "explanations": [told]}).json()
    assert (plain["can_submit"], explained["can_submit"]) == (False, True)


def test_a_trial_explains_nothing(county: TestClient) -> None:
    a_draft(county)
    assert give(county, params={"dry_run": "true"}).status_code == 200
    assert listed(county) == []


# How long an explanation holds


def test_an_explanation_survives_other_edits_and_being_submitted_again(submitted: TestClient) -> None:
    saved = patch(submitted, {"preface": "改过", "disclosure": {"fees": {"amount": "7"}}})
    assert explanation_in(saved)["text"] == TEXT
    withdrawn = step(submitted, "withdraw", reason="再核对一次")
    assert explanation_in(withdrawn)["text"] == TEXT
    assert step(submitted, "submit").json()["status"] == "submitted"
    assert listed(submitted) == [(TEXT, "given", True)]


def test_an_accepted_explanation_stays_accepted(submitted: TestClient) -> None:
    review(submitted, "all")
    step(submitted, "return", reason="请核对", cells=["title"])
    patch(submitted, {"preface": "改过"})
    step(submitted, "submit")
    assert step(submitted, "accept").json()["status"] == "accepted"


def test_an_explanation_lapses_when_its_number_changes_and_holds_again_when_it_comes_back(
    county: TestClient,
) -> None:
    a_draft(county, explanations=[SAID])
    change = {"disclosure": {"licensing": {"decisions": 30_000_001}}}
    changed = patch(county, change)
    assert explanation_in(changed) is None
    assert (listed(county), needed(county)) == ([(TEXT, "given", False)], [(RULE, PLACE)])
    assert_problem(step(county, "submit"), 422, "rules-broken")
    patch(county, {"disclosure": {"licensing": {"decisions": 30_000_000}}})
    assert (listed(county), needed(county)) == ([(TEXT, "given", True)], [])
    patch(county, {"disclosure": {"licensing": {"decisions": 1}}})
    assert (listed(county), needed(county)) == ([(TEXT, "given", False)], [])


def test_a_submitted_report_can_t_be_saved_when_its_explanation_lapses(submitted: TestClient) -> None:
    change = {"disclosure": {"licensing": {"decisions": 30_000_001}}}
    assert_problem(patch(submitted, change), 422, "rules-broken")
    assert patch(submitted, {**change, "explanations": [SAID]}).status_code == 200


def test_an_explanation_lapses_when_last_year_s_number_changes(county: TestClient) -> None:
    file_report(county)
    before = a_sound_report(**{"requests.pending_at_start.business": 99})
    told = {"rule": "R11", "code": "requests.carried.business", "text": TEXT}
    also = {"rule": "R11", "code": "requests.carried.total", "text": TEXT}
    filed = file_report(county, year=YEAR + 1, values=before, explanations=[told, also])
    states = {f["code"]: f["explanation"] for f in filed.json()["findings"] if f["level"] == "W"}
    assert {code: one["text"] for code, one in states.items()} == dict.fromkeys(states, TEXT)
    smaller = a_sound_report(**{"requests.pending_at_end.business": 15})
    body = {**a_report(smaller), "explanations": []}
    assert county.put(address(), json=body, headers=based_on(county.get(address()))).status_code == 200
    later = county.get(address(year=YEAR + 1)).json()["findings"]
    assert {f["explanation"] for f in later if f["code"] in (told["code"], also["code"])} == {None}


def test_the_last_text_counts_and_the_same_again_changes_nothing(county: TestClient) -> None:
    first = a_draft(county, explanations=[SAID])
    same = give(county, {**SAID, "text": f" {TEXT}\n"})
    assert same.headers["etag"] == first.headers["etag"]
    better = give(county, {**SAID, "text": f"{TEXT}。"})
    assert explanation_in(better)["text"] == f"{TEXT}。"
    assert listed(county) == [(TEXT, "given", False), (f"{TEXT}。", "given", True)]


def test_the_explanation_of_one_person_s_number_doesn_t_cover_another_s(county: TestClient) -> None:
    def said_of(number: str) -> dict[str, Any]:
        prose = a_report()["narratives"]
        return {"narratives": prose | {"other_matters": f"{prose['other_matters']}联系电话{number}。"}}

    one = {"rule": "R35", "code": "other_matters.mobile_number", "text": "这是办公室公用的手机，已经本人同意"}
    file_report(county, **said_of("13912345678"), explanations=[one])
    assert review(county, "all").status_code == 200
    problem = assert_problem(patch(county, said_of("13987654378")), 422, "rules-broken")
    assert [(error["rule"], error["needs"]) for error in problem["errors"]] == [("R35", "explanation")]
    same = patch(county, {"title": a_report()["title"], **said_of("13912345678")})
    assert explanation_in(same)["state"] == "accepted"


# As it was


def test_a_version_keeps_the_verdict_of_its_day(submitted: TestClient) -> None:
    (first,) = submitted.get(address(rest="/versions/1")).json()["gate"]["items"]
    assert (first["code"], first["explanation"]["text"]) == (PLACE, TEXT)
    step(submitted, "withdraw", reason="改数")
    change = {"disclosure": {"licensing": {"decisions": 40_000_000}}}
    assert patch(submitted, change).status_code == 200
    assert submitted.get(address(rest="/versions/2")).json()["gate"] is None
    assert submitted.get(address(rest="/findings")).json()["gate"]["version"] == 1
    give(submitted)
    step(submitted, "submit")
    gates = [submitted.get(address(rest=f"/versions/{n}")).json()["gate"] for n in (1, 2)]
    assert [gate["version"] for gate in gates] == [1, 2]
    assert gates[0]["items"] == [first]
    assert gates[1] == submitted.get(address(rest="/findings")).json()["gate"]
    assert gates[1]["items"][0]["cells"][0]["value"] == 40_000_000


def test_a_version_shows_no_review_that_was_made_after_it(submitted: TestClient) -> None:
    assert patch(submitted, {"preface": "改过的前言。"}).json()["version"] == 2
    review(submitted, "all")

    def state(version: int) -> object:
        report = submitted.get(address(rest=f"/versions/{version}")).json()["report"]
        return report["findings"][0]["explanation"]["state"]

    assert (state(1), state(2)) == ("given", "accepted")
    assert patch(submitted, {"preface": "又改过的前言。"}).json()["version"] == 3
    assert (state(1), state(2), state(3)) == ("given", "accepted", "accepted")


# What can't be explained


def test_a_short_explanation_is_refused_and_the_missing_characters_are_counted(county: TestClient) -> None:
    a_draft(county)
    problem = assert_problem(give(county, {**SAID, "text": " 没有填错 "}), 422, "invalid-request")
    assert faults(problem) == {
        "/items/0/text": (
            "出错说明至少写 10 个字（标点、空格和看不见的字符不算），现在少 6 个；请写明为什么这个数没有错"
        )
    }
    assert listed(county) == []
    assert give(county, {**SAID, "text": "一二三四五六七八九十"}).status_code == 200


def test_what_isn_t_found_can_t_be_explained_and_what_can_is_named(county: TestClient) -> None:
    a_draft(county)
    wrong = [
        {**SAID, "code": "disclosure.licensing.decision"},
        {**SAID, "rule": "R99", "code": "x"},
        {**SAID, "rule": "R01", "code": "overview"},
    ]
    problem = assert_problem(give(county, *wrong), 422, "invalid-request")
    assert [error["code"] for error in problem["errors"]] == ["unknown-finding"] * 3
    assert f"是不是“{RULE} {PLACE}”？" in problem["errors"][0]["message"]
    for error in problem["errors"]:
        assert error["message"].endswith(f"现在可以说明的有：{RULE} {PLACE}")
        assert error["explainable"] == [{"rule": RULE, "code": PLACE}]


def test_a_mandatory_rule_is_kept_not_explained(county: TestClient) -> None:
    a_draft(county, {**doubtful(), "disclosure.fees.amount": None})
    problem = assert_problem(
        give(county, {**SAID, "rule": "R04", "code": "disclosure.fees.amount"}), 422, "invalid-request"
    )
    assert "是强制性规则，要改正，不能用说明代替" in problem["errors"][0]["message"]


def test_one_finding_is_explained_once_in_a_request(county: TestClient) -> None:
    a_draft(county)
    problem = assert_problem(give(county, SAID, SAID), 422, "invalid-request")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [("/items/1", "repeated")]


def test_a_closed_report_isn_t_explained_and_a_stale_one_neither(submitted: TestClient) -> None:
    before = submitted.get(address())
    review(submitted, "all")
    assert_problem(give(submitted, headers=based_on(before)), 412, "stale-version")
    assert step(submitted, "accept").status_code == 200
    assert_problem(give(submitted, {**SAID, "text": f"{TEXT}。"}), 409, "wrong-state")


# Review


def test_a_report_is_accepted_once_its_explanations_are(submitted: TestClient) -> None:
    problem = assert_problem(step(submitted, "accept"), 409, "wrong-state")
    assert f"{RULE} {PLACE}" in problem["detail"]
    assert [(error["code"], error["needs"]) for error in problem["errors"]] == [(PLACE, "acceptance")]
    assert problem["allowed"] == ["return"]
    accepted = review(submitted, [verdict(accepted=True)])
    assert accepted.status_code == 200, accepted.text
    shown = explanation_in(accepted)
    assert (shown["state"], shown["reason"]) == ("accepted", None)
    assert shown["reviewed_by"]
    again = review(submitted, "all")
    assert again.headers["etag"] == accepted.headers["etag"]
    assert step(submitted, "accept").json()["status"] == "accepted"


def test_a_refusal_returns_the_report_and_asks_for_another_text(submitted: TestClient) -> None:
    refused = review(submitted, [verdict(accepted=False, reason="没有写明依据")])
    assert refused.status_code == 200, refused.text
    report = refused.json()
    assert (report["status"], explanation_in(refused)["state"]) == ("returned", "refused")
    assert report["returned"]["reason"] == (
        "出错说明没有认可。R28 表二“行政许可”行“本年处理决定数量”列：没有写明依据"
    )
    assert report["returned"]["cells"] == [PLACE]
    assert (listed(submitted), needed(submitted)) == ([(TEXT, "refused", False)], [(RULE, PLACE)])
    problem = assert_problem(step(submitted, "submit"), 422, "rules-broken")
    assert problem["detail"].startswith("有 1 处核实性问题（R28）的出错说明没有认可，所以没有通过")
    assert "原来的出错说明没有认可（没有写明依据），请改写" in problem["errors"][0]["message"]
    problem = assert_problem(give(submitted), 422, "invalid-request")
    assert [error["code"] for error in problem["errors"]] == ["refused-before"]
    better = "依据市政府2021年第3号文件承接了全市的审批事项"
    assert give(submitted, {**SAID, "text": better}).status_code == 200
    assert step(submitted, "submit").status_code == 200
    assert listed(submitted) == [(TEXT, "refused", False), (better, "given", True)]


def test_one_refusal_among_acceptances_returns_the_report_and_the_others_stay_accepted(
    county: TestClient,
) -> None:
    more = {**SAID, "code": OTHER_PLACE}
    file_report(county, values=doubtful(**{OTHER_PLACE: 20_000_001}), explanations=[SAID, more])
    items = [verdict(accepted=True), verdict(accepted=False, reason="请附台账", code=OTHER_PLACE)]
    assert review(county, items).json()["status"] == "returned"
    assert [state for _, state, _ in listed(county)] == ["accepted", "refused"]
    assert needed(county) == [(RULE, OTHER_PLACE)]


def test_a_review_must_be_whole(submitted: TestClient) -> None:
    wrong = [
        verdict(accepted=False, reason=" "),
        verdict(accepted=True, code="disclosure.licensing.decision"),
        verdict(accepted=True),
    ]
    problem = assert_problem(review(submitted, wrong), 422, "invalid-request")
    told = {(error["pointer"], error["code"]) for error in problem["errors"]}
    assert told == {
        ("/items/0/reason", "missing"),
        ("/items/1", "unknown-explanation"),
        ("/items/2", "repeated"),
    }
    unknown = problem["errors"][1]
    assert unknown["message"].endswith(f"是不是“{RULE} {PLACE}”？现在可以审核的有：{RULE} {PLACE}")
    assert unknown["reviewable"] == [{"rule": RULE, "code": PLACE}]
    assert_problem(review(submitted, "some"), 422, "invalid-request")
    assert listed(submitted) == [(TEXT, "given", True)]


def test_only_a_submitted_report_s_explanations_are_reviewed(county: TestClient) -> None:
    a_draft(county, explanations=[SAID])
    problem = assert_problem(review(county, "all"), 409, "wrong-state")
    assert problem["state"] == "draft"


def test_whoever_wrote_or_explained_can_t_accept(county: TestClient) -> None:
    writer, reviewer, other = new_secret(), new_secret(), new_secret()
    _hold(county, writer, Role.REPORTER, "李伟")
    _hold(county, reviewer, Role.REVIEWER, "李 伟")
    _hold(county, other, Role.REPORTER, "王芳")
    a_draft(county)
    give(county, headers=bearer(writer))
    filed = step(county, "submit")
    assert filed.status_code == 200, filed.text
    problem = assert_problem(review(county, "all", headers=bearer(reviewer)), 403, "forbidden")
    assert "自己写的，要由另一个人审核" in problem["detail"]
    assert review(county, "all").status_code == 200


def test_a_reporter_doesn_t_review_and_a_reviewer_doesn_t_explain(submitted: TestClient) -> None:
    reporter, reviewer = new_secret(), new_secret()
    _hold(submitted, reporter, Role.REPORTER, "李伟")
    _hold(submitted, reviewer, Role.REVIEWER, "赵敏")
    assert_problem(review(submitted, "all", headers=bearer(reporter)), 403, "forbidden")
    assert_problem(give(submitted, headers=bearer(reviewer)), 403, "forbidden")


# Where it is kept


def test_the_verdict_keeps_the_explanation_with_which_a_report_passed(submitted: TestClient) -> None:
    give(submitted, {**SAID, "text": f"{TEXT}。"})
    found = submitted.get(address(rest="/findings")).json()
    assert [item["explanation"]["text"] for item in found["gate"]["items"]] == [TEXT]
    assert [item["explanation"]["text"] for item in found["items"]] == [f"{TEXT}。"]


def test_a_version_shows_what_was_said_of_it_then(submitted: TestClient) -> None:
    changed = {"disclosure": {"licensing": {"decisions": 1}}}
    patch(submitted, changed)
    patch(submitted, {"disclosure": {"licensing": {"decisions": 30_000_000}}})
    give(submitted, {**SAID, "text": f"{TEXT}。"})
    first, _, third = (
        submitted.get(address(rest=f"/versions/{number}")).json()["report"] for number in (1, 2, 3)
    )
    assert [one["explanation"]["text"] for one in first["findings"]] == [TEXT]
    assert [one["explanation"]["text"] for one in third["findings"]] == [f"{TEXT}。"]


def test_the_audit_trail_tells_who_explained_what_and_what_came_of_it(submitted: TestClient) -> None:
    review(submitted, [verdict(accepted=False, reason="没有写明依据")])
    assert acts(submitted) == [
        "report.create",
        "report.explain",
        "report.submit",
        "report.review",
        "report.return",
    ]
    items = submitted.get(f"{API}/audit", params={"act": "report.explain"}).json()["items"]
    assert items[0]["details"]["explanations"] == [SAID]
    items = submitted.get(f"{API}/audit", params={"act": "report.review"}).json()["items"]
    assert items[0]["details"]["reviews"] == [verdict(accepted=False, reason="没有写明依据")]


def test_the_feed_of_changes_tells_of_it(submitted: TestClient) -> None:
    review(submitted, "all")
    items = submitted.get(f"{API}/changes", params={"limit": 200}).json()["items"]
    told = [item["act"] for item in items if item["report"]]
    assert told == ["report.create", "report.explain", "report.submit", "report.review"]
    assert f'"{items[-1]["report"]["etag"]}"' == state_of(submitted.get(address()))


def test_the_workbook_has_a_column_for_it(submitted: TestClient) -> None:
    review(submitted, "all")
    body = submitted.get(address(rest="/export")).content
    sheet = load_workbook(BytesIO(body))["校验"]
    headings = [str(cell.value) for cell in sheet[3]]
    column = headings.index("出错说明")
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows(min_row=4)]
    (said,) = [row[column] for row in rows if row[column]]
    assert said.startswith(TEXT)
    assert said.endswith("；已认可）")


def test_a_deleted_draft_takes_its_explanations_along(county: TestClient) -> None:
    draft = a_draft(county, explanations=[SAID])
    assert county.delete(address(), headers=based_on(draft)).status_code == 204
    a_draft(county)
    assert listed(county) == []


def test_recheck_carries_explanations_and_tells_how_many_are_missing(
    submitted: TestClient, app: FastAPI
) -> None:
    def rechecked() -> Rechecked:
        database = app.state.database
        with database.reading() as session:
            (part,) = reports_to_recheck(session, YEAR, None)
        (one,) = recheck(database, YEAR, part, Depth(in_full=True, with_alike=False))
        return one

    assert (rechecked().explained, rechecked().unexplained) == ({RULE: 1}, 0)
    review(submitted, [verdict(accepted=True)])
    (finding,) = rechecked().findings
    assert (
        finding["explanation"] == submitted.get(address(rest="/findings")).json()["items"][0]["explanation"]
    )
    review(submitted, [verdict(accepted=False, reason="没有写明为什么会这样")])
    assert (rechecked().explained, rechecked().unexplained) == ({}, 1)
