"""How a county sets rules for its part of the tree, and what stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.rules import CATALOGUE, RULES
from tests.api import (
    API,
    COUNTY,
    TEXTS,
    TOWN,
    YEAR,
    a_report,
    address,
    assert_problem,
    faults,
    file_report,
    register_county,
)
from tests.builders import a_balanced_report

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

TODAY = datetime.now(UTC).date()
ISSUED_TOO_MANY = a_balanced_report(**{"disclosure.normative_documents.issued": 999})
OTHER = "640323102"


def set_rule(client: TestClient, code: str, rule: str = "R34", **body: object) -> Response:
    sent = {"rule": rule, "reason": "县里的要求", **body}
    return client.post(f"{API}/agencies/{code}/rule-settings", json=sent)


def settle(client: TestClient, code: str, rule: str = "R34", **body: object) -> dict[str, Any]:
    answer = set_rule(client, code, rule, **body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def rule_for(client: TestClient, agency: str | None, rule: str = "R34", year: int = YEAR) -> dict[str, Any]:
    params = {"year": year} | ({} if agency is None else {"agency": agency})
    answer = client.get(f"{API}/rules", params=params)
    assert answer.status_code == 200, answer.text
    return next(each for each in answer.json()["items"] if each["id"] == rule)


def levels_found(client: TestClient, agency: str = TOWN) -> dict[str, str]:
    found = client.get(address(agency, rest="/findings")).json()
    return {item["rule"]: item["level"] for item in found["items"]}


def codes_found(client: TestClient, rule: str) -> set[str]:
    found = client.get(address(rest="/findings")).json()
    return {item["code"] for item in found["items"] if item["rule"] == rule}


@pytest.fixture
def county(client: TestClient) -> TestClient:
    """Return a client of a service with a county and two towns."""
    register_county(client, TOWN, OTHER)
    return client


def test_the_catalogue_says_all_that_decides_a_rule(county: TestClient) -> None:
    answer = county.get(f"{API}/rules", params={"year": YEAR}).json()
    assert (answer["year"], answer["agency"]) == (YEAR, None)
    assert [item["id"] for item in answer["items"]] == [each.id for each in CATALOGUE if each.covers(YEAR)]
    for item in answer["items"]:
        rule = RULES[item["id"]]
        assert (item["version"], item["level"], item["default_level"]) == (
            rule.version,
            rule.level,
            rule.level,
        )
        assert [each["code"] for each in item["thresholds"]] == list(rule.thresholds)
        assert all(each["value"] == each["default"] for each in item["thresholds"])
        assert item["expression"]
    assert "本年新收 + 上年结转" in rule_for(county, None, "R07")["expression"]
    assert rule_for(county, None, "R16")["kinds"] == ["government"]
    assert rule_for(county, None, "R35")["is_adjustable"] is False


def test_a_setting_holds_for_the_subtree_and_nowhere_else(county: TestClient) -> None:
    made = settle(county, COUNTY, level="W", thresholds={"characters": 500})
    assert (made["level"], made["thresholds"], made["is_in_force"]) == ("W", {"characters": 500}, True)
    for agency in (COUNTY, TOWN):
        rule = rule_for(county, agency)
        assert (rule["level"], rule["default_level"]) == ("W", "I")
        assert [each["value"] for each in rule["thresholds"]] == [500]
    assert rule_for(county, None)["level"] == "I"


def test_the_nearest_decides_each_level_and_each_threshold(county: TestClient) -> None:
    settle(county, COUNTY, "R29", level="W", thresholds={"difference": 50, "ratio": 5})
    settle(county, TOWN, "R29", thresholds={"ratio": 2})
    near, far = rule_for(county, TOWN, "R29"), rule_for(county, OTHER, "R29")
    values = {each["code"]: each["value"] for each in near["thresholds"]}
    assert (near["level"], values["difference"], values["ratio"]) == ("W", 50, 2)
    values = {each["code"]: each["value"] for each in far["thresholds"]}
    assert (far["level"], values["difference"], values["ratio"]) == ("W", 50, 5)


def test_whoever_files_sees_who_has_set_what_since_when_and_why(county: TestClient) -> None:
    assert (rule_for(county, TOWN)["set_by"], rule_for(county, TOWN)["thresholds"][0]["set_by"]) == (
        None,
        None,
    )
    settle(county, COUNTY, level="W", thresholds={"characters": 500})
    settle(county, TOWN, thresholds={"characters": 600}, reason="镇里的要求")
    rule = rule_for(county, TOWN)
    since = {"valid_from": TODAY.isoformat()}
    names = {code: county.get(f"{API}/agencies/{code}").json()["name"] for code in (COUNTY, TOWN)}
    above = {"agency": COUNTY, "name": names[COUNTY], "reason": "县里的要求", **since}
    assert rule["set_by"] == above
    own = {"agency": TOWN, "name": names[TOWN], "reason": "镇里的要求", **since}
    assert rule["thresholds"][0]["set_by"] == own
    assert rule_for(county, OTHER)["thresholds"][0]["set_by"] == above
    assert rule_for(county, None)["set_by"] is None


def test_a_setting_says_what_of_the_former_one_it_drops(county: TestClient) -> None:
    first = settle(county, TOWN, "R29", level="W", thresholds={"difference": 50, "ratio": 5})
    assert first["dropped"] == []
    second = settle(county, TOWN, "R29", thresholds={"ratio": 4})
    assert second["dropped"] == ["difference", "level"]
    assert rule_for(county, TOWN, "R29")["level"] == "I"
    history = county.get(f"{API}/agencies/{TOWN}/rule-settings").json()["items"]
    assert [item["dropped"] for item in history] == [["difference", "level"], []]


def test_setting_nothing_restores_what_holds_above(county: TestClient) -> None:
    settle(county, COUNTY, level="W")
    settle(county, TOWN, level="I", thresholds={"characters": 9})
    settle(county, TOWN, thresholds={"characters": None})
    rule = rule_for(county, TOWN)
    assert (rule["level"], rule["thresholds"][0]["value"]) == ("W", 1000)


def test_a_setting_that_has_not_begun_waits_and_history_stays(county: TestClient) -> None:
    settle(county, TOWN, level="W")
    later = (TODAY + timedelta(days=9)).isoformat()
    assert settle(county, TOWN, level="I", valid_from=later)["is_in_force"] is False
    assert rule_for(county, TOWN)["level"] == "W"
    history = county.get(f"{API}/agencies/{TOWN}/rule-settings").json()
    told = [(item["level"], item["is_in_force"]) for item in history["items"]]
    assert (told, history["total"]) == ([("I", False), ("W", True)], 2)


def test_findings_go_by_the_setting_and_the_verdict_at_the_gate_does_not(county: TestClient) -> None:
    said: dict[str, Any] = TEXTS["narratives"]  # type: ignore[assignment]
    file_report(county, narratives={**said, "overview": said["overview"] + "按时公开。" * 250})
    assert levels_found(county)["R34"] == "I"
    settle(county, COUNTY, level="W")
    found = county.get(address(rest="/findings")).json()
    assert {item["level"] for item in found["items"] if item["rule"] == "R34"} == {"W"}
    assert {item["level"] for item in found["gate"]["items"] if item["rule"] == "R34"} == {"I"}


def test_findings_go_by_the_threshold_that_was_set(county: TestClient) -> None:
    file_report(county)
    assert "requests.received.total" not in codes_found(county, "R28")
    settle(county, COUNTY, "R28", thresholds={"received_prefecture": 0})
    assert "requests.received.total" in codes_found(county, "R28")
    settle(county, TOWN, "R28", thresholds={"received_prefecture": 10**9})
    assert "requests.received.total" not in codes_found(county, "R28")


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({"rule": "R07", "level": "W"}, "/rule", "强制性"),
        ({"rule": "R35", "level": "I"}, "/rule", "每份报告"),
        ({"rule": "R19", "level": "I"}, "/rule", "强制性"),
        ({"rule": "R99"}, "/rule", "没有编号为"),
        ({"rule": "R34", "level": "E"}, "/level", "W"),
        ({"rule": "R34", "thresholds": {"charcters": 5}}, "/thresholds/charcters", "characters"),
        ({"rule": "R34", "thresholds": {"characters": -1}}, "/thresholds/characters", "-1"),
        ({"rule": "R34", "thresholds": {"characters": 10**9 + 1}}, "/thresholds/characters", "1000000000"),
        ({"rule": "R34", "thresholds": {"characters": 0}}, "/thresholds/characters", "应在 1 到"),
        (
            {"rule": "R27", "thresholds": {"percent": 101}},
            "/thresholds/percent",
            "到 100 %之间，现为 101",
        ),
        ({"rule": "R27", "thresholds": {"percent": 0}}, "/thresholds/percent", "现为 0"),
        ({"rule": "R29", "thresholds": {"peers": 2}}, "/thresholds/peers", "应在 0 到 1 之间"),
        ({"rule": "R29", "thresholds": {"ratio": 1}}, "/thresholds/ratio", "应在 2 到"),
    ],
)
def test_what_nobody_may_set_is_refused(
    county: TestClient, body: dict[str, Any], pointer: str, said: str
) -> None:
    problem = assert_problem(set_rule(county, COUNTY, **body), 422, "invalid-request")
    assert said in faults(problem)[pointer]
    assert county.get(f"{API}/agencies/{COUNTY}/rule-settings").json()["items"] == []


def test_a_setting_is_audited_and_told_of(county: TestClient) -> None:
    settle(county, COUNTY, level="W")
    entry = county.get(f"{API}/audit", params={"agency": COUNTY}).json()["items"][0]
    assert (entry["act"], entry["label"]) == ("agency.set_rule", "设定核对规则")
    told = {"rule": "R34", "level": "W", "thresholds": {}, "valid_from": TODAY.isoformat()}
    assert (entry["reason"], entry["details"]) == ("县里的要求", told)
    last = county.get(f"{API}/changes", params={"after": 0}).json()["items"][-1]
    assert (last["act"], last["agency"], last["details"]["code"]) == ("agency.set_rule", COUNTY, COUNTY)
    assert last["details"]["rule_setting"] == told


def judged(client: TestClient, **body: Any) -> Any:  # noqa: ANN401 - an answer
    return client.post(f"{API}/validations", json=a_report(**body) | {"year": YEAR})


def test_a_judgement_for_an_agency_is_what_its_report_would_get(county: TestClient) -> None:
    settle(county, COUNTY, "R13", level="I")
    file_report(county, values=ISSUED_TOO_MANY)
    alone = judged(county, values=ISSUED_TOO_MANY).json()["items"]
    beside = judged(county, values=ISSUED_TOO_MANY, agency=TOWN).json()["items"]
    assert {item["level"] for item in alone if item["rule"] == "R13"} == {"W"}
    filed = county.get(address(rest="/findings")).json()["items"]
    assert [item for item in beside if item["outcome"] != "kept"] == filed
    assert_problem(judged(county, agency="nowhere"), 404, "not-found")


def test_an_aggregate_agency_is_judged_by_its_larger_bounds(county: TestClient) -> None:
    values = a_balanced_report(**{"disclosure.fees.amount": 10**13 + 1})
    alone, aggregate = (judged(county, values=values, **named).json() for named in ({}, {"agency": COUNTY}))
    assert "R06" in {item["rule"] for item in alone["items"] if item["outcome"] == "broken"}
    assert "R06" not in {item["rule"] for item in aggregate["items"] if item["outcome"] == "broken"}
