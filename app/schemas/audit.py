"""Bodies of the audit trail."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, Json

from app.schemas.fields import Out
from app.schemas.pages import PageOut


class EntryOut(Out):
    """一条审计记录。"""

    chain: Annotated[str, Field(title="在哪条链上：县的代码，或 _system")]
    number: Annotated[int, Field(title="链上第几条")]
    at: Annotated[str, Field(title="时间（UTC）")]
    act: Annotated[str, Field(title="做了什么", examples=["report.submit"])]
    label: Annotated[str, Field(title="中文名称", examples=["上报"])]
    holder: Annotated[str, Field(title="谁")]
    role: Annotated[str | None, Field(title="以什么角色")]
    credential: Annotated[str, Field(title="凭什么登录的")]
    agency: Annotated[str | None, Field(title="关于哪个机关")]
    year: Annotated[int | None, Field(title="关于哪个年度的报告")]
    target: Annotated[str | None, Field(title="对什么")]
    reason: Annotated[str | None, Field(title="原因")]
    details: Annotated[Json[dict[str, Any]] | None, Field(title="详情：变动的格、版本等")]
    times: Annotated[int, Field(title="几次；同样的拒绝只记一条")]
    request_id: Annotated[str | None, Field(title="请求编号")]
    address: Annotated[str | None, Field(title="从哪里")]
    previous: Annotated[str, Field(title="前一条的散列值")]
    hash: Annotated[str, Field(title="这一条的散列值")]


class EntryPage(Out):
    """一页审计记录。"""

    items: Annotated[list[EntryOut], Field(title="记录，新的在前")]
    page: Annotated[PageOut, Field(title="分页")]


class ChainOut(Out):
    """一条链的核对结果。"""

    chain: Annotated[str, Field(title="县的代码，或 _system")]
    entries: Annotated[int, Field(title="核对了几条")]
    number: Annotated[int, Field(title="最后一条的序号")]
    hash: Annotated[str, Field(title="最后一条的散列值，可抄存在别处")]
    broken_at: Annotated[int | None, Field(title="第一条不对的是第几条；都对为 null")]
    fault: Annotated[str | None, Field(title="哪里不对")]


class VerificationOut(Out):
    """审计记录有没有被改动过。"""

    intact: Annotated[bool, Field(title="都没有被改动过")]
    chains: Annotated[list[ChainOut], Field(title="每一条链")]
