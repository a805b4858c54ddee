"""Bodies of webhooks and of what they were told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.domain.acts import Act
from app.domain.deliveries import DeliveryState, Hindrance
from app.schemas.access import MOST_OVERLAP_HOURS
from app.schemas.fields import SAID, Body, Line, Out
from app.schemas.pages import PageOut
from app.schemas.reports import AgencyCode


def _told(act: Act) -> Act:
    if not act.is_told:
        message = "只推送报告、机关和收报的变动：report.…、agency.… 或 collection.…"
        raise PydanticCustomError(SAID, message)
    return act


Told: TypeAlias = Annotated[Act, Field(strict=False), AfterValidator(_told)]


class WebhookBody(Body):
    """要建立的推送。"""

    url: Annotated[
        Line, Field(title="推送到哪个网址，要用 HTTPS", examples=["https://portal.example/hooks/nianbao"])
    ]
    agency: Annotated[AgencyCode | None, Field(title="关于哪个机关（及其下各机关）；null 表示全部机关")]
    acts: Annotated[
        list[Told],
        Field(title="只推送哪些变动；空则全部", examples=[["report.publish"]], max_length=len(Act)),
    ] = []  # noqa: RUF012 - Pydantic copies it


class SecretRotationBody(Body):
    """更换密钥。"""

    overlap_hours: Annotated[
        int, Field(title="几小时内新旧两个密钥都签名，好把接收的一方换过来", ge=0, le=MOST_OVERLAP_HOURS)
    ] = 24


class WebhookOut(Out):
    """一个推送，不含密钥。"""

    id: Annotated[str, Field(title="编号")]
    url: Annotated[str, Field(title="推送到哪个网址")]
    agency: Annotated[AgencyCode | None, Field(title="关于哪个机关；null 表示全部机关")]
    acts: Annotated[list[Act], Field(title="只推送哪些变动；空为全部")]
    created_by: Annotated[str, Field(title="建立人")]
    created_at: Annotated[datetime, Field(title="建立时间")]
    rotated_until: Annotated[datetime | None, Field(title="前一个密钥签名到什么时候")]
    disabled_at: Annotated[datetime | None, Field(title="停用时间：接收的一方回答了 410")]
    rests_until: Annotated[datetime | None, Field(title="接收的一方没有回应，什么时候以前不再试")]
    waiting: Annotated[int, Field(title="等待推送的有几条；还没有列入记录的变动不算")]
    given_up: Annotated[int, Field(title="已放弃的有几条")]


class WebhookMade(WebhookOut):
    """刚建立的推送，或刚换的密钥。"""

    secret: Annotated[str, Field(title="核对签名的密钥；只在这里显示一次，请妥善保存")]


class WebhookPage(Out):
    """一页推送。"""

    items: Annotated[list[WebhookOut], Field(title="推送")]
    page: Annotated[PageOut, Field(title="分页")]


class DeliveryOut(Out):
    """推送的一条记录。"""

    id: Annotated[int, Field(title="编号")]
    message: Annotated[str, Field(title="webhook-id：重发时不变，接收的一方凭它识别重复")]
    type: Annotated[str, Field(title="做了什么；试推送为 webhook.ping", examples=["report.publish"])]
    change: Annotated[int | None, Field(title="变动的编号，见 GET /changes；null 表示试推送")]
    agency: Annotated[str | None, Field(title="哪个机关，或哪个机关的报告")]
    year: Annotated[int | None, Field(title="哪个年度的报告")]
    state: Annotated[DeliveryState, Field(title="；".join(f"{each} {each.label}" for each in DeliveryState))]
    attempts: Annotated[int, Field(title="试了几次")]
    made_at: Annotated[datetime, Field(title="列入记录的时间")]
    next_at: Annotated[datetime | None, Field(title="下一次最早什么时候；null 表示不再推送")]
    last_at: Annotated[datetime | None, Field(title="最近一次的时间")]
    last_status: Annotated[int | None, Field(title="最近一次回答的状态码；null 表示没有回答")]
    last_fault: Annotated[
        Hindrance | None,
        Field(title="为什么没有回答：" + "；".join(f"{each} {each.label}" for each in Hindrance)),
    ]


class DeliveryPage(Out):
    """一页推送记录。"""

    items: Annotated[list[DeliveryOut], Field(title="记录，新的在前")]
    page: Annotated[PageOut, Field(title="分页")]


class RedeliveryOut(Out):
    """重新推送的结果。"""

    redelivered: Annotated[int, Field(title="重新推送几条")]
