"""The feed of changes: in commit order, without gaps, and enough to copy the state by."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.auth.tokens import Secret, new_secret
from app.domain.roles import Role
from app.storage.models import AGENCY
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    a_report,
    address,
    an_agency,
    assert_problem,
    file_report,
    register,
    register_county,
    state_of,
)
from tests.desk import a_token, bearer

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

TOWNS = [f"64032310{number}" for number in range(1, 5)]
YEARS = (2021, 2022)


def feed(
    client: TestClient, after: int = 0, limit: int = 200, secret: Secret | None = None
) -> list[dict[str, Any]]:
    """Return the feed from a number on to its end, as a system takes it."""
    items: list[dict[str, Any]] = []
    while True:
        headers = {} if secret is None else bearer(secret)
        params = {"after": after, "limit": limit}
        answer = client.get(f"{API}/changes", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        after = page["next"]
        if not page["has_more"]:
            return items


def replayed(items: list[dict[str, Any]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return the agencies and reports that a copy of the feed ends with."""
    agencies: dict[Any, Any] = {}
    reports: dict[Any, Any] = {}
    for item in items:
        key, kept, state = (
            (item["agency"], agencies, item["details"])
            if item["year"] is None
            else ((item["agency"], item["year"]), reports, item["report"])
        )
        kept.pop(key, None)
        if state is not None:
            kept[key] = state
    return agencies, reports


