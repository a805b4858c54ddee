"""Webhooks and the log of what they were told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.deps import (
    LIMIT,
    CurrentActor,
    CurrentDatabase,
    CurrentReader,
    CurrentSettings,
    Cursor,
    Limit,
    routes_of,
)
from app.domain.deliveries import DeliveryState
from app.routers.answers import READING, failures, page_of
from app.schemas.pages import LARGEST, read_cursor
from app.schemas.webhooks import (
    DeliveryOut,
    DeliveryPage,
    RedeliveryOut,
    SecretRotationBody,
    WebhookBody,
    WebhookMade,
    WebhookOut,
    WebhookPage,
)
from app.services import deliveries, webhooks
from app.services.deliveries import DeliveryFound
from app.services.webhooks import PING, Policy, WebhookFound, WebhookWanted
from app.settings import Settings
from app.storage.engine import WriteSession
from app.writing import Write, WriteOnce

router = routes_of("推送", "/webhooks")

WebhookId = Annotated[str, Path(description="推送的编号", pattern="^[0-9a-f]{1,32}$")]
DeliveryId = Annotated[int, Path(description="记录的编号", ge=1, le=LARGEST)]
MAKING = failures(400, 404, 409, 413, 415, 422)
TOUCHING = failures(404, 409, 422)


@router.post("", status_code=201, summary="建立推送", responses=failures(400, 409, 413, 415, 422))
def create_webhook(
    body: WebhookBody, response: Response, write: WriteOnce, actor: CurrentActor, settings: CurrentSettings
) -> WebhookMade:
    """此后的每次变动，按 Standard Webhooks 的格式 POST 到这个网址，签名的密钥只在这一次的回答里。

    只推送所说的机关及其下各机关的变动。同一份报告的变动按先后推送；没有收到 2xx 就重试，三天后放弃。
    """
    wanted = WebhookWanted(body.url, body.agency, tuple(body.acts))

    def create(session: WriteSession) -> WebhookMade:
        return _made(*webhooks.create_webhook(session, _policy(settings), actor, wanted), response)

    return write(create)


def _policy(settings: Settings) -> Policy:
    return Policy(settings.key, settings.reachable)


def _made(found: WebhookFound, secret: str, response: Response) -> WebhookMade:
    response.headers["Cache-Control"] = "no-store"
    return WebhookMade(**_out(found).model_dump(), secret=secret)


def _out(found: WebhookFound) -> WebhookOut:
    said = found.webhook.model_dump() | {"agency": found.agency, "acts": webhooks.acts_of(found.webhook)}
    return WebhookOut.model_validate(said | {"waiting": found.waiting, "given_up": found.given_up})


@router.get("", summary="推送列表", responses=failures(422))
def list_webhooks(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> WebhookPage:
    """您管到的机关的推送，按编号排序。"""
    (after,) = read_cursor(cursor, [""])
    with database.reading() as session:
        found = webhooks.list_webhooks(session, actor, str(after), limit + 1)
        shown, page = page_of(request, response, found, limit, lambda each: [each.webhook.id])
        items = [_out(each) for each in shown]
    return WebhookPage(items=items, page=page)


@router.get("/{webhook_id}", summary="一个推送", responses=READING)
def get_webhook(webhook_id: WebhookId, database: CurrentDatabase, actor: CurrentReader) -> WebhookOut:
    """推送到哪里，推送什么，有几条在等待、几条已放弃。"""
    with database.reading() as session:
        return _out(webhooks.find_webhook(session, actor, webhook_id))


@router.delete("/{webhook_id}", status_code=204, summary="删除推送", responses=READING)
def delete_webhook(webhook_id: WebhookId, write: Write, actor: CurrentActor) -> None:
    """不再推送；它的记录和等待推送的一并删除。"""
    write(lambda session: webhooks.delete_webhook(session, actor, webhook_id))


@router.post("/{webhook_id}/rotation", status_code=201, summary="更换推送的密钥", responses=MAKING)
def rotate_webhook(
    webhook_id: WebhookId,
    body: SecretRotationBody,
    response: Response,
    write: WriteOnce,
    actor: CurrentActor,
    settings: CurrentSettings,
) -> WebhookMade:
    """给一个新密钥；此后一段时间每条消息带两个签名，新旧各一，核对上一个就可以。"""
    overlap = timedelta(hours=body.overlap_hours)

    def rotate(session: WriteSession) -> WebhookMade:
        return _made(*webhooks.rotate(session, _policy(settings), actor, webhook_id, overlap), response)

    return write(rotate)


@router.post("/{webhook_id}/resumption", summary="恢复推送", responses=TOUCHING)
def resume_webhook(webhook_id: WebhookId, write: WriteOnce, actor: CurrentActor) -> WebhookOut:
    """停用的重新启用，从停下的地方接着推送；在等下一次重试的，现在就试。"""
    return write(lambda session: _out(webhooks.resume(session, actor, webhook_id)))


@router.post("/{webhook_id}/ping", status_code=201, summary="试推送", responses=TOUCHING)
def ping_webhook(webhook_id: WebhookId, write: WriteOnce, actor: CurrentActor) -> DeliveryOut:
    """推送一条 webhook.ping，与任何变动无关；结果看推送记录。"""
    return write(lambda session: _delivery_out(DeliveryFound(webhooks.ping(session, actor, webhook_id))))


def _delivery_out(found: DeliveryFound) -> DeliveryOut:
    change = found.change
    said: dict[str, object] = {"type": PING, "agency": None, "year": None}
    if change is not None:
        said = {"type": change.act, "agency": change.agency, "year": change.year}
    return DeliveryOut.model_validate(found.delivery.model_dump() | said)


@router.get("/{webhook_id}/deliveries", summary="推送记录", responses=READING)
def list_deliveries(
    webhook_id: WebhookId,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    actor: CurrentReader,
    state: Annotated[DeliveryState | None, Query(description="只列哪些")] = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT,
) -> DeliveryPage:
    """推送了什么，试了几次，结果怎样，新的在前。"""
    (before,) = read_cursor(cursor, [LARGEST])
    with database.reading() as session:
        found = deliveries.list_deliveries(session, actor, webhook_id, state, int(before), limit + 1)
        shown, page = page_of(request, response, found, limit, lambda each: [each.delivery.id or 0])
        items = [_delivery_out(each) for each in shown]
    return DeliveryPage(items=items, page=page)


@router.post("/{webhook_id}/deliveries/{delivery_id}/redelivery", summary="重新推送一条", responses=TOUCHING)
def redeliver(
    webhook_id: WebhookId, delivery_id: DeliveryId, write: WriteOnce, actor: CurrentActor
) -> DeliveryOut:
    """原样再推送一次，webhook-id 不变；还在等待的，现在就试，同一份报告排在前面的先试。"""
    return write(lambda session: _delivery_out(deliveries.redeliver(session, actor, webhook_id, delivery_id)))


@router.post("/{webhook_id}/redelivery", summary="重新推送已放弃的", responses=TOUCHING)
def redeliver_given_up(webhook_id: WebhookId, write: WriteOnce, actor: CurrentActor) -> RedeliveryOut:
    """已放弃的全部按先后再推送一次，webhook-id 不变。"""
    return write(
        lambda session: RedeliveryOut(redelivered=deliveries.redeliver_given_up(session, actor, webhook_id))
    )
