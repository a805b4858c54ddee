"""A county between a province and its towns, beside another county, with reports in every state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.auth.tokens import Secret, new_secret
from app.domain.collections import ExceptionKind, freezes_on, usual_dates
from app.domain.deliveries import DeliveryState
from app.domain.lifecycle import Action, Status
from app.domain.roles import Role
from app.forms.annual_2021 import FORM
from app.services.agencies import find_agency
from app.services.webhooks import PING
from app.storage.collection_models import Collection, CollectionException
from app.storage.collections import set_dates
from app.storage.models import Delivery, Webhook
from docs.matrix import Relation
from tests.api import API, COUNTY, TITLE, TOWN, YEAR, a_report, address, based_on, register
from tests.builders import a_modest_report
from tests.desk import a_token
from tests.services.trees import SOMEBODY

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database, WriteSession

PROVINCE, SIBLING = "64", "640324"
OFFICE, OTHER_TOWN, SIBLINGS_TOWN = "640323-office", "640323102", "640324101"
AT: dict[Relation, str] = {
    Relation.OWN: COUNTY,
    Relation.DESCENDANT: TOWN,
    Relation.ANCESTOR: PROVINCE,
    Relation.SIBLING: SIBLING,
}
REACHED = {COUNTY, OFFICE, TOWN, OTHER_TOWN}

YEARS: dict[Status | None, int] = {
    Status.DRAFT: YEAR,
    Status.SUBMITTED: 2022,
    Status.ACCEPTED: 2023,
    Status.PUBLISHED: 2024,
    Status.RETURNED: 2025,
    None: 2026,
}
"""The report year in which each of `AT` has a report in that state; None: has none."""

_WAYS: dict[Status, tuple[Action, ...]] = {
    Status.SUBMITTED: (),
    Status.ACCEPTED: (Action.ACCEPT,),
    Status.PUBLISHED: (Action.ACCEPT, Action.PUBLISH),
    Status.RETURNED: (Action.RETURN,),
}
DOUBTED = "requests.pending.business"
"""Where the report that is `SUBMITTED` has something that is explained, and that a reviewer accepted."""
_FEWER = {
    "requests.received.business": 1,
    **dict.fromkeys(FORM.totals["requests.processed.business"], 0),
    "requests.granted.business": 1,
}
"""Fewer than are carried over from year to year."""
ADJUSTMENT: dict[str, Any] = {
    "lines": [{"cell": "disclosure.licensing.decisions", "amount": 1}],
    "reason": "镇里漏记一件行政许可，已经核实",
}
DOCUMENT = Path(__file__).parent / "documents" / "data" / "township-2021.txt"

CALLERS: dict[Role, Secret] = {role: new_secret() for role in Role}
"""Tokens that name the county."""

HELD: dict[str, Secret] = {code: new_secret() for code in AT.values()}
"""A reader's token for each agency, to be shown, rotated and revoked."""


@dataclass(frozen=True, slots=True)
class Place:
    """An agency of the tree."""

    code: str
    parent: str | None
    level: str


TREE = (
    Place(PROVINCE, None, "province"),
    Place(COUNTY, PROVINCE, "county"),
    Place(OFFICE, COUNTY, "county"),
    Place(TOWN, COUNTY, "township"),
    Place(OTHER_TOWN, COUNTY, "township"),
    Place(SIBLING, PROVINCE, "county"),
    Place(SIBLINGS_TOWN, SIBLING, "township"),
)
PARENTS = {place.code: place.parent for place in TREE}


def plant_county(desk: TestClient, database: Database) -> None:
    """Register the tree, file reports in every state and let the database know the tokens."""
    plant_tree(desk, database)
    for code in AT.values():
        _read_in(desk, code)
        for status, actions in _WAYS.items():
            _file(desk, code, YEARS[status], actions)
        _give_division(desk, code)
    _judge_totals(desk)


def _judge_totals(desk: TestClient) -> None:
    """Adjust a town's total of a year, and make that of another year final."""
    adjusted = f"{API}/rollups/{TOWN}/{YEARS[Status.SUBMITTED]}/adjustments"
    answer = desk.post(adjusted, json=ADJUSTMENT)
    assert answer.status_code == 201, answer.text
    final = f"{API}/rollups/{TOWN}/{YEARS[Status.PUBLISHED]}/finalisation"
    answer = desk.post(final, json={"note": "已核对"})
    assert answer.status_code == 201, answer.text


