"""Telling webhooks: who may do it now, what is to be told, and what came of it.

Whoever tells a webhook holds it by a lease, which is the only lock: it is told one message at a time, by one
process.  One that is killed loses the lease in a minute, and what it hadn't noted as taken is sent again.
Among the messages about one subject `next_at` never falls, so they are sent in the order of the changes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update

from app.auth.actor import Actor
from app.domain.acts import Act
from app.domain.deliveries import DeliveryState, Reply, pause_after, rest_after
from app.services.audit import record
from app.services.changes import changes_after, said_of
from app.services.webhooks import PING, acts_of, new_message, target_of
from app.storage.changes import last_number
from app.storage.models import CHANGE, DELIVERY, WEBHOOK, Change, Delivery, Webhook

if TYPE_CHECKING:
    from app.storage.engine import ReadSession, WriteSession

LEASE = timedelta(seconds=60)
"""Longer than any attempt lasts."""

_CHANGES_AT_ONCE = 500
_COURIER = Actor("系统", frozenset(), credential="webhooks")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message, ready to be signed and sent.

    Attributes:
        delivery_id: what came of it is noted there.
        message: what its receiver knows it by.
        webhook_id: whose it is.
        url: where it goes.
        generations: of the webhook's secret, all of which sign it.
        body: JSON.
    """

    delivery_id: int
    message: str
    webhook_id: str
    url: str
    generations: tuple[int, ...]
    body: bytes


def find_work(session: ReadSession, now: datetime, limit: int) -> list[str]:
    """Return webhooks to tell something that nobody is telling now; whoever waited longest comes first."""
    untold = WEBHOOK.c.last_change < select(func.max(CHANGE.c.number)).scalar_subquery()
    due = exists().where(DELIVERY.c.webhook_id == WEBHOOK.c.id, DELIVERY.c.next_at <= now)
    chosen = select(WEBHOOK.c.id).where(_may_be_held(now), or_(untold, due))
    return list(session.scalars(chosen.order_by(WEBHOOK.c.held_until.nulls_first()).limit(limit)))


def _may_be_held(now: datetime) -> ColumnElement[bool]:
    held, rests = WEBHOOK.c.held_until, WEBHOOK.c.rests_until
    return and_(
        WEBHOOK.c.disabled_at.is_(None),
        or_(held.is_(None), held <= now),
        or_(rests.is_(None), rests <= now),
    )


def hold(session: WriteSession, webhook_id: str, now: datetime) -> datetime | None:
    """Take the lease of a webhook and return until when it lasts; None where it isn't to be had now."""
    taken = update(WEBHOOK).where(WEBHOOK.c.id == webhook_id, _may_be_held(now)).returning(WEBHOOK.c.id)
    lease = now + LEASE
    return lease if session.execute(taken.values(held_until=lease)).first() else None


def get_held(session: WriteSession, webhook_id: str, lease: datetime) -> Webhook | None:
    """Return a webhook whose lease one has, and keep others from it meanwhile; None if the lease is lost."""
    chosen = select(Webhook).where(WEBHOOK.c.id == webhook_id, WEBHOOK.c.held_until == lease)
    return session.scalars(chosen.with_for_update()).one_or_none()


def release(session: WriteSession, webhook_id: str, lease: datetime, now: datetime) -> None:
    """Give a lease back, unless it was lost meanwhile."""
    own = WEBHOOK.c.id == webhook_id, WEBHOOK.c.held_until == lease
    session.execute(update(WEBHOOK).where(*own).values(held_until=now))


def fan_out(session: WriteSession, webhook: Webhook, now: datetime) -> bool:
    """Put down what a webhook is to be told of the next changes; return whether there are more.

    What it may be told of is decided here, by where its agency stands in the tree now.
    """
    end = last_number(session)
    chosen = changes_after(webhook.agency_id, webhook.last_change).where(CHANGE.c.number <= end)
    if acts_of(webhook):
        chosen = chosen.where(CHANGE.c.act.in_(acts_of(webhook)))
    found = session.scalars(chosen.limit(_CHANGES_AT_ONCE)).all()
    rows = _rows_for(session, webhook, list(found), now)
    if rows:
        session.execute(insert(DELIVERY), rows)
    is_full = len(found) == _CHANGES_AT_ONCE
    webhook.last_change = found[-1].number if is_full else end
    return is_full