def standing(client: TestClient) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return the agencies and reports as the service gives them one by one."""
    agencies = {}
    for item in client.get(f"{API}/agencies", params={"limit": 200}).json()["items"]:
        answer = client.get(f"{API}/agencies/{item['code']}")
        said = {k: v for k, v in answer.json().items() if k not in {"created_at", "updated_at"}}
        agencies[item["code"]] = said | {"etag": answer.headers["ETag"].strip('"')}
    reports = {}
    for item in client.get(f"{API}/reports", params={"limit": 200}).json()["items"]:
        answer = client.get(address(item["agency"], item["year"]))
        reports[item["agency"], item["year"]] = {
            **{name: item[name] for name in ("form", "status", "version", "published_version")},
            "etag": state_of(answer).strip('"'),
        }
    return agencies, reports


def act(client: TestClient, seed: int) -> None:
    """Do something at random, which may well be refused."""
    chance = random.Random(seed)
    agency, year = chance.choice(TOWNS), chance.choice(YEARS)
    here, known = address(agency, year), {"If-Match": "*"}
    step = {"action": chance.choice(["submit", "withdraw", "return", "accept", "publish", "revise"])}
    step |= {"reason": "请核对", "cells": ["overview"]}  # type: ignore[dict-item]
    draft = {"draft": chance.choice(["true", "false"])}
    calls = [
        lambda: client.put(here, json=a_report(), params=draft),
        lambda: client.put(here, json=a_report(preface=str(seed)), params=draft, headers=known),
        lambda: client.patch(here, json={"preface": str(seed)}, headers=known),
        lambda: client.delete(here, headers=known),
        lambda: client.post(f"{here}/transitions", json=step),
        lambda: client.post(f"{here}/transitions", json=step),
        lambda: client.post(f"{here}/comments", json={"cell": "overview", "text": "请核对"}),
        lambda: client.post(f"{API}/agencies", json=an_agency(f"new-{seed % 5}", chance.choice(TOWNS))),
        lambda: client.delete(f"{API}/agencies/new-{seed % 5}", headers=known),
        lambda: client.put(
            f"{API}/agencies/{agency}", json=an_agency(agency, name=f"改名{seed}"), headers=known
        ),
    ]
    assert chance.choice(calls)().status_code < 500


def test_a_copy_made_from_the_feed_is_the_state_whoever_wrote_at_once(client: TestClient) -> None:
    register_county(client, *TOWNS)
    with ThreadPoolExecutor(4) as pool:
        seen: list[dict[str, Any]] = []
        writes = [pool.submit(act, client, seed) for seed in range(160)]
        while not all(write.done() for write in writes):
            seen += feed(client, seen[-1]["number"] if seen else 0, limit=7)
        for write in writes:
            write.result()
    seen += feed(client, seen[-1]["number"] if seen else 0)
    # a reader who follows along misses nothing, and what was read once is never told otherwise
    assert seen == feed(client)
    assert [item["number"] for item in seen] == list(range(1, len(seen) + 1))
    assert replayed(seen) == standing(client)
    assert {item["act"].partition(".")[0] for item in seen} == {"report", "agency"}


def test_each_step_is_told_with_the_state_it_led_to(client: TestClient) -> None:
    register_county(client)
    last = feed(client)[-1]["number"]
    file_report(client)
    told = [(item["act"], item["label"], item["report"]["status"]) for item in feed(client, last)]
    assert told == [("report.create", "新建报告", "draft"), ("report.submit", "上报", "submitted")]


def test_what_is_refused_or_tried_is_not_told(client: TestClient) -> None:
    register_county(client)
    told = feed(client)
    assert client.put(address(), json=a_report(), params={"dry_run": "true"}).status_code == 201
    assert_problem(client.put(address(), json={}), 422, "rules-broken")
    assert feed(client) == told


def test_a_number_behind_the_end_is_refused_with_the_reason(client: TestClient) -> None:
    problem = assert_problem(client.get(f"{API}/changes", params={"after": 5}), 422, "invalid-request")
    assert "只到第 0 条" in problem["detail"]


def test_agencies_of_an_import_are_told_one_by_one(client: TestClient) -> None:
    rows = (
        "code,name,level,kind,parent\n"
        "640323,盐池县,county,government,\n"
        "640323101,某镇,township,government,640323\n"
    )
    answer = client.post(f"{API}/agencies/import", files={"file": ("a.csv", rows.encode())})
    assert answer.status_code == 200, answer.text
    assert [item["agency"] for item in feed(client)] == [COUNTY, TOWN]


def test_who_reaches_a_part_is_told_of_that_part_and_still_gets_to_the_end(
    client: TestClient, app: FastAPI
) -> None:
    register_county(client, TOWN)
    register(client, "other", None, level="county")
    file_report(client)
    secret = new_secret()
    with app.state.database.writing() as session:
        of_town = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == TOWN))
        session.add(a_token(secret, Role.READER, "某镇的人", of_town))
    mine = feed(client, secret=secret)
    assert {(item["agency"], item["year"]) for item in mine} == {(TOWN, None), (TOWN, YEAR)}
    register(client, "last", None, level="county")
    page = client.get(f"{API}/changes", params={"after": mine[-1]["number"]}, headers=bearer(secret)).json()
    assert (page["items"], page["next"]) == ([], feed(client)[-1]["number"])


def test_who_reaches_the_county_is_told_that_a_town_of_it_is_gone(client: TestClient, app: FastAPI) -> None:
    register_county(client, TOWN)
    secret = new_secret()
    with app.state.database.writing() as session:
        of_county = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == COUNTY))
        session.add(a_token(secret, Role.READER, "某县的人", of_county))
    assert client.delete(f"{API}/agencies/{TOWN}", headers={"If-Match": "*"}).status_code == 204
    gone = feed(client, secret=secret)[-1]
    assert (gone["act"], gone["agency"], gone["details"]) == ("agency.delete", TOWN, None)


def test_who_reaches_the_county_is_told_of_a_draft_that_went_before_its_town_did(
    client: TestClient, app: FastAPI
) -> None:
    register_county(client, TOWN)
    secret = new_secret()
    with app.state.database.writing() as session:
        of_county = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == COUNTY))
        session.add(a_token(secret, Role.READER, "某县的人", of_county))
    file_report(client, draft=True)
    copied = feed(client, secret=secret)
    for thing in (address(), f"{API}/agencies/{TOWN}"):
        assert client.delete(thing, headers={"If-Match": "*"}).status_code == 204
    copied += feed(client, copied[-1]["number"], secret=secret)
    assert replayed(copied)[1] == {}
    assert replayed(copied)[0].keys() == {COUNTY}
