"""Signing in, tokens, signed addresses, and what becomes of those who may not."""

from __future__ import annotations

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from app.auth.tokens import new_secret
from app.domain.roles import Role
from app.main import create_app
from app.settings import Settings
from app.storage.models import AUDIT_ENTRY, LINK, TOKEN
from tests.api import API, COUNTY, TOWN, a_report, address, assert_problem, faults, register_county
from tests.auth.provider import AUDIENCE, running_provider
from tests.desk import WHOLE_TREE, Desk, bearer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.storage.engine import Database
    from tests.auth.provider import RunningProvider

TOKENS, LINKS, ME, AUDIT = f"{API}/tokens", f"{API}/links", f"{API}/me", f"{API}/audit"
ADMINISTRATOR, REVIEWER, READER = (
    bearer(WHOLE_TREE[role]) for role in (Role.ADMINISTRATOR, Role.REVIEWER, Role.READER)
)
PROXY, HERE, THERE = "10.0.0.1", "192.0.2.1", "192.0.2.2"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(app: FastAPI) -> Database:
    opened: Database = app.state.database
    return opened


def wanted(**members: object) -> dict[str, Any]:
    """Return the body of a token."""
    return {"holder": "张三", "role": "reader", "agency": None, **members}


def issue(client: TestClient, **members: object) -> dict[str, Any]:
    """Issue a token and return it as it is shown this once."""
    answer = client.post(TOKENS, json=wanted(**members))
    assert answer.status_code == 201, answer.text
    issued: dict[str, Any] = answer.json()
    return issued


def me(client: TestClient, token: object) -> Response:
    return client.get(ME, headers=bearer(str(token)))


def change_token(database: Database, token_id: object, **columns: object) -> None:
    """Let time pass for a token, by moving its dates."""
    with database.writing() as session:
        session.execute(update(TOKEN).where(TOKEN.c.id == token_id).values(columns))


def entries(client: TestClient, act: str) -> list[dict[str, Any]]:
    """Return the audit entries of a kind, the oldest first."""
    answer = client.get(AUDIT, params={"act": act, "limit": 200})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found[::-1]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Who is calling


def test_who_shows_a_token_is_told_what_it_is_good_for(client: TestClient) -> None:
    register_county(client)
    issued = issue(client, role="reporter", agency=TOWN)
    told = me(client, issued["token"]).json()
    assert told == {
        "holder": "张三",
        "role": "reporter",
        "agency": TOWN,
        "name": f"机关{TOWN}",
        "rights": [
            {"name": "comment", "label": "批注"},
            {"name": "file", "label": "填报、上报、撤回、更正"},
            {"name": "publish", "label": "公布"},
            {"name": "read", "label": "查阅"},
        ],
        "credential": f"token:{issued['id']}",
        "expires_at": issued["expires_at"],
    }


def test_a_token_for_every_agency_names_none(client: TestClient) -> None:
    told = client.get(ME, headers=READER).json()
    assert (told["agency"], told["name"], told["role"]) == (None, None, "reader")


UNBELIEVED = {
    "": "请先登录",
    "Basic bmI6bmI=": "请先登录",
    new_secret().text: "请先登录",
    "Bearer": "没有设置统一身份认证",
    "Bearer eyJhbGciOiJub25lIn0.e30.": "没有设置统一身份认证",
    "Bearer nb_x": "令牌不完整，或抄错了",
    f"Bearer {new_secret().text[:-1]}~": "令牌不完整，或抄错了",
    f"Bearer {new_secret().text}": "没有这个令牌",
}


def test_who_isn_t_believed_is_told_why_and_how(client: TestClient) -> None:
    for authorization, said in UNBELIEVED.items():
        answer = client.get(ME, headers={"Authorization": authorization})
        assert said in assert_problem(answer, 401, "unauthenticated")["detail"]
        assert answer.headers["www-authenticate"] == 'Bearer realm="nianbao"'


def test_the_scheme_may_be_written_in_any_case(client: TestClient) -> None:
    shown = WHOLE_TREE[Role.READER].text
    assert client.get(ME, headers={"Authorization": f"bEARER   {shown} "}).status_code == 200


def test_a_token_is_needed_before_anything_else_is_looked_at(client: TestClient) -> None:
    answer = client.post(TOKENS, content="{", headers={"Authorization": "", "Content-Type": "text/plain"})
    assert_problem(answer, 401, "unauthenticated")


# How tokens are issued and listed


def test_a_token_is_shown_once_and_good_for_90_days(client: TestClient) -> None:
    answer = client.post(TOKENS, json=wanted())
    issued = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert re.fullmatch(rf"nb_{issued['id']}_[0-9A-Za-z]{{43}}_[0-9A-Za-z]{{6}}", issued["token"])
    assert moment(issued["expires_at"]) - moment(issued["issued_at"]) == timedelta(days=90)
    assert abs(moment(issued["issued_at"]) - datetime.now(UTC)) < MINUTE
    assert issued["issued_by"] == "测试管理员"
    assert (issued["last_used_at"], issued["revoked_at"], issued["replaces"]) == (None, None, None)
    assert me(client, issued["token"]).json()["holder"] == "张三"