def _rows_for(
    session: WriteSession, webhook: Webhook, found: list[Change], now: datetime
) -> list[dict[str, object]]:
    subjects = {_subject_of(change) for change in found}
    waiting = (
        select(DELIVERY.c.subject, func.max(DELIVERY.c.next_at))
        .where(DELIVERY.c.webhook_id == webhook.id, DELIVERY.c.subject.in_(subjects))
        .group_by(DELIVERY.c.subject)
    )
    earliest = {row[0]: row[1] for row in session.execute(waiting) if row[1] is not None}
    return [
        {
            "webhook_id": webhook.id,
            "message": new_message(),
            "change": change.number,
            "subject": (subject := _subject_of(change)),
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "made_at": now,
            "next_at": max(now, earliest.get(subject, now)),
        }
        for change in found
    ]


def _subject_of(change: Change) -> str:
    return change.agency if change.year is None else f"{change.agency}/{change.year}"


def next_parcel(session: WriteSession, webhook: Webhook, now: datetime) -> Parcel | None:
    """Return the next message that is due; None where none is."""
    chosen = (
        select(Delivery, Change)
        .outerjoin(Change, CHANGE.c.number == DELIVERY.c.change)
        .where(DELIVERY.c.webhook_id == webhook.id, DELIVERY.c.next_at <= now)
        .order_by(DELIVERY.c.next_at, DELIVERY.c.id)
    )
    row = session.execute(chosen.limit(1)).one_or_none()
    if row is None:
        return None
    delivery, change = row
    overlaps = webhook.rotated_until is not None and webhook.rotated_until > now
    return Parcel(
        delivery.id or 0,
        delivery.message,
        webhook.id,
        webhook.url,
        (webhook.generation, webhook.generation - 1) if overlaps else (webhook.generation,),
        _body_of(webhook, delivery, change),
    )


def _body_of(webhook: Webhook, delivery: Delivery, change: Change | None) -> bytes:
    """Return the same bytes at each attempt: what is told is what was true when it happened."""
    if change is None:
        kind, at, said = PING, delivery.made_at, dict[str, object](webhook=webhook.id)
    else:
        kind, at, said = change.act, change.at, said_of(change) | {"at": _written(change.at)}
    message = {"type": kind, "timestamp": _written(at), "data": said}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def note_reply(
    session: WriteSession, webhook: Webhook, delivery_id: int, reply: Reply, now: datetime, chance: float
) -> None:
    """Note what came of an attempt, and when the next one is.

    Args:
        session: the transaction.
        webhook: it was sent to this one, which one holds.
        delivery_id: what was sent.
        reply: what came of it.
        now: when.
        chance: anything from 0 to 1, by which the pauses differ.
    """
    delivery = session.get(Delivery, delivery_id)
    if delivery is None:
        raise AssertionError(delivery_id)
    delivery.attempts += 1
    delivery.last_at, delivery.last_status, delivery.last_fault = now, reply.status, reply.hindrance
    if reply.is_taken:
        delivery.state, delivery.next_at = DeliveryState.DELIVERED, None
    elif reply.is_farewell:
        webhook.disabled_at = now
        record(session, _COURIER, Act.WEBHOOK_DISABLE, target_of(webhook), details={"status": reply.status})
    else:
        _put_off(session, delivery, pause_after(delivery.attempts, reply, chance), now)
    webhook.failures = webhook.failures + 1 if reply.is_of_all else 0
    if reply.is_of_all:
        webhook.rests_until = now + rest_after(webhook.failures, reply, chance)


def _put_off(session: WriteSession, delivery: Delivery, pause: timedelta | None, now: datetime) -> None:
    if pause is None:
        delivery.state, delivery.next_at = DeliveryState.GIVEN_UP, None
        return
    delivery.next_at = now + pause
    later = DELIVERY.c.webhook_id == delivery.webhook_id, DELIVERY.c.subject == delivery.subject
    # what comes after it waits with it
    behind = update(DELIVERY).where(
        *later, DELIVERY.c.id > delivery.id, DELIVERY.c.next_at < delivery.next_at
    )
    session.execute(behind.values(next_at=delivery.next_at))