def plant_tree(desk: TestClient, database: Database) -> None:
    """Register the tree and let the database know the tokens."""
    for place in TREE:
        register(desk, place.code, place.parent, level=place.level)
    with database.writing() as session:
        keys = {code: find_agency(session, SOMEBODY, code).id for code in AT.values()}
        for role, secret in CALLERS.items():
            session.add(a_token(secret, role, f"县里{role.label}员", keys[COUNTY]))
        for code, secret in HELD.items():
            session.add(a_token(secret, Role.READER, f"{code}的查阅员", keys[code]))
        for code in AT.values():
            session.add(_a_webhook(code, keys[code]))
            session.flush()
            session.add(_a_delivery(code))
            _collect(session, code, keys[code] or 0)


def _a_webhook(code: str, agency_id: int | None) -> Webhook:
    return Webhook(
        id=webhook_of(code),
        url="https://hooks.example/",
        agency_id=agency_id,
        acts="[]",
        created_by="测试",
        created_at=datetime.now(UTC),
        last_change=0,
        # nothing goes out by itself, whatever application runs on this database
        rests_until=datetime(2100, 1, 1, tzinfo=UTC),
    )


def _a_delivery(code: str) -> Delivery:
    return Delivery(
        id=delivery_of(code),
        webhook_id=webhook_of(code),
        message=f"msg_{code}",
        subject=PING,
        state=DeliveryState.GIVEN_UP,
        attempts=10,
        made_at=datetime.now(UTC),
        last_at=datetime.now(UTC),
        last_status=500,
    )


def _collect(session: WriteSession, code: str, agency_id: int) -> None:
    """Open a year by the usual dates, in which it was given longer."""
    year, now = YEARS[Status.SUBMITTED], datetime.now(UTC)
    dates = usual_dates(year)
    opened = Collection(
        id=exception_of(code),
        agency_id=agency_id,
        year=year,
        freezes_on=freezes_on(dates),
        opened_by="测试",
        opened_at=now,
        updated_at=now,
    )
    session.add(opened)
    session.flush()
    set_dates(session, exception_of(code), dates)
    granted = CollectionException(
        id=exception_of(code),
        collection_id=exception_of(code),
        agency_id=agency_id,
        kind=ExceptionKind.EXTENSION,
        until=date(2999, 1, 31),
        reason="换人",
        granted_by="测试",
        granted_at=now,
    )
    session.add(granted)


def exception_of(code: str) -> int:
    """Return the number of what was granted to an agency in a year."""
    return int(code)


def webhook_of(code: str) -> str:
    """Return the id of the webhook that was made for an agency."""
    return code


def delivery_of(code: str) -> int:
    """Return the number of the message to its webhook that was given up."""
    return int(code)


def _read_in(desk: TestClient, code: str) -> None:
    answer = desk.post(
        f"{API}/imports",
        params={"store": "draft", "agency": code, "year": YEAR},
        files={"file": ("report.txt", DOCUMENT.read_bytes())},
    )
    assert answer.is_success, answer.text


def report_of(year: int) -> dict[str, object]:
    """Return the body of a report of a year that may be 上报; in one year something in it is explained."""
    titled: dict[str, Any] = {"title": TITLE.format(agency=TOWN, year=year)}
    if year != YEARS[Status.SUBMITTED]:
        return a_report(a_modest_report(), **titled)
    explained = [{"rule": "R18", "code": DOUBTED, "text": "年底收到的申请依法延长了答复期限"}]
    return a_report(a_modest_report(**_FEWER), **titled, explanations=explained)


def _give_division(desk: TestClient, code: str) -> None:
    """Record that an agency got another 统计用区划代码."""
    body = {"operation": "rename", "agency": code, "name": f"机关{code}", "division_code": code}
    body |= {"effective_on": "2020-07-01", "document": "民发〔2020〕1号"}
    answer = desk.post(f"{API}/reorganisations", json=body)
    assert answer.status_code == 201, answer.text


def _file(desk: TestClient, code: str, year: int, actions: tuple[Action, ...]) -> None:
    answer = desk.put(address(code, year), json=report_of(year))
    assert answer.status_code == 201, answer.text
    if "explanations" in report_of(year):
        body, known = {"items": "all"}, based_on(answer)
        answer = desk.post(address(code, year, "/explanations/reviews"), json=body, headers=known)
        assert answer.status_code == 200, answer.text
    for action in actions:
        answer = _take(desk, code, year, action, answer)


def _take(desk: TestClient, code: str, year: int, action: Action, known: Response) -> Response:
    body = {"action": action.value, "reason": "请核对", "cells": ["overview"]}
    answer = desk.post(address(code, year, "/transitions"), json=body, headers=based_on(known))
    assert answer.status_code == 200, answer.text
    return answer