def test_its_secret_is_nowhere_else(
    client: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    issued = issue(client)
    secret = issued["token"].split("_")[2]
    me(client, issued["token"])
    spoiled = issued["token"][:-6] + "000000"
    me(client, spoiled)
    rotated = client.post(f"{TOKENS}/{issued['id']}/rotation", json={}).json()
    with database.reading() as session:
        kept = [str(row) for table in (TOKEN, AUDIT_ENTRY) for row in session.execute(select(table))]
    told = [client.get(where, headers=ADMINISTRATOR).text for where in (TOKENS, AUDIT)]
    for said in (*kept, *told, caplog.text):
        assert secret not in said
        assert rotated["token"].split("_")[2] not in said
    assert "digest" not in "".join(told[:1])


def test_by_setting_a_token_is_kept_as_hmac_sm3(database_url: str) -> None:
    settings = {"digest": "sm3", "secret_key": "k" * 32}
    with Desk(create_app(Settings.model_validate({"database_url": database_url, **settings}))) as client:
        issued = issue(client)
        assert me(client, issued["token"]).status_code == 200
    with Desk(create_app(Settings(database_url=database_url, secret_key="k" * 32))) as client:  # type: ignore[arg-type]
        assert me(client, issued["token"]).status_code == 200
    with Desk(create_app(Settings(database_url=database_url))) as client:
        assert "没有这个令牌" in assert_problem(me(client, issued["token"]), 401, "unauthenticated")["detail"]


def test_issuing_is_audited(client: TestClient) -> None:
    register_county(client)
    issued = issue(client, role="reviewer", agency=COUNTY)
    (entry,) = entries(client, "token.issue")
    assert (entry["holder"], entry["target"], entry["agency"]) == (
        "测试管理员",
        f"/tokens/{issued['id']}",
        COUNTY,
    )


WRONG: tuple[tuple[dict[str, object], str, str], ...] = (
    ({"role": "boss"}, "/role", "应是下列之一"),
    ({"role": None}, "/role", "应是"),
    ({"holder": " "}, "/holder", "应是不空的一行文字"),
    ({"holder": "张\n三"}, "/holder", "应是不空的一行文字"),
    ({"holder": "张\x00三"}, "/holder", "控制字符"),
    ({"holder": "张" * 501}, "/holder", "最多 500 个字"),
    ({"days": 0}, "/days", "应大于或等于 1"),
    ({"days": 367}, "/days", "应小于或等于 366"),
    ({"days": "9"}, "/days", "应是整数"),
    ({"agency": "nobody"}, "/agency", "没有代码为“nobody”的机关"),
    ({"agency": "盐池"}, "/agency", "应由 1 到 32 个"),
    ({"networks": ["10.0.0.0/8", "10.0.0.1/8"]}, "/networks/1", "应是地址或网段，例如"),
    ({"networks": ["here"]}, "/networks/0", "应是地址或网段，例如"),
    ({"networks": "10.0.0.1"}, "/networks", "应是数组"),
    ({"networks": ["10.0.0.1"] * 21}, "/networks", "最多 20 项"),
    ({"expires": 5}, "/expires", "没有“expires”这一项"),
)


def test_what_is_wrong_with_a_wanted_token_is_said_in_place(client: TestClient) -> None:
    for members, pointer, said in WRONG:
        problem = assert_problem(client.post(TOKENS, json=wanted(**members)), 422, "invalid-request")
        assert said in faults(problem)[pointer]


def test_whom_a_token_reaches_must_be_said(client: TestClient) -> None:
    """Left out by mistake, it would otherwise reach every agency."""
    body = wanted()
    del body["agency"]
    assert "缺少“agency”" in assert_problem(client.post(TOKENS, json=body), 422, "invalid-request")["detail"]


def test_a_county_s_administrator_issues_for_the_county_alone(client: TestClient) -> None:
    register_county(client)
    county = bearer(issue(client, role="administrator", agency=TOWN)["token"])
    assert client.post(TOKENS, json=wanted(agency=TOWN), headers=county).status_code == 201
    beyond = assert_problem(
        client.post(TOKENS, json=wanted(agency=COUNTY), headers=county), 422, "invalid-request"
    )
    assert beyond["detail"] == f"没有代码为“{COUNTY}”的机关"
    everything = assert_problem(client.post(TOKENS, json=wanted(), headers=county), 403, "forbidden")
    assert "您的权限只在一个机关及其下各机关" in everything["detail"]


def test_only_administrators_have_to_do_with_others_tokens(client: TestClient) -> None:
    another = issue(client)["id"]
    for role in set(Role) - {Role.ADMINISTRATOR}:
        headers = bearer(WHOLE_TREE[role])
        for answer in (
            client.get(TOKENS, headers=headers),
            client.post(TOKENS, json=wanted(), headers=headers),
            client.post(f"{TOKENS}/{another}/rotation", json={}, headers=headers),
            client.delete(f"{TOKENS}/{another}", headers=headers),
        ):
            problem = assert_problem(answer, 403, "forbidden")
            assert problem["roles"] == ["administrator"]
            assert f"您的角色是{role.label}" in problem["detail"]


def test_tokens_are_listed_by_page_without_their_secrets(client: TestClient) -> None:
    issued = {issue(client, holder=f"第{number}人")["id"] for number in range(5)}
    listed, cursor = [], None
    while True:
        page = client.get(TOKENS, params={"limit": 4, **({"cursor": cursor} if cursor else {})}).json()
        listed += page["items"]
        cursor = page["page"]["next"]
        if cursor is None:
            break
        assert len(page["items"]) == 4
    ids = [token["id"] for token in listed]
    assert ids == sorted(ids)
    assert issued | {secret.id for secret in WHOLE_TREE.values()} == set(ids)
    assert all(token.keys() == listed[0].keys() and "token" not in token for token in listed)
    assert_problem(client.get(TOKENS, params={"cursor": "x"}), 422, "invalid-request")


def test_who_manages_a_county_sees_only_its_tokens(client: TestClient) -> None:
    register_county(client)
    issue(client, agency=COUNTY)
    of_town = issue(client, agency=TOWN)
    manager = issue(client, role="administrator", agency=TOWN)
    headers = bearer(manager["token"])
    listed = client.get(TOKENS, headers=headers).json()["items"]
    assert {token["id"] for token in listed} == {of_town["id"], manager["id"]}
    for hidden in (WHOLE_TREE[Role.READER].id, "nobody"):
        for answer in (
            client.delete(f"{TOKENS}/{hidden}", headers=headers),
            client.post(f"{TOKENS}/{hidden}/rotation", json={}, headers=headers),
        ):
            assert f"没有编号为“{hidden}”的令牌" in assert_problem(answer, 404, "not-found")["detail"]


# How they are used


def test_when_it_was_used_last_is_noted_to_the_minute(client: TestClient, database: Database) -> None:
    issued = issue(client)

    def used() -> datetime | None:
        with database.reading() as session:
            return session.scalar(select(TOKEN.c.last_used_at).where(TOKEN.c.id == issued["id"]))

    assert used() is None
    me(client, issued["token"])
    first = used()
    assert first is not None
    assert abs(first - datetime.now(UTC)) < MINUTE
    me(client, issued["token"])
    assert used() == first
    change_token(database, issued["id"], last_used_at=first - MINUTE)
    me(client, issued["token"])
    assert (used() or first) >= first


def test_a_refused_token_wasn_t_used(client: TestClient, database: Database) -> None:
    issued = issue(client, networks=[HERE])
    assert me(client, issued["token"]).status_code == 401
    with database.reading() as session:
        assert session.scalar(select(TOKEN.c.last_used_at).where(TOKEN.c.id == issued["id"])) is None


def test_who_reads_doesn_t_wait_for_others_to_write(client: TestClient, database: Database) -> None:
    """To note when a token was used isn't worth a wait, let alone a failure."""
    issued = issue(client)
    begun, done = Event(), Event()

    def write() -> None:
        with database.writing():
            begun.set()
            done.wait(10)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        assert begun.wait(10)
        try:
            assert me(client, issued["token"]).status_code == 200
            assert not writing.done()
        finally:
            done.set()


def test_an_expired_token_is_refused(client: TestClient, database: Database) -> None:
    issued = issue(client, days=1)
    assert moment(issued["expires_at"]) - moment(issued["issued_at"]) == timedelta(days=1)
    change_token(database, issued["id"], expires_at=datetime.now(UTC))
    problem = assert_problem(me(client, issued["token"]), 401, "unauthenticated")
    assert problem["detail"] == "令牌已经过期；请向发放的人另要一个"


def test_a_revoked_token_is_refused_from_the_next_call_on(client: TestClient) -> None:
    issued = issue(client)
    assert me(client, issued["token"]).status_code == 200
    for _ in range(2):
        assert client.delete(f"{TOKENS}/{issued['id']}").status_code == 204
        problem = assert_problem(me(client, issued["token"]), 401, "unauthenticated")
        assert problem["detail"] == "令牌已经吊销；请向发放的人另要一个"
    (entry,) = entries(client, "token.revoke")
    assert (entry["holder"], entry["target"]) == ("测试管理员", f"/tokens/{issued['id']}")
    kept = next(each for each in client.get(TOKENS).json()["items"] if each["id"] == issued["id"])
    assert kept["revoked_by"] == "测试管理员"
    assert kept["revoked_at"]


def test_a_token_s_holder_may_end_it(client: TestClient) -> None:
    issued = issue(client)
    mine = bearer(issued["token"])
    assert client.delete(f"{TOKENS}/{issued['id']}", headers=mine).status_code == 204
    assert me(client, issued["token"]).status_code == 401


def test_a_token_is_good_only_in_its_networks(app: FastAPI, client: TestClient) -> None:
    issued = issue(client, networks=["192.0.2.0/31", "2001:db8::/32"])
    assert issued["networks"] == ["192.0.2.0/31", "2001:db8::/32"]
    for peer, status in ((HERE, 200), ("2001:db8::7", 200), (f"::ffff:{HERE}", 200), (THERE, 401)):
        assert me(Desk(app, client=(peer, 5000)), issued["token"]).status_code == status, peer
    problem = assert_problem(me(Desk(app, client=(THERE, 5000)), issued["token"]), 401, "unauthenticated")
    assert problem["detail"] == f"令牌不能从 {THERE} 使用"


# How they are replaced


def rotate(
    client: TestClient, token_id: object, headers: dict[str, str] = ADMINISTRATOR, **body: int
) -> Response:
    return client.post(f"{TOKENS}/{token_id}/rotation", json=body, headers=headers)


def test_a_token_is_replaced_by_one_like_it(client: TestClient) -> None:
    register_county(client)
    old = issue(client, role="reviewer", agency=COUNTY, days=7, networks=["0.0.0.0/0"])
    answer = rotate(client, old["id"])
    new = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert new["token"] != old["token"]
    assert new["replaces"] == old["id"]
    for name in ("holder", "role", "agency", "networks"):
        assert new[name] == old[name]
    assert moment(new["expires_at"]) - moment(new["issued_at"]) == timedelta(days=7)
    (entry,) = entries(client, "token.rotate")
    assert (entry["target"], entry["agency"]) == (f"/tokens/{new['id']}", COUNTY)


@pytest.mark.parametrize(("body", "hours"), [({}, 24), ({"overlap_hours": 2}, 2)])
def test_the_old_one_goes_on_for_a_while(
    client: TestClient, database: Database, body: dict[str, int], hours: int
) -> None:
    old = issue(client)
    new = rotate(client, old["id"], ADMINISTRATOR, **body).json()
    assert me(client, old["token"]).status_code == me(client, new["token"]).status_code == 200
    ends = moment(me(client, old["token"]).json()["expires_at"])
    assert abs(ends - moment(new["issued_at"]) - timedelta(hours=hours)) < MINUTE
    change_token(database, old["id"], expires_at=datetime.now(UTC))
    assert me(client, old["token"]).status_code == 401
    assert me(client, new["token"]).status_code == 200


def test_without_overlap_the_old_one_ends_at_once(client: TestClient) -> None:
    old = issue(client)
    new = rotate(client, old["id"], overlap_hours=0).json()
    assert me(client, old["token"]).status_code == 401
    assert me(client, new["token"]).status_code == 200


def test_an_overlap_never_lengthens_a_token(client: TestClient) -> None:
    old = issue(client, days=1)
    rotate(client, old["id"], overlap_hours=720)
    assert me(client, old["token"]).json()["expires_at"] == old["expires_at"]
    for hours in (-1, 721):
        assert_problem(rotate(client, old["id"], overlap_hours=hours), 422, "invalid-request")


def test_a_token_s_holder_may_replace_it(client: TestClient) -> None:
    register_county(client)
    old = issue(client, agency=TOWN)
    new = rotate(client, old["id"], bearer(old["token"])).json()
    assert (new["issued_by"], new["holder"], new["agency"]) == ("张三", "张三", TOWN)
    assert rotate(client, old["id"], bearer(new["token"])).status_code == 403


def test_an_ended_token_is_not_replaced(client: TestClient, database: Database) -> None:
    revoked, expired = issue(client), issue(client)
    client.delete(f"{TOKENS}/{revoked['id']}")
    change_token(database, expired["id"], expires_at=datetime.now(UTC))
    for token in (revoked, expired):
        problem = assert_problem(rotate(client, token["id"]), 422, "invalid-request")
        assert "已经吊销或过期，不能更换" in problem["detail"]


# Signed addresses


def a_link(client: TestClient, path: str = ME, headers: dict[str, str] = READER) -> str:
    answer = client.post(LINKS, json={"path": path}, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    href: str = answer.json()["href"]
    return href


def follow(client: TestClient, href: str, method: str = "GET") -> Response:
    """Call an address as a browser does that was handed it: with no token."""
    return client.request(method, href, headers={"Authorization": ""})


def test_a_link_stands_for_its_maker_once(client: TestClient) -> None:
    made = client.post(LINKS, json={"path": ME}, headers=READER).json()
    assert abs(moment(made["expires_at"]) - datetime.now(UTC) - 5 * MINUTE) < MINUTE
    told = follow(client, made["href"])
    assert told.status_code == 200
    assert (told.json()["holder"], told.json()["role"]) == ("测试查阅员", "reader")
    problem = assert_problem(follow(client, made["href"]), 401, "unauthenticated")
    assert problem["detail"] == "这个下载地址已经用过；请重新生成"


def test_of_many_who_follow_a_link_at_once_one_gets_in(client: TestClient) -> None:
    href = a_link(client)
    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(lambda _: follow(client, href).status_code, range(4)))
    assert statuses == [200, 401, 401, 401]


def test_a_link_reaches_what_its_maker_reaches(client: TestClient) -> None:
    register_county(client)
    town = bearer(issue(client, agency=TOWN)["token"])
    assert follow(client, a_link(client, f"{API}/agencies/{TOWN}", town)).status_code == 200
    assert_problem(follow(client, a_link(client, f"{API}/agencies/{COUNTY}", town)), 404, "not-found")
    assert_problem(follow(client, a_link(client, TOKENS, town)), 403, "forbidden")


def test_a_link_is_for_one_address(client: TestClient) -> None:
    href = a_link(client, f"{API}/agencies?limit=7")
    secret = re.search("link=(.*)", href)
    assert secret
    for other in (
        f"{ME}?link={secret[1]}",
        f"{API}/agencies?link={secret[1]}",
        f"{API}/agencies?limit=8&link={secret[1]}",
        f"{API}/agencies?limit=7&limit=8&link={secret[1]}",
        f"{API}/agencies%3Flimit=7?link={secret[1]}",
    ):
        answer = follow(client, other)
        assert answer.status_code in {401, 404}
        assert "不是给这里用的" in answer.json()["detail"] or answer.status_code == 404
    moved = client.get(f"{API}/tokens?link={secret[1]}", headers={"Authorization": "", "Host": f"x{href}#"})
    assert_problem(moved, 401, "unauthenticated")
    assert follow(client, href).status_code == 200


def test_a_link_is_for_reading_alone(client: TestClient) -> None:
    issued = issue(client)
    href = a_link(client, f"{TOKENS}/{issued['id']}", ADMINISTRATOR)
    assert "请先登录" in assert_problem(follow(client, href, "DELETE"), 401, "unauthenticated")["detail"]
    assert me(client, issued["token"]).status_code == 200


def test_a_link_makes_no_links(client: TestClient) -> None:
    secret = a_link(client, LINKS).partition("link=")[2]
    answer = client.post(f"{LINKS}?link={secret}", json={"path": ME}, headers={"Authorization": ""})
    assert_problem(answer, 401, "unauthenticated")


def test_the_order_of_parameters_doesn_t_matter(client: TestClient) -> None:
    secret = a_link(client, f"{API}/agencies?limit=7&q=%E7%94%B2").partition("link=")[2]
    assert follow(client, f"{API}/agencies?q=甲&link={secret}&limit=7").status_code == 200


def test_a_link_ends_after_five_minutes(client: TestClient, database: Database) -> None:
    href = a_link(client)
    with database.writing() as session:
        session.execute(update(LINK).values(expires_at=datetime.now(UTC)))
    problem = assert_problem(follow(client, href), 401, "unauthenticated")
    assert problem["detail"] == "下载地址已经过期；请重新生成"


def test_a_link_ends_with_its_maker_s_token(client: TestClient, database: Database) -> None:
    revoked, expired = issue(client), issue(client)
    hrefs = [a_link(client, ME, bearer(token["token"])) for token in (revoked, expired)]
    client.delete(f"{TOKENS}/{revoked['id']}")
    change_token(database, expired["id"], expires_at=datetime.now(UTC))
    for href, ended in zip(hrefs, ("吊销", "过期"), strict=True):
        problem = assert_problem(follow(client, href), 401, "unauthenticated")
        assert problem["detail"] == f"生成这个下载地址的令牌已经{ended}；请向发放的人另要一个"


def test_a_link_is_good_only_in_its_maker_s_networks(app: FastAPI, client: TestClient) -> None:
    inside, outside = Desk(app, client=(HERE, 5000)), Desk(app, client=(THERE, 5000))
    maker = bearer(issue(client, networks=[HERE])["token"])
    href = a_link(inside, ME, maker)
    problem = assert_problem(follow(outside, href), 401, "unauthenticated")
    assert problem["detail"] == f"生成这个下载地址的令牌不能从 {THERE} 使用"
    assert follow(inside, href).json()["holder"] == "张三"


NO_LINKS = {
    "": "下载地址不完整",
    "nb_x": "下载地址不完整",
    new_secret().text: "没有这个下载地址",
    WHOLE_TREE[Role.READER].text: "没有这个下载地址",
}


def test_what_is_no_link_is_refused(client: TestClient) -> None:
    for link, said in NO_LINKS.items():
        problem = assert_problem(follow(client, f"{ME}?link={link}"), 401, "unauthenticated")
        assert said in problem["detail"]


def test_a_token_counts_before_a_link(client: TestClient) -> None:
    href = a_link(client)
    assert client.get(href, headers=ADMINISTRATOR).json()["role"] == "administrator"
    assert follow(client, href).json()["role"] == "reader"


ELSEWHERE = (
    "",
    "/",
    "/docs",
    "api/v1/me",
    "/api/v1",
    "/api/v10/me",
    "//example.org/api/v1/me",
    "https://example.org/api/v1/me",
    "//[",
    "http://[::/api/v1/me",
)


def test_a_link_leads_only_into_the_api(client: TestClient) -> None:
    for path in ELSEWHERE:
        answer = client.post(LINKS, json={"path": path})
        assert "/path" in faults(assert_problem(answer, 422, "invalid-request"))


def test_making_and_using_a_link_is_audited_without_its_secret(client: TestClient) -> None:
    href = a_link(client)
    follow(client, href)
    (made,), (used,) = entries(client, "link.create"), entries(client, "link.use")
    link_id = href.partition("link=nb_")[2].partition("_")[0]
    assert (made["holder"], made["target"]) == (used["holder"], used["target"]) == ("测试查阅员", ME)
    assert made["credential"] == f"token:{WHOLE_TREE[Role.READER].id}"
    assert used["credential"] == f"link:{link_id}"
    assert used["request_id"] != made["request_id"]
    assert href.rpartition("_")[0].rpartition("_")[2] not in client.get(AUDIT).text


def test_what_is_done_by_a_link_names_it_in_the_audit(client: TestClient) -> None:
    follow(client, a_link(client, TOKENS))
    (entry,) = entries(client, "access.refuse")
    assert entry["credential"].startswith("link:")
    assert entry["holder"] == "测试查阅员"


# Lockout, and where a call comes from


@contextmanager
def guarded(database_url: str, peer: str, **settings: object) -> Iterator[Desk]:
    """Run an application that three failures are too many for, called from *peer*."""
    chosen = {"database_url": database_url, "lockout_failures": 3, "trusted_proxies": f"{PROXY}, 10.1.0.0/16"}
    with Desk(create_app(Settings.model_validate(chosen | settings)), client=(peer, 5000)) as client:
        yield client


def fail(client: TestClient, forwarded: str | None = None, times: int = 3) -> list[int]:
    """Show made-up tokens and return the statuses of the answers."""
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return [client.get(ME, headers={**headers, **bearer(new_secret())}).status_code for _ in range(times)]


def test_who_fails_too_often_is_shut_out_even_with_a_good_token(database_url: str) -> None:
    with guarded(database_url, HERE) as client:
        assert fail(client, times=4) == [401, 401, 401, 429]
        answer = client.get(ME, headers=READER)
        problem = assert_problem(answer, 429, "too-many-attempts")
        assert problem["detail"] == f"从 {HERE} 登录失败的次数太多；请在 5 分钟后再试，并核对令牌"
        assert 290 <= int(answer.headers["retry-after"]) <= 300


def test_links_that_fail_count_as_well(sqlite_url: str) -> None:
    with guarded(sqlite_url, HERE) as client:
        hrefs = [f"{ME}?link={new_secret().text}" for _ in range(4)]
        assert [follow(client, href).status_code for href in hrefs] == [401, 401, 401, 429]


def test_who_sends_nothing_tries_nothing(sqlite_url: str) -> None:
    with guarded(sqlite_url, HERE) as client:
        for _ in range(5):
            assert_problem(client.get(ME, headers={"Authorization": ""}), 401, "unauthenticated")
        assert client.get(ME, headers=READER).status_code == 200
        assert entries(client, "login.refuse") == []


def test_a_refused_act_is_no_failed_login(sqlite_url: str) -> None:
    with guarded(sqlite_url, HERE) as client:
        statuses = [client.get(TOKENS, headers=READER).status_code for _ in range(5)]
        assert statuses == [403] * 5


def test_behind_a_gateway_callers_are_shut_out_one_by_one(database_url: str) -> None:
    with guarded(database_url, PROXY) as client:
        assert fail(client, HERE, 4)[-1] == 429
        assert fail(client, f"{THERE}, {HERE}", 1) == [429]
        assert fail(client, f"{HERE}, 10.1.2.3", 1) == [429]
        for forwarded in (THERE, f"{HERE}, {THERE}", f"{HERE},{THERE}, {PROXY}"):
            answer = client.get(ME, headers={**READER, "X-Forwarded-For": forwarded})
            assert answer.status_code == 200, forwarded


def test_the_gateway_itself_is_never_shut_out(database_url: str) -> None:
    with guarded(database_url, PROXY) as client:
        for forwarded in (None, "", PROXY, f"10.1.0.9, {PROXY}", "unknown"):
            assert fail(client, forwarded, 4) == [401] * 4
            assert client.get(ME, headers=READER).status_code == 200


def test_what_anybody_forwards_is_not_believed(database_url: str) -> None:
    with guarded(database_url, HERE) as client:
        assert [fail(client, f"198.51.100.{number}", 1)[0] for number in range(4)] == [401, 401, 401, 429]
    with guarded(database_url, THERE) as client:
        issued = issue(client, networks=[PROXY])
        headers = {**bearer(issued["token"]), "X-Forwarded-For": PROXY}
        assert client.get(ME, headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [(f"{HERE}:{{}}", HERE), ("[2001:db8::1]:{}", "2001:db8::1"), (f"{HERE}:1, {PROXY}:{{}}", HERE)],
)
def test_a_caller_stays_the_same_whatever_port_the_gateway_tells(
    sqlite_url: str, forwarded: str, address: str
) -> None:
    with guarded(sqlite_url, PROXY) as client:
        statuses = [fail(client, forwarded.format(port), 1)[0] for port in range(4711, 4715)]
        assert statuses == [401, 401, 401, 429]
        assert {entry["address"] for entry in entries(client, "login.refuse")} == {address}


def test_behind_a_gateway_a_token_s_networks_are_the_caller_s(sqlite_url: str) -> None:
    with guarded(sqlite_url, PROXY) as client:
        shown = bearer(issue(client, networks=[HERE])["token"])
        told = ((HERE, 200), (f"{THERE}, {HERE}", 200), (THERE, 401), ("unknown", 401))
        with_port = ((f"{HERE}:4711", 200), (f"{HERE}:1, {PROXY}:2", 200), (f"{THERE}:4711", 401))
        for forwarded, status in (*told, *with_port):
            answer = client.get(ME, headers={**shown, "X-Forwarded-For": forwarded})
            assert answer.status_code == status, forwarded
        assert client.get(ME, headers=shown).status_code == 401


def test_refused_logins_are_audited_repeated_ones_as_a_count(database_url: str) -> None:
    revoked = new_secret()
    with guarded(database_url, HERE, lockout_failures=100) as client:
        for _ in range(4):
            client.get(ME, headers=bearer(revoked))
        client.get(ME, headers=bearer("nb_mistyped"))
        first, other, repeated = entries(client, "login.refuse")
        assert [first["times"], other["times"], repeated["times"]] == [1, 1, 3]
        assert (first["holder"], first["address"], first["target"]) == ("未登录", HERE, ME)
        assert first["credential"] == f"token:{revoked.id}"
        assert other["credential"] == ""
        assert "没有这个令牌" in str(first["details"])
        assert revoked.text not in client.get(AUDIT).text


def test_refused_acts_are_audited_repeated_ones_as_a_count(client: TestClient) -> None:
    for _ in range(3):
        client.get(TOKENS, headers=READER)
    first, repeated = entries(client, "access.refuse")
    assert [first["times"], repeated["times"]] == [1, 2]
    assert (first["holder"], first["role"], first["target"]) == ("测试查阅员", "reader", f"GET {TOKENS}")
    assert "不能对令牌做“发放、吊销令牌”" in str(first["details"])


def test_what_is_counted_is_recorded_when_the_service_stops(database_url: str) -> None:
    with guarded(database_url, HERE) as client:
        fail(client, times=3)
    with guarded(database_url, HERE) as client:
        assert [entry["times"] for entry in entries(client, "login.refuse")] == [1, 2]


# The county's identity provider


@pytest.fixture(scope="module")
def process() -> Iterator[RunningProvider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def provider(process: RunningProvider) -> RunningProvider:
    process.reset()
    return process


@contextmanager
def believing(database_url: str, provider: RunningProvider, **settings: object) -> Iterator[Desk]:
    """Run an application that believes the provider."""
    chosen = {
        "database_url": database_url,
        "oidc_issuer": provider.issuer,
        "oidc_audience": AUDIENCE,
        "oidc_roles": "county-reviewer=reviewer,county-clerk=reporter",
        "lockout_failures": 3,
    }
    with Desk(create_app(Settings.model_validate(chosen | settings)), client=(HERE, 5000)) as client:
        yield client


def signed(provider: RunningProvider, **claims: object) -> dict[str, str]:
    return bearer(provider.token(**{"nianbao_agency": COUNTY, **claims}))


def test_claims_become_role_and_agency(database_url: str, provider: RunningProvider) -> None:
    with believing(database_url, provider) as client:
        register_county(client)
        told = client.get(ME, headers=signed(provider)).json()
        assert (told["holder"], told["role"], told["agency"]) == ("zhang-san", "reviewer", COUNTY)
        assert told["credential"] == "oidc"
        assert moment(told["expires_at"]) > datetime.now(UTC)
        town = signed(provider, nianbao_agency=TOWN, nianbao_role=["county-clerk", "other"])
        assert client.get(ME, headers=town).json()["role"] == "reporter"
        assert client.get(f"{API}/agencies/{TOWN}", headers=town).status_code == 200
        assert_problem(client.get(f"{API}/agencies/{COUNTY}", headers=town), 404, "not-found")


def test_claims_stand_where_the_settings_say(sqlite_url: str, provider: RunningProvider) -> None:
    where = {"oidc_holder_claim": "name", "oidc_role_claim": "realm.roles", "oidc_agency_claim": "unit"}
    with believing(sqlite_url, provider, **where, oidc_roles="") as client:
        register_county(client)
        shown = signed(provider, name="张三", realm={"roles": ["reader"]}, unit=TOWN)
        told = client.get(ME, headers=shown).json()
        assert (told["holder"], told["role"], told["agency"]) == ("张三", "reader", TOWN)


def test_an_agency_that_isn_t_registered_is_no_way_in(database_url: str, provider: RunningProvider) -> None:
    with believing(database_url, provider) as client:
        answer = client.get(ME, headers=signed(provider))
        said = f"统一身份认证所说的机关“{COUNTY}”没有登记"
        assert assert_problem(answer, 401, "unauthenticated")["detail"] == said


def test_what_the_provider_didn_t_say_is_refused_and_counts(
    sqlite_url: str, provider: RunningProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with believing(sqlite_url, provider) as client:
        register_county(client)
        for claims in ({"nianbao_role": "boss"}, {"exp": 1}, {"aud": "another"}):
            problem = assert_problem(
                client.get(ME, headers=signed(provider, **claims)), 401, "unauthenticated"
            )
            assert problem["detail"] == "统一身份认证的令牌无效或已过期；请重新登录"
        assert_problem(client.get(ME, headers=signed(provider)), 429, "too-many-attempts")
    assert "eyJ" not in caplog.text


def test_one_person_with_two_credentials_is_still_one(database_url: str, provider: RunningProvider) -> None:
    """Whoever submitted with a token can't accept by way of the identity provider, however it is spelt."""
    with believing(database_url, provider) as client:
        register_county(client)
        clerk = bearer(issue(client, holder="Ｚｈａｎｇ-San ", role="reporter", agency=TOWN)["token"])
        saved = client.put(address(), json=a_report(), headers=clerk)
        assert saved.status_code == 201, saved.text

        def accept(**claims: object) -> Response:
            headers = {**signed(provider, **claims), "If-Match": saved.headers["etag"]}
            return client.post(address(rest="/transitions"), json={"action": "accept"}, headers=headers)

        assert "要由另一个人审核" in assert_problem(accept(), 403, "forbidden")["detail"]
        assert accept(sub="li-si").status_code == 200


def test_when_the_provider_is_down_its_people_wait_and_tokens_go_on(database_url: str) -> None:
    with running_provider() as provider:
        shown = signed(provider)
        provider.stop()
        with believing(database_url, provider) as client:
            for _ in range(5):
                answer = client.get(ME, headers=shown)
                problem = assert_problem(answer, 503, "unavailable")
                assert problem["detail"] == "统一身份认证现在没有回应，请稍后再试"
                assert answer.headers["retry-after"]
            assert client.get(ME, headers=READER).status_code == 200


def test_a_link_ends_with_its_maker_s_session(database_url: str, provider: RunningProvider) -> None:
    with believing(database_url, provider) as client:
        register_county(client)
        shown = signed(provider, exp=int(datetime.now(UTC).timestamp()) + 60)
        made = client.post(LINKS, json={"path": ME}, headers=shown).json()
        assert moment(made["expires_at"]) <= datetime.now(UTC) + MINUTE
        told = follow(client, made["href"]).json()
        assert (told["holder"], told["role"], told["agency"]) == ("zhang-san", "reviewer", COUNTY)


def test_an_agency_is_removed_with_the_links_that_were_made_for_it(
    database_url: str, provider: RunningProvider
) -> None:
    with believing(database_url, provider) as client:
        register_county(client)
        href = a_link(client, ME, signed(provider, nianbao_agency=TOWN))
        where = f"{API}/agencies/{TOWN}"
        etag = client.get(where).headers["etag"]
        assert client.delete(where, headers={**ADMINISTRATOR, "If-Match": etag}).status_code == 204
        assert_problem(follow(client, href), 401, "unauthenticated")


def test_an_agency_for_which_a_token_was_issued_stays(client: TestClient) -> None:
    """The records of what was done with it name the agency."""
    register_county(client)
    issue(client, agency=TOWN)
    where = f"{API}/agencies/{TOWN}"
    etag = client.get(where).headers["etag"]
    answer = client.delete(where, headers={**ADMINISTRATOR, "If-Match": etag})
    assert "发放过令牌，不能删除" in assert_problem(answer, 409, "wrong-state")["detail"]
