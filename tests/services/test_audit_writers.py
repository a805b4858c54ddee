"""Twenty people write at once: every act that was answered for stands in the trail, in one chain a county."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx

from app.domain.roles import Role
from tests.api import API, COUNTY, a_report, address, at_once, based_on, file_report, register
from tests.desk import WHOLE_TREE, bearer
from tests.service import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx2 import Response
    from starlette.testclient import TestClient

WRITERS = 20
OTHER_COUNTY = "640324"

REMARK = {"cell": "disclosure.licensing.decisions", "text": "请核对"}
Acknowledged = list[tuple[str, str]]
"""The id of each request that was answered with success, and which act it asked for."""


def town_of(county: str, writer: int) -> str:
    return f"{county}{writer:03}"


def register_counties(client: TestClient, *counties: str) -> None:
    for county in counties:
        register(client, county, None, level="county", report_scope="aggregate")
        for writer in range(WRITERS // len(counties)):
            register(client, town_of(county, writer), county)


def write(call: Callable[..., Any], town: str) -> Acknowledged:
    """File a report, change it twice, remark on it and submit it, each on what was answered before."""
    done: Acknowledged = []

    def ask(act: str, method: str, path: str, body: object, **more: object) -> Any:  # noqa: ANN401 - of two kinds
        answer = call(method, path, json=body, **more)
        assert answer.is_success, answer.text
        done.append((answer.headers["x-request-id"], f"report.{act}"))
        return answer

    drafted = {"params": {"draft": True}}
    answer = ask("create", "PUT", address(town), a_report(), **drafted)
    for number in (1000, 2000):
        body = {"disclosure": {"licensing": {"decisions": number}}}
        answer = ask("save", "PATCH", address(town), body, headers=based_on(answer), **drafted)
        ask("comment", "POST", address(town, rest="/comments"), REMARK)
    ask("submit", "POST", address(town, rest="/transitions"), {"action": "submit"})
    return done


def entries_of(client: TestClient, *counties: str) -> list[dict[str, Any]]:
    """Return what the chains of some counties hold, the oldest first, by chain."""
    entries: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get(f"{API}/audit", params={"limit": 200, **cursor}).json()
        entries += [entry for entry in page["items"] if entry["chain"] in counties]
        if page["page"]["next"] is None:
            return sorted(entries, key=lambda entry: (entry["chain"], entry["number"]))
        cursor = {"cursor": page["page"]["next"]}


def assert_one_chain(client: TestClient, county: str, done: Acknowledged) -> None:
    """Hold a county's chain to be whole, and to tell once of each act that was answered for, no more."""
    entries = entries_of(client, county)
    assert Counter((entry["request_id"], entry["act"]) for entry in entries) == Counter(done)
    assert [entry["number"] for entry in entries] == list(range(1, len(done) + 1))
    assert all(later["previous"] == earlier["hash"] for earlier, later in pairwise(entries))
    checked = client.get(f"{API}/audit/verification").json()
    assert checked["intact"], checked
    assert {chain["chain"]: chain["entries"] for chain in checked["chains"]}[county] == len(done)


def all_of(parts: list[Acknowledged]) -> Acknowledged:
    return [each for part in parts for each in part]


def test_twenty_writers_in_a_county_make_one_chain(client: TestClient) -> None:
    register_counties(client, COUNTY)
    parts = at_once(lambda writer: write(client.request, town_of(COUNTY, writer)), WRITERS)
    assert_one_chain(client, COUNTY, all_of(parts))


def test_writers_in_two_counties_make_two_chains(client: TestClient) -> None:
    counties = (COUNTY, OTHER_COUNTY)
    register_counties(client, *counties)
    parts = at_once(lambda writer: write(client.request, town_of(counties[writer % 2], writer // 2)), WRITERS)
    for place, county in enumerate(counties):
        assert_one_chain(client, county, all_of(parts[place::2]))


def test_of_twenty_who_change_what_they_read_one_succeeds_and_is_told_of(client: TestClient) -> None:
    register_counties(client, COUNTY)
    read = file_report(client, town_of(COUNTY, 0), draft=True)

    def change(writer: int) -> Response:
        body = {"disclosure": {"licensing": {"decisions": 1000 + writer}}}
        return client.patch(address(town_of(COUNTY, 0)), json=body, headers=based_on(read))

    answers = at_once(change, WRITERS)
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * (WRITERS - 1)]
    saved = next(answer for answer in answers if answer.is_success)
    done = [(read, "report.create"), (saved, "report.save")]
    assert_one_chain(client, COUNTY, [(answer.headers["x-request-id"], act) for answer, act in done])


def test_two_processes_write_one_chain(client: TestClient, database_url: str) -> None:
    register_counties(client, COUNTY)
    with (
        running(database_url) as one,
        running(database_url) as other,
        calling(one) as by_one,
        calling(other) as by_other,
    ):
        calls = (by_one, by_other)
        parts = at_once(lambda writer: write(calls[writer % 2], town_of(COUNTY, writer)), WRITERS)
    assert_one_chain(client, COUNTY, all_of(parts))


@contextmanager
def calling(service: str) -> Iterator[Callable[..., httpx.Response]]:
    """Yield what calls a service, and again where it is told that the database is busy."""
    reviewer, system = (bearer(WHOLE_TREE[role]) for role in (Role.REVIEWER, Role.SYSTEM))
    with httpx.Client(base_url=service, trust_env=False, timeout=60) as client:

        def call(method: str, path: str, **options: Any) -> httpx.Response:  # noqa: ANN401 - handed on
            headers = options.pop("headers", {}) | (reviewer if path.endswith("/comments") else system)
            while (answer := client.request(method, path, headers=headers, **options)).status_code == 503:
                time.sleep(0.1)
            return answer

        yield call
