"""Making webhooks and looking after them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.auth.tokens import Secret, new_secret
from app.domain.roles import Role
from app.main import create_app
from app.services.webhooks import MOST_OF_AN_AGENCY
from app.settings import Settings
from app.storage.models import AGENCY, AUDIT_ENTRY
from tests.api import API, COUNTY, TOWN, assert_problem, register, register_county
from tests.conftest import KEY, POOL_SIZE
from tests.desk import Desk, a_token, bearer

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

URL = "https://hooks.example/nianbao"


def with_webhooks(database_url: str, networks: str = "") -> FastAPI:
    """Build an application that can sign, and sends nothing by itself."""
    return create_app(
        Settings(
            database_url=database_url,
            pool_size=POOL_SIZE,
            secret_key=SecretStr(KEY),
            webhook_networks=networks,
            webhook_workers=0,
        )
    )


@pytest.fixture
def app(database_url: str) -> FastAPI:
    return with_webhooks(database_url)


def make(client: TestClient, secret: Secret | None = None, **wanted: object) -> Any:  # noqa: ANN401 - an answer
    headers = {} if secret is None else bearer(secret)
    return client.post(f"{API}/webhooks", json={"url": URL, "agency": None, **wanted}, headers=headers)


def someone(app: FastAPI, role: Role, code: str) -> Secret:
    """Return the token of somebody who reaches an agency."""
    secret = new_secret()
    with app.state.database.writing() as session:
        agency_id = session.scalar(select(AGENCY.c.id).where(AGENCY.c.code == code))
        session.add(a_token(secret, role, f"{code}的人", agency_id))
    return secret


def test_a_webhook_is_shown_as_it_was_made_but_for_its_secret(client: TestClient) -> None:
    register_county(client)
    answer = make(client, agency=COUNTY, acts=["report.publish"])
    assert answer.status_code == 201, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    assert made.pop("secret").startswith("whsec_")
    shown = client.get(f"{API}/webhooks/{made['id']}")
    assert shown.json() == made
    assert client.get(f"{API}/webhooks").json()["items"] == [made]
    assert (
        made.items()
        >= {
            "url": URL,
            "agency": COUNTY,
            "acts": ["report.publish"],
            "created_by": "测试管理员",
            "disabled_at": None,
            "waiting": 0,
            "given_up": 0,
        }.items()
    )


def test_lists_go_on_where_the_page_before_ended(client: TestClient) -> None:
    made = sorted(make(client).json()["id"] for _ in range(3))
    first = client.get(f"{API}/webhooks", params={"limit": 2}).json()
    rest = client.get(f"{API}/webhooks", params={"limit": 2, "cursor": first["page"]["next"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made
    assert rest["page"]["next"] is None


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example/", "https://127.0.0.1/", "https://localhost/", "https://a:b@hooks.example/", "?"],
)
def test_this_machine_is_refused_unless_the_operator_allows_it(
    client: TestClient, database_url: str, url: str
) -> None:
    problem = assert_problem(make(client, url=url), 422, "invalid-request")
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/url", "destination-refused")
    ]
    with Desk(with_webhooks(database_url, "127.0.0.0/8")) as allowed:
        assert make(allowed, url="http://127.0.0.1:8000/").status_code == 201


def test_without_a_key_there_is_nothing_to_sign_with(database_url: str) -> None:
    with Desk(create_app(Settings(database_url=database_url))) as keyless:
        assert "NIANBAO_SECRET_KEY" in assert_problem(make(keyless), 409, "wrong-state")["detail"]
        with Desk(with_webhooks(database_url)) as signing:
            made = make(signing).json()
        rotated = keyless.post(f"{API}/webhooks/{made['id']}/rotation", json={})
        assert_problem(rotated, 409, "wrong-state")


@pytest.mark.parametrize("act", ["token.issue", "webhook.ping", "login.refuse", "nothing"])
def test_only_what_the_feed_tells_can_be_chosen(client: TestClient, act: str) -> None:
    problem = assert_problem(make(client, acts=["report.save", act]), 422, "invalid-request")
    assert [error["pointer"] for error in problem["errors"]] == ["/acts/1"]


def test_an_agency_has_so_many_and_no_more(client: TestClient) -> None:
    register_county(client)
    for _ in range(MOST_OF_AN_AGENCY):
        assert make(client).status_code == 201
    assert_problem(make(client), 409, "wrong-state")
    assert make(client, agency=COUNTY).status_code == 201


def test_whoever_reaches_a_county_makes_and_sees_webhooks_of_that_county_alone(
    client: TestClient, app: FastAPI
) -> None:
    register_county(client)
    register(client, "other", None, level="county")
    system = someone(app, Role.SYSTEM, COUNTY)
    assert_problem(make(client, system), 403, "forbidden")
    assert_problem(make(client, system, agency="other"), 422, "invalid-request")
    own = make(client, system, agency=TOWN).json()
    for agency in (None, "other"):
        beyond = make(client, agency=agency).json()
        for call in ("", "/deliveries"):
            answer = client.get(f"{API}/webhooks/{beyond['id']}{call}", headers=bearer(system))
            assert_problem(answer, 404, "not-found")
        for call in ("/ping", "/resumption", "/redelivery", "/deliveries/1/redelivery"):
            answer = client.post(f"{API}/webhooks/{beyond['id']}{call}", headers=bearer(system))
            assert_problem(answer, 404, "not-found")
        deleted = client.delete(f"{API}/webhooks/{beyond['id']}", headers=bearer(system))
        assert_problem(deleted, 404, "not-found")
    listed = client.get(f"{API}/webhooks", headers=bearer(system)).json()["items"]
    assert [item["id"] for item in listed] == [own["id"]]
    assert_problem(make(client, someone(app, Role.REPORTER, COUNTY), agency=COUNTY), 403, "forbidden")


def test_a_delivery_of_another_webhook_is_not_there(client: TestClient) -> None:
    one, other = make(client).json(), make(client).json()
    sent = client.post(f"{API}/webhooks/{one['id']}/ping").json()
    answer = client.post(f"{API}/webhooks/{other['id']}/deliveries/{sent['id']}/redelivery")
    assert_problem(answer, 404, "not-found")


def test_an_agency_with_a_webhook_is_not_deleted(client: TestClient) -> None:
    register_county(client)
    made = make(client, agency=TOWN).json()
    known = {"If-Match": "*"}
    problem = assert_problem(client.delete(f"{API}/agencies/{TOWN}", headers=known), 409, "wrong-state")
    assert "推送" in problem["detail"]
    assert client.delete(f"{API}/webhooks/{made['id']}").status_code == 204
    assert client.delete(f"{API}/agencies/{TOWN}", headers=known).status_code == 204


def test_whatever_is_done_to_a_webhook_is_in_the_audit_trail_without_its_secret(
    client: TestClient, app: FastAPI
) -> None:
    register_county(client)
    made = make(client, agency=COUNTY).json()
    here = f"{API}/webhooks/{made['id']}"
    sent = client.post(f"{here}/ping").json()
    rotated = client.post(f"{here}/rotation", json={}).json()
    client.post(f"{here}/deliveries/{sent['id']}/redelivery")
    client.post(f"{here}/redelivery")
    client.post(f"{here}/resumption")
    client.delete(here)
    with app.state.database.reading() as session:
        rows = session.execute(select(AUDIT_ENTRY).order_by(AUDIT_ENTRY.c.number)).all()
    mine = [row for row in rows if row.target == f"/webhooks/{made['id']}"]
    assert [row.act for row in mine] == [
        f"webhook.{act}" for act in ("create", "ping", "rotate", "redeliver", "redeliver", "resume", "delete")
    ]
    assert {row.agency for row in mine} == {COUNTY}
    told = json.dumps([str(row) for row in rows])
    assert made["secret"] not in told
    assert rotated["secret"] not in told
    assert made["secret"] != rotated["secret"]
