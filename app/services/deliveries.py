"""The log of what webhooks were told, and telling it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, select, update

from app.domain.acts import Act
from app.domain.deliveries import DeliveryState
from app.errors import NotFound
from app.services.audit import record
from app.services.webhooks import find_held, find_webhook, target_of
from app.storage.models import CHANGE, DELIVERY, Change, Delivery

if TYPE_CHECKING:
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
        delivery.state, delivery.attempts, delivery.next_at = DeliveryState.PENDING, 0, now
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
    given_up = DELIVERY.c.webhook_id == webhook_id, DELIVERY.c.state == DeliveryState.GIVEN_UP
    again = update(DELIVERY).where(*given_up).returning(DELIVERY.c.id)
    now = datetime.now(UTC)
    many = len(session.execute(again.values(state=DeliveryState.PENDING, attempts=0, next_at=now)).all())
    target = target_of(webhook.webhook)
    record(session, actor, Act.WEBHOOK_REDELIVER, target, agency=webhook.agency, details={"times": many})
    return many
