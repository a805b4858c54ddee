"""Webhooks: which addresses are told of changes, and by which secrets they know that it is us."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, delete, func, select, update

from app.auth.destinations import DestinationRefused, read_destination
from app.auth.networks import Networks
from app.auth.rights import require, require_everything, within_reach
from app.auth.signatures import webhook_secret, written_secret
from app.domain.acts import Act
from app.domain.deliveries import DeliveryState
from app.domain.roles import Right
from app.errors import Fault, InvalidRequest, NotFound, WrongState
from app.services.agencies import find_agency_named, key_of
from app.services.audit import record
from app.storage.changes import last_number
from app.storage.engine import lock_tree
from app.storage.models import AGENCY, DELIVERY, WEBHOOK, Agency, Delivery, Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession

MOST_OF_AN_AGENCY = 20
"""How many webhooks one agency may have: each is work for every change."""

DEFAULT_OVERLAP = timedelta(hours=24)
_ID_BYTES = 8
PING = "webhook.ping"
"""The type, and the subject, of a message that tells of nothing."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator settled about webhooks.

    Attributes:
        key: that secrets follow from; empty where there is none.
        own: networks that aren't public and may be called all the same.
    """

    key: bytes = field(repr=False)
    own: Networks = ()


@dataclass(frozen=True, slots=True)
class WebhookWanted:
    """What a webhook is to be.

    Attributes:
        url: where messages go.
        agency: code of the agency at the top of what it is told of; None for every agency.
        acts: that it is told of; none for all.
    """

    url: str
    agency: str | None
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class WebhookFound:
    """A webhook with the code of its agency and how many deliveries wait or were given up."""

    webhook: Webhook
    agency: str | None
    waiting: int = 0
    given_up: int = 0


def create_webhook(
    session: WriteSession, policy: Policy, actor: Actor, wanted: WebhookWanted
) -> tuple[WebhookFound, str]:
    """Let an address be told of what changes from now on; its secret is shown only now.

    Raises:
        Forbidden: the actor may not, or not for every agency.
        InvalidRequest: there is no such agency that they reach, or nothing may be sent to that address.
        WrongState: there is no key to sign with, or the agency has enough of them.
    """
    require(actor, Right.MANAGE_WEBHOOKS, "推送")
    # an agency that a webhook names can't be removed meanwhile
    lock_tree(session, to_change_it=False)
    agency = _find_top(session, actor, wanted.agency)
    _refuse_destination(wanted.url, policy)
    _refuse_keyless(policy)
    agency_id = None if agency is None else key_of(agency)
    many = (
        select(func.count()).select_from(Webhook).where(WEBHOOK.c.agency_id.is_not_distinct_from(agency_id))
    )
    if (session.scalar(many) or 0) >= MOST_OF_AN_AGENCY:
        raise WrongState(f"已有 {MOST_OF_AN_AGENCY} 个推送，不能再建；请先删除不用的")
    webhook = Webhook(
        id=secrets.token_hex(_ID_BYTES),
        url=wanted.url,
        agency_id=agency_id,
        acts=json.dumps(wanted.acts),
        created_by=actor.holder,
        created_at=datetime.now(UTC),
        last_change=last_number(session),
    )
    session.add(webhook)
    session.flush()
    said = {"url": webhook.url, "acts": list(wanted.acts)}
    record(session, actor, Act.WEBHOOK_CREATE, target_of(webhook), agency=wanted.agency, details=said)
    return WebhookFound(webhook, wanted.agency), _secret(policy, webhook)


def _find_top(session: WriteSession, actor: Actor, code: str | None) -> Agency | None:
    if code is not None:
        return find_agency_named(session, actor, code, Right.MANAGE_WEBHOOKS)
    require_everything(actor, Right.MANAGE_WEBHOOKS, "关于全部机关的推送")
    return None


def _refuse_destination(url: str, policy: Policy) -> None:
    try:
        read_destination(url, policy.own)
    except DestinationRefused as refused:
        message = f"不能向这个网址推送：{refused}"
        raise InvalidRequest(message, [Fault("/url", message, "destination-refused")]) from refused


def _refuse_keyless(policy: Policy) -> None:
    if not policy.key:
        raise WrongState("系统没有设置 NIANBAO_SECRET_KEY，推送无法签名；请联系运维人员")


def _secret(policy: Policy, webhook: Webhook) -> str:
    return written_secret(webhook_secret(policy.key, webhook.id, webhook.generation))


def target_of(webhook: Webhook) -> str:
    """Return how the records name a webhook."""
    return f"/webhooks/{webhook.id}"


def acts_of(webhook: Webhook) -> tuple[str, ...]:
    """Return what a webhook is told of; none for all."""
    return tuple(json.loads(webhook.acts))


def list_webhooks(session: ReadSession, actor: Actor, after: str, limit: int) -> list[WebhookFound]:
    """Return up to *limit* webhooks of agencies that the actor reaches, by id, from after *after*.

    Raises:
        Forbidden: the actor may not.
    """
    require(actor, Right.MANAGE_WEBHOOKS, "推送")
    chosen = _reached(actor).where(WEBHOOK.c.id > after).order_by(WEBHOOK.c.id).limit(limit)
    return _counted(session, [(row[0], row[1]) for row in session.execute(chosen)])


def _reached(actor: Actor) -> Select[Webhook, str | None]:
    chosen = select(Webhook, AGENCY.c.code).outerjoin(Agency, AGENCY.c.id == WEBHOOK.c.agency_id)
    return chosen if actor.under is None else chosen.where(within_reach(actor))


def _counted(session: ReadSession, rows: Sequence[tuple[Webhook, str | None]]) -> list[WebhookFound]:
    ids = [webhook.id for webhook, _ in rows]
    counts = (
        select(DELIVERY.c.webhook_id, DELIVERY.c.state, func.count())
        .where(DELIVERY.c.webhook_id.in_(ids), DELIVERY.c.state != DeliveryState.DELIVERED)
        .group_by(DELIVERY.c.webhook_id, DELIVERY.c.state)
    )
    many = {(row[0], row[1]): row[2] for row in session.execute(counts)}
    return [
        WebhookFound(
            webhook,
            agency,
            many.get((webhook.id, DeliveryState.PENDING), 0),
            many.get((webhook.id, DeliveryState.GIVEN_UP), 0),
        )
        for webhook, agency in rows
    ]


def find_webhook(session: ReadSession, actor: Actor, webhook_id: str) -> WebhookFound:
    """Return a webhook that the actor manages.

    Raises:
        Forbidden: they have no right to any.
        NotFound: they manage none of that id.
    """
    require(actor, Right.MANAGE_WEBHOOKS, "推送")
    row = session.execute(_reached(actor).where(WEBHOOK.c.id == webhook_id)).one_or_none()
    if row is None:
        raise NotFound(f"没有编号为“{webhook_id}”的推送")
    return _counted(session, [(row[0], row[1])])[0]


def find_held(session: WriteSession, actor: Actor, webhook_id: str) -> WebhookFound:
    """Return a webhook that the actor manages, and keep others from changing it until the transaction ends.

    Raises:
        Forbidden, NotFound: see `find_webhook`.
    """
    found = find_webhook(session, actor, webhook_id)
    session.refresh(found.webhook, with_for_update=True)
    return found


def delete_webhook(session: WriteSession, actor: Actor, webhook_id: str) -> None:
    """Tell an address nothing any more; its log goes as well.

    Raises:
        Forbidden, NotFound: see `find_webhook`.
    """
    found = find_held(session, actor, webhook_id)
    session.execute(delete(DELIVERY).where(DELIVERY.c.webhook_id == webhook_id))
    session.delete(found.webhook)
    session.flush()
    said = {"url": found.webhook.url, "waiting": found.waiting}
    record(session, actor, Act.WEBHOOK_DELETE, target_of(found.webhook), agency=found.agency, details=said)


def rotate(
    session: WriteSession,
    policy: Policy,
    actor: Actor,
    webhook_id: str,
    overlap: timedelta = DEFAULT_OVERLAP,
) -> tuple[WebhookFound, str]:
    """Give a webhook another secret; for *overlap* messages are signed with both.

    Raises:
        Forbidden, NotFound: see `find_webhook`.
        WrongState: there is no key to sign with.
    """
    found = find_held(session, actor, webhook_id)
    _refuse_keyless(policy)
    webhook = found.webhook
    webhook.generation += 1
    webhook.rotated_until = datetime.now(UTC) + overlap
    session.flush()
    said = {"until": str(webhook.rotated_until)}
    record(session, actor, Act.WEBHOOK_ROTATE, target_of(webhook), agency=found.agency, details=said)
    return found, _secret(policy, webhook)


def resume(session: WriteSession, actor: Actor, webhook_id: str) -> WebhookFound:
    """Begin again with a webhook: one that was disabled, or one whose messages wait for their next attempt.

    Raises:
        Forbidden, NotFound: see `find_webhook`.
    """
    found = find_held(session, actor, webhook_id)
    webhook = found.webhook
    webhook.disabled_at, webhook.rests_until, webhook.failures = None, None, 0
    now = datetime.now(UTC)
    waiting = update(DELIVERY).where(DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.next_at > now)
    session.execute(waiting.values(next_at=now))
    session.flush()
    record(session, actor, Act.WEBHOOK_RESUME, target_of(webhook), agency=found.agency)
    return found


def ping(session: WriteSession, actor: Actor, webhook_id: str) -> Delivery:
    """Send a message that tells of nothing, to see whether it arrives.

    Raises:
        Forbidden, NotFound: see `find_webhook`.
        WrongState: nothing is sent there at all.
    """
    found = find_held(session, actor, webhook_id)
    if found.webhook.disabled_at is not None:
        raise WrongState("这个推送已经停用；请先恢复（POST …/resumption）")
    now = datetime.now(UTC)
    delivery = Delivery(
        webhook_id=webhook_id,
        message=new_message(),
        subject=PING,
        state=DeliveryState.PENDING,
        made_at=now,
        next_at=now,
    )
    session.add(delivery)
    session.flush()
    record(session, actor, Act.WEBHOOK_PING, target_of(found.webhook), agency=found.agency)
    return delivery


def new_message() -> str:
    """Make up what a receiver knows a message by: never the same again, even after a backup was put back."""
    return f"msg_{secrets.token_hex(16)}"
