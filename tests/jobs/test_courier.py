"""What webhooks are told: signed, in order for each report, at least once."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from app.domain.deliveries import PAUSES
from app.services.telling import LEASE, hold
from app.storage.models import DELIVERY, WEBHOOK
from tests.api import (
    API,
    COUNTY,
    TOWN,
    YEAR,
    address,
    an_agency,
    at_once,
    file_report,
    register,
    register_county,
)
from tests.jobs.calls import do, hooks, log, numbers, refusing, save, told
from tests.jobs.conftest import Errand, Hook
from tests.receiver import Answered, Received, Receiver

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

OTHER_TOWN = "640323102"
SOON = timedelta(minutes=1)


def test_a_change_is_told_as_the_feed_tells_it_and_signed(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    made = hook()
    file_report(client)
    before = int(time.time())
    errand.run()
    assert told(receiver.received) == [("report.create", TOWN, YEAR), ("report.submit", TOWN, YEAR)]
    feed = {item["number"]: item for item in client.get(f"{API}/changes").json()["items"]}
    for received in receiver.received:
        assert received.data == feed[received.data["number"]]
        assert received.json.keys() == {"type", "timestamp", "data"}
        assert received.json["timestamp"] == received.data["at"]
        assert received.is_signed_by(made["secret"])
        assert before <= int(received.headers["webhook-timestamp"]) <= time.time()
        assert received.headers["Content-Type"] == "application/json"
        assert "." not in received.message
    assert [(each["state"], each["attempts"], each["last_status"]) for each in log(client, made)] == [
        ("delivered", 1, 204)
    ] * 2
    assert [each["message"] for each in log(client, made)] == [each.message for each in receiver.received]


def test_what_was_before_a_webhook_is_not_told_and_nothing_is_told_twice(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    hook()
    errand.run()
    assert receiver.received == []
    register(client, OTHER_TOWN)
    errand.run()
    errand.run_in(timedelta(days=9))
    assert told(receiver.received) == [("agency.create", OTHER_TOWN, None)]


def test_what_is_refused_or_tried_is_not_told(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    hook()
    assert client.put(address(), json={}).status_code == 422
    assert client.delete(
        f"{API}/agencies/{TOWN}", headers={"If-Match": "*"}, params={"dry_run": "true"}
    ).is_success
    errand.run()
    assert receiver.received == []


def test_only_the_chosen_acts_are_told(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    made = hook(acts=["report.submit", "agency.create"])
    file_report(client)
    register(client, OTHER_TOWN)
    errand.run()
    assert [received.json["type"] for received in receiver.received] == ["report.submit", "agency.create"]
    assert hooks(client, made)["acts"] == ["report.submit", "agency.create"]


def test_a_webhook_is_told_of_what_lies_below_its_agency_as_the_tree_stands_then(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    register(client, "other", None, level="county")
    hook(agency="other")
    file_report(client)
    errand.run()
    assert receiver.received == []
    moved = an_agency(TOWN, "other", name="迁走的镇")
    answer = client.put(f"{API}/agencies/{TOWN}", json=moved, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    file_report(client, year=YEAR + 1, title="2022")
    errand.run()
    assert told(receiver.received) == [
        ("agency.replace", TOWN, None),
        ("report.create", TOWN, YEAR + 1),
        ("report.submit", TOWN, YEAR + 1),
    ]


def test_while_a_report_is_refused_its_later_changes_wait_and_others_go_on(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client, TOWN, OTHER_TOWN)
    file_report(client, draft=True)
    made = hook()
    save(client, "一")
    bad = client.get(f"{API}/changes").json()["next"]
    receiver.answer = refusing(bad)
    errand.run()
    save(client, "二")
    file_report(client, OTHER_TOWN, draft=True)
    errand.run()
    assert told(receiver.received)[1:] == [("report.create", OTHER_TOWN, YEAR)]
    receiver.answer = lambda _received, _before: Answered()
    errand.run_in(SOON)
    errand.run()
    assert numbers(receiver.received) == [bad, bad + 2, bad, bad + 1]
    assert hooks(client, made)["waiting"] == 0


def test_a_message_comes_again_for_three_days_then_is_given_up_and_the_next_goes_out(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    file_report(client, draft=True)
    made = hook()
    save(client, "一")
    bad = client.get(f"{API}/changes").json()["next"]
    save(client, "二")
    receiver.answer = refusing(bad)
    errand.run()
    for attempt, pause in enumerate(PAUSES, 1):
        assert numbers(receiver.received) == [bad] * attempt
        errand.run_in(pause - timedelta(seconds=2))
        assert numbers(receiver.received) == [bad] * attempt
        errand.run_in(timedelta(seconds=3))
    assert numbers(receiver.received) == [*[bad] * 10, bad + 1]
    assert {received.message for received in receiver.received[:10]} == {receiver.received[0].message}
    assert {received.body for received in receiver.received[:10]} == {receiver.received[0].body}
    stamps = [int(received.headers["webhook-timestamp"]) for received in receiver.received[:10]]
    assert stamps[9] - stamps[0] > timedelta(days=3).total_seconds()
    given_up, delivered = log(client, made)
    assert (given_up["state"], given_up["attempts"], given_up["last_status"]) == ("given_up", 10, 500)
    assert given_up["next_at"] is None
    assert delivered["state"] == "delivered"
    assert (hooks(client, made)["waiting"], hooks(client, made)["given_up"]) == (0, 1)
    errand.run_in(timedelta(days=30))
    assert len(receiver.received) == 11


def test_what_was_given_up_can_be_sent_again_as_the_same_message(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client, TOWN, OTHER_TOWN)
    made = hook()
    file_report(client, draft=True)
    file_report(client, OTHER_TOWN, draft=True)
    receiver.answer = lambda _received, _before: Answered(500)
    errand.run()
    for pause in PAUSES:
        errand.run_in(pause + timedelta(seconds=1))
    assert hooks(client, made)["given_up"] == 2
    receiver.answer = lambda _received, _before: Answered()
    one, other = log(client, made, state="given_up")
    assert do(client, made, f"/deliveries/{one['id']}/redelivery")["state"] == "pending"
    errand.run()
    assert receiver.received[-1].message == one["message"]
    assert do(client, made, "/redelivery") == {"redelivered": 1}
    errand.run()
    assert receiver.received[-1].message == other["message"]
    assert do(client, made, "/redelivery") == {"redelivered": 0}
    # and so can what arrived
    do(client, made, f"/deliveries/{one['id']}/redelivery")
    errand.run()
    assert receiver.received[-1].message == one["message"]
    assert {each["state"] for each in log(client, made)} == {"delivered"}


def test_what_waits_can_be_sent_at_once_and_what_stands_before_it_goes_first(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    file_report(client, draft=True)
    made = hook()
    for preface in "一二三":
        save(client, preface)
    receiver.answer = lambda _received, _before: Answered(500)
    errand.run()
    errand.run_in(timedelta(seconds=6))
    receiver.answer = lambda _received, _before: Answered()
    first, second, third = log(client, made)
    do(client, made, f"/deliveries/{second['id']}/redelivery")
    errand.run()
    assert [each.message for each in receiver.received[2:]] == [first["message"], second["message"]]
    assert [each["state"] for each in log(client, made)] == ["delivered", "delivered", "pending"]
    do(client, made, "/resumption")
    errand.run()
    assert receiver.received[-1].message == third["message"]


def give_up(errand: Errand) -> None:
    """Try what waits until it is given up."""
    for pause in PAUSES:
        errand.run_in(pause * 1.1)


def test_what_was_given_up_goes_before_what_came_after_it_though_that_is_due_for_longer(
    app: FastAPI, client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    file_report(client, draft=True)
    made = hook()
    save(client, "一")
    receiver.answer = lambda _received, _before: Answered(500)
    errand.run()
    give_up(errand)
    save(client, "二")
    errand.run()
    due = update(DELIVERY).where(DELIVERY.c.next_at.is_not(None))
    with app.state.database.writing() as session:
        session.execute(due.values(next_at=datetime.now(UTC) - SOON))
    assert do(client, made, "/redelivery") == {"redelivered": 1}
    receiver.answer = lambda _received, _before: Answered()
    errand.run()
    in_order = [each["message"] for each in log(client, made)]
    assert [each.message for each in receiver.received[-2:]] == in_order


def test_what_is_sent_again_waits_for_what_comes_before_it_and_still_waits(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    """Three messages were given up; while the second waits for its next attempt all others are sent again."""
    register_county(client)
    file_report(client, draft=True)
    made = hook()
    for preface in "一二三":
        save(client, preface)
    receiver.answer = lambda _received, _before: Answered(500)
    errand.run()
    for _ in "一二三":
        give_up(errand)
    first, second, third = log(client, made, state="given_up")
    do(client, made, f"/deliveries/{second['id']}/redelivery")
    errand.run()
    assert do(client, made, "/redelivery") == {"redelivered": 2}
    receiver.answer = lambda _received, _before: Answered()
    errand.run()
    assert [each["state"] for each in log(client, made)] == ["delivered", "pending", "pending"]
    assert receiver.received[-1].message == first["message"]
    errand.run_in(timedelta(minutes=10))
    assert [each.message for each in receiver.received[-2:]] == [second["message"], third["message"]]


def test_a_receiver_that_is_away_is_left_alone_for_a_while(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    towns = [f"6403231{number:02}" for number in range(1, 11)]
    register_county(client, *towns)
    made = hook()
    for town in towns:
        file_report(client, town, draft=True)
    receiver.answer = lambda _received, _before: Answered(503)
    errand.run()
    assert len(receiver.received) == 1
    errand.run_in(timedelta(seconds=4))
    assert len(receiver.received) == 1
    errand.run_in(timedelta(seconds=2))
    assert len(receiver.received) == 2
    assert hooks(client, made)["rests_until"] is not None
    receiver.answer = lambda _received, _before: Answered()
    errand.run_in(timedelta(seconds=11))
    assert {data["agency"] for data in (each.data for each in receiver.received[2:])} == set(towns)
    assert len(receiver.received) == 12


def test_a_receiver_says_for_how_long(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    register_county(client)
    hook()
    file_report(client, draft=True)
    receiver.answer = lambda _received, before: Answered(429 if before == 0 else 204, {"Retry-After": "120"})
    errand.run()
    errand.run_in(timedelta(seconds=115))
    assert len(receiver.received) == 1
    errand.run_in(timedelta(seconds=10))
    assert len(receiver.received) == 2


def test_a_redirect_is_a_failure(client: TestClient, errand: Errand, hook: Hook, receiver: Receiver) -> None:
    made = hook()
    register(client, COUNTY, None, level="county")
    receiver.answer = lambda _received, _before: Answered(307, {"Location": f"{receiver.url}/elsewhere"})
    errand.run()
    assert [received.path for received in receiver.received] == ["/hook"]
    assert [(each["state"], each["last_status"]) for each in log(client, made)] == [("pending", 307)]


def test_410_ends_a_webhook_until_it_is_resumed_and_then_nothing_is_missing(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    made = hook()
    register_county(client)
    receiver.answer = lambda _received, _before: Answered(410)
    errand.run()
    assert len(receiver.received) == 1
    assert hooks(client, made)["disabled_at"] is not None
    register(client, OTHER_TOWN)
    errand.run_in(timedelta(days=9))
    assert len(receiver.received) == 1
    assert client.post(f"{API}/webhooks/{made['id']}/ping").status_code == 409
    entries = client.get(f"{API}/audit", params={"act": "webhook.disable"}).json()["items"]
    assert [(entry["holder"], entry["target"]) for entry in entries] == [("系统", f"/webhooks/{made['id']}")]
    receiver.answer = lambda _received, _before: Answered()
    assert do(client, made, "/resumption")["disabled_at"] is None
    errand.run()
    assert [each.data["agency"] for each in receiver.received[1:]] == [COUNTY, TOWN, OTHER_TOWN]


def test_after_a_rotation_both_secrets_sign_for_a_while(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    made = hook()
    answer = client.post(f"{API}/webhooks/{made['id']}/rotation", json={"overlap_hours": 2})
    assert answer.status_code == 201, answer.text
    new = answer.json()["secret"]
    do(client, made, "/ping")
    errand.run()
    do(client, made, "/ping")
    errand.run_in(timedelta(hours=2, seconds=1))
    during, afterwards = receiver.received
    assert (during.is_signed_by(made["secret"]), during.is_signed_by(new)) == (True, True)
    assert (afterwards.is_signed_by(made["secret"]), afterwards.is_signed_by(new)) == (False, True)


def test_a_rotation_without_overlap_ends_the_old_secret_at_once(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    made = hook()
    client.post(f"{API}/webhooks/{made['id']}/rotation", json={"overlap_hours": 0})
    do(client, made, "/ping")
    errand.run()
    assert not receiver.received[0].is_signed_by(made["secret"])


def test_a_ping_tells_of_nothing_and_is_logged(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    made = hook()
    pinged = do(client, made, "/ping")
    assert (pinged["type"], pinged["state"], pinged["change"]) == ("webhook.ping", "pending", None)
    errand.run()
    (received,) = receiver.received
    assert (received.json["type"], received.data) == ("webhook.ping", {"webhook": made["id"]})
    assert received.is_signed_by(made["secret"])
    assert [each["state"] for each in log(client, made)] == ["delivered"]


def test_a_webhook_that_is_deleted_is_told_nothing_any_more(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    made, other = hook(), hook()
    do(client, made, "/ping")
    assert client.delete(f"{API}/webhooks/{made['id']}").status_code == 204
    do(client, other, "/ping")
    errand.run()
    assert [received.data["webhook"] for received in receiver.received] == [other["id"]]


def test_one_deleted_or_lost_while_it_is_told_is_left_alone(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver, app: FastAPI
) -> None:
    made, lost = hook(), hook()
    do(client, made, "/ping")

    def delete(_received: Received, _before: int) -> Answered:
        assert client.delete(f"{API}/webhooks/{made['id']}").status_code == 204
        return Answered()

    def take_away(_received: Received, _before: int) -> Answered:
        # as if this process had slept, and another had taken over
        with app.state.database.writing() as session:
            session.execute(update(WEBHOOK).values(held_until=datetime.now(UTC) + timedelta(hours=1)))
        return Answered()

    receiver.answer = delete
    errand.run()
    do(client, lost, "/ping")
    receiver.answer = take_away
    errand.run()
    assert [each["state"] for each in log(client, lost)] == ["pending"]
    receiver.answer = lambda _received, _before: Answered()
    errand.run_in(timedelta(hours=2))
    assert [each["state"] for each in log(client, lost)] == ["delivered"]
    assert receiver.received[1].message == receiver.received[2].message


def test_several_couriers_tell_each_webhook_one_message_at_a_time(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    """As several processes would: every message once, and those of a report in order."""
    register_county(client, TOWN, OTHER_TOWN)
    for town in (TOWN, OTHER_TOWN):
        file_report(client, town, draft=True)
    made = [hook(url=f"{receiver.url}/{number}") for number in range(3)]
    for preface in "一二三四":
        save(client, preface)
        save(client, preface, OTHER_TOWN)
    at_once(lambda _: errand.run(), 4)
    for number in range(3):
        mine = [each for each in receiver.received if each.path == f"/hook/{number}"]
        assert numbers(mine) == sorted(set(numbers(mine)))
        assert len(mine) == 8
    assert [hooks(client, each)["waiting"] for each in made] == [0, 0, 0]


def test_what_a_process_held_that_died_is_told_after_its_lease(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver, app: FastAPI
) -> None:
    made = hook()
    do(client, made, "/ping")
    with app.state.database.writing() as session:
        assert hold(session, made["id"], errand.clock())
    errand.run()
    assert receiver.received == []
    errand.run_in(LEASE + timedelta(seconds=1))
    assert [each.data["webhook"] for each in receiver.received] == [made["id"]]


def test_a_secret_is_nowhere_in_the_database(hook: Hook, app: FastAPI) -> None:
    made = hook()
    raw = base64.b64decode(made["secret"].removeprefix("whsec_"))
    with app.state.database.engine.connect() as connection:
        kept = repr(connection.execute(select(WEBHOOK)).all()) + repr(
            connection.execute(select(DELIVERY)).all()
        )
    for form in (made["secret"], made["secret"].removeprefix("whsec_"), raw.hex(), repr(raw)):
        assert form not in kept


def test_many_changes_are_put_down_in_portions_and_none_is_missing(
    client: TestClient, errand: Errand, hook: Hook, receiver: Receiver
) -> None:
    made = hook()
    rows = [f"{number:06},机关{number},township,government,{COUNTY}" for number in range(1, 601)]
    csv = "\n".join(["code,name,level,kind,parent", f"{COUNTY},县,county,government,", *rows])
    assert client.post(f"{API}/agencies/import", files={"file": ("a.csv", csv.encode())}).is_success
    # one that is away is called once, and the others wait
    receiver.answer = lambda _received, _before: Answered(503)
    errand.run()
    assert hooks(client, made)["waiting"] == 601
    page = client.get(f"{API}/webhooks/{made['id']}/deliveries", params={"limit": 200})
    seen = [each["change"] for each in page.json()["items"]]
    while page.json()["page"]["next"]:
        page = client.get(page.headers["Link"].partition(">")[0].removeprefix("<"))
        seen += [each["change"] for each in page.json()["items"]]
    assert seen == list(range(601, 0, -1))
