"""The wide table: what it holds is what was saved, and what it adds is what lies under a path."""

from __future__ import annotations

import json
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.auth.actor import COMMAND_LINE
from app.domain.values import flatten, nest
from app.forms.annual_2021 import FORM
from app.services.agencies import find_agency
from app.services.paths import path_in
from app.storage.models import Agency, Report, ReportVersion
from app.storage.numbers import TABLES, path_of, paths_of, read_numbers
from app.storage.sums import Subtree, just_after, list_numbers, list_sources, sum_numbers
from tests.api import API, COUNTY, a_report, address, an_agency, file_report, register, register_county
from tests.builders import a_balanced_report, a_sound_report
from tests.services.trees import ALIKE, YEAR, Unit, plant

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.storage.engine import Database, ReadSession

TABLE = TABLES[FORM.version]
TOWNS = ["64-1", "64-2", "64-3"]


# Paths


@given(
    upper=st.lists(st.sampled_from(ALIKE), min_size=1, max_size=4),
    other=st.lists(st.sampled_from(ALIKE), min_size=1, max_size=4),
)
def test_the_range_of_a_path_holds_what_lies_under_it_and_nothing_else(
    upper: list[str], other: list[str]
) -> None:
    low, path = path_of(upper), path_of(other)
    assert (low <= path < just_after(low)) == (other[: len(upper)] == upper)


def test_units_whose_codes_begin_alike_or_differ_in_case_are_kept_apart(database: Database) -> None:
    tops = [Unit(code, None) for code in ALIKE]
    plant(database, [*tops, *(Unit(f"{code}x", code) for code in ALIKE if len(code) == 1)])
    with database.reading() as session:
        for code in ALIKE:
            sources = list_sources(session.connection(), TABLE, a_subtree(session, code))
            assert [source.agency for source in sources] == [code, *([f"{code}x"] if len(code) == 1 else [])]


def a_subtree(session: ReadSession, code: str) -> Subtree:
    return Subtree(YEAR, path_in(session, find_agency(session, COMMAND_LINE, code), YEAR), ("submitted",))


def test_sums_sources_and_numbers_speak_of_the_same_reports(database: Database) -> None:
    left_out = [Unit("64-d", "64", status=None), Unit("64-x", "64", in_rollup=False), Unit("65", None)]
    plant(database, [Unit("64", None), Unit("64-1", "64"), *left_out])
    with database.reading() as session:
        connection, subtree = session.connection(), a_subtree(session, "64")
        sources = list_sources(connection, TABLE, subtree)
        numbers = list_numbers(connection, FORM, TABLE, subtree)
        total = sum_numbers(connection, FORM, TABLE, subtree)[""]
    assert [source.agency for source in sources] == ["64", "64-1"]
    assert numbers.keys() == {source.report_id for source in sources}
    assert list(numbers.values()) == [a_balanced_report()] * total.included
    assert total.totals == {code: 2 * (value or 0) for code, value in a_balanced_report().items()}
    assert total.incomplete == {}


def test_with_nothing_to_add_there_is_no_sum(database: Database) -> None:
    with database.reading() as session:
        nowhere = Subtree(YEAR, "/nobody/", ("submitted",))
        assert sum_numbers(session.connection(), FORM, TABLE, nowhere) == {}


# The row and the document


@pytest.mark.parametrize("seed", range(3))
def test_the_row_equals_the_document_whatever_was_done(
    database: Database, client: TestClient, seed: int
) -> None:
    chance = Random(seed)
    register_county(client, *TOWNS)
    register(client, "65", None, level="county")
    done = [do_something(client, chance) for _ in range(40)]
    # the moves must have got through, or nothing was tried
    assert sum(done) > 10
    expect_integrity(database)


def test_a_row_keeps_missing_apart_from_zero(database: Database, client: TestClient) -> None:
    register_county(client, "1", "2")
    file_report(client, "1", draft=True, values=dict.fromkeys(FORM.cells))
    file_report(client, "2", draft=True, values=dict.fromkeys(FORM.cells, 0))
    with database.reading() as session:
        rows = [
            read_numbers(session.connection(), FORM, TABLE, report.id or 0) for report in reports(session)
        ]
    assert rows == [dict.fromkeys(FORM.cells), dict.fromkeys(FORM.cells, 0)]
    expect_integrity(database)


def test_a_report_that_is_deleted_leaves_no_row(database: Database, client: TestClient) -> None:
    register_county(client, "1")
    etag = file_report(client, "1", draft=True).headers["etag"]
    assert client.delete(address("1"), headers={"If-Match": etag}).status_code == 204
    with database.reading() as session:
        assert session.execute(select(TABLE.c.report_id)).all() == []
        assert session.execute(select(ReportVersion)).all() == []


def expect_integrity(database: Database) -> None:
    """Hold every row to the current version's document, and its path to the tree."""
    with database.reading() as session:
        connection, everyone = session.connection(), reports(session)
        found = paths_of(connection, TABLE, [report.id or 0 for report in everyone])
        for report in everyone:
            key, agency = report.id or 0, session.get_one(Agency, report.agency_id)
            version = session.get_one(ReportVersion, (key, report.version))
            document = flatten(FORM, json.loads(version.content))
            assert read_numbers(connection, FORM, TABLE, key) == document
            assert found.pop(key) == path_in(session, agency, report.year)
        assert found == {}
        assert len(session.execute(select(TABLE.c.report_id)).all()) == len(everyone)


def reports(session: ReadSession) -> list[Report]:
    return list(session.scalars(select(Report)).all())


def do_something(client: TestClient, chance: Random) -> bool:
    """Do one thing that a clerk or a county might do; tell whether it got through."""
    key = chance.choice(TOWNS), chance.choice((2021, 2022))
    there = client.get(address(*key))
    send = partial(client.request, headers={"If-Match": there.headers["etag"]} if there.is_success else {})
    match chance.choice(("put", "put", "patch", "row", "zeros", "submit", "withdraw", "delete", "move")):
        case "put":
            draft = {"draft": chance.random() < 0.6}
            answer = send("PUT", address(*key), params=draft, json=a_report(some_values(chance)))
        case "patch":
            answer = send("PATCH", address(*key), json=nest_some(some_values(chance), chance))
        case "row":
            row = {"natural_person": chance.randrange(9), "business": None, "total": None}
            answer = send("PUT", address(*key, "/tables/requests/rows/granted"), json=row)
        case "zeros":
            answer = send("POST", address(*key, "/zeros"), json={"cells": "all"})
        case "delete":
            answer = send("DELETE", address(*key))
        case "move":
            answer = move(client, chance, key[0])
        case action:
            answer = send("POST", address(*key, "/transitions"), json={"action": action, "reason": "填错"})
    assert answer.status_code < 500, answer.text
    return answer.is_success


def some_values(chance: Random) -> Values:
    """Return numbers of a report: sound, or with some of them missing."""
    differing = {row: chance.randrange(1000, 2000) for row in ("received", "granted", "licensing")}
    lost = chance.sample(list(FORM.cells), 5) if chance.random() < 0.4 else []
    return a_sound_report(**differing) | dict.fromkeys(lost)


def nest_some(values: Values, chance: Random) -> dict[str, Any]:
    """Return a merge patch of one table."""
    table = chance.choice(FORM.tables).code
    return {table: nest(FORM, values)[table]}


def move(client: TestClient, chance: Random, town: str) -> Response:
    etag = client.get(f"{API}/agencies/{town}").headers["etag"]
    body = an_agency(town, chance.choice((COUNTY, "65")))
    return client.put(f"{API}/agencies/{town}", json=body, headers={"If-Match": etag})
