"""The log of what webhooks were told, and telling it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, FromClause, Select, exists, func, select, update

from app.domain.acts import Act
from app.domain.deliveries import DeliveryState
from app.errors import NotFound
from app.services.audit import record
from app.services.webhooks import find_held, find_webhook, target_of
from app.storage.models import CHANGE, DELIVERY, Change, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.auth.actor import Actor
    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class DeliveryFound:
    """A delivery with the change that it tells of; None for a trial."""

    delivery: Delivery
    change: Change | None = None


def list_deliveries(
    session: ReadSession,
    actor: Actor,
    webhook_id: str,
    state: DeliveryState | None,
    before: int,
    limit: int,
) -> list[DeliveryFound]:
    """Return up to *limit* deliveries of a webhook, the newest first, from before number *before*.

    Raises:
        Forbidden, NotFound: the actor doesn't manage it.
    """
    find_webhook(session, actor, webhook_id)
    chosen = _of_webhook(webhook_id).where(DELIVERY.c.id < before)
    if state is not None:
        chosen = chosen.where(DELIVERY.c.state == state)
    chosen = chosen.order_by(DELIVERY.c.id.desc()).limit(limit)
    return [DeliveryFound(*row) for row in session.execute(chosen)]


def _of_webhook(webhook_id: str) -> Select[Delivery, Change]:
    return (
        select(Delivery, Change)
        .outerjoin(Change, CHANGE.c.number == DELIVERY.c.change)
        .where(DELIVERY.c.webhook_id == webhook_id)
    )


def redeliver(session: WriteSession, actor: Actor, webhook_id: str, delivery_id: int) -> DeliveryFound:
    """Send a message again, as the same message; one that still waits is sent now, after those before it.

    Raises:
        Forbidden, NotFound: the actor doesn't manage the webhook, or it has no such delivery.
    """
    webhook = find_held(session, actor, webhook_id)
    row = session.execute(_of_webhook(webhook_id).where(DELIVERY.c.id == delivery_id)).one_or_none()
    if row is None:
        raise NotFound(f"这个推送没有编号为 {delivery_id} 的记录")
    found = DeliveryFound(*row)
    delivery, now = found.delivery, datetime.now(UTC)
    if delivery.state == DeliveryState.PENDING:
        ahead = DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.subject == delivery.subject
        due = update(DELIVERY).where(*ahead, DELIVERY.c.id <= delivery_id, DELIVERY.c.next_at > now)
        session.execute(due.values(next_at=now))
    else:
        _send_again(session, webhook_id, now, lambda of: of.c.id == delivery_id)
    session.flush()
    session.refresh(delivery)
    said = {"message": delivery.message}
    target = target_of(webhook.webhook)
    record(session, actor, Act.WEBHOOK_REDELIVER, target, agency=webhook.agency, details=said)
    return found


def redeliver_given_up(session: WriteSession, actor: Actor, webhook_id: str) -> int:
    """Send all messages again that were given up, in their order; return how many they are.

    Raises:
        Forbidden, NotFound: the actor doesn't manage the webhook.
    """
    webhook = find_held(session, actor, webhook_id)
    many = _send_again(
        session, webhook_id, datetime.now(UTC), lambda of: of.c.state == DeliveryState.GIVEN_UP
    )
    target = target_of(webhook.webhook)
    record(session, actor, Act.WEBHOOK_REDELIVER, target, agency=webhook.agency, details={"times": many})
    return many


def _send_again(
    session: WriteSession,
    webhook_id: str,
    now: datetime,
    is_chosen: Callable[[FromClause], ColumnElement[bool]],
) -> int:
    """Have messages that don't wait sent again; return how many they are.

    Among the messages about one subject `next_at` mustn't fall: what comes after a chosen one waits for it,
    and a chosen one waits for what comes before it.
    """
    earlier = DELIVERY.alias()
    before = (
        earlier.c.webhook_id == webhook_id,
        earlier.c.subject == DELIVERY.c.subject,
        earlier.c.id < DELIVERY.c.id,
    )
    own = update(DELIVERY).where(DELIVERY.c.webhook_id == webhook_id)
    behind = own.where(DELIVERY.c.next_at < now, exists().where(*before, is_chosen(earlier)))
    session.execute(behind.values(next_at=now))
    last_before = select(func.max(earlier.c.next_at)).where(*before, earlier.c.next_at > now)
    again = own.where(is_chosen(DELIVERY)).returning(DELIVERY.c.id)
    next_at = func.coalesce(last_before.scalar_subquery(), now)
    return len(session.execute(again.values(state=DeliveryState.PENDING, attempts=0, next_at=next_at)).all())
