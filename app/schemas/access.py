"""Bodies of tokens, links and of who is calling."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.auth.networks import networks_in
from app.domain.roles import DEFAULT_DAYS, MOST_DAYS, Right, Role
from app.schemas.fields import SAID, Body, Line, Name, Out
from app.schemas.pages import PageOut
from app.schemas.reports import AgencyCode

MOST_OVERLAP_HOURS = 30 * 24


def _network(text: str) -> str:
    try:
        networks_in([text])
    except ValueError as wrong:
        message = "应是地址或网段，例如 10.1.2.3 或 10.1.0.0/16"
        raise PydanticCustomError(SAID, message) from wrong
    return text


Network: TypeAlias = Annotated[str, Field(max_length=50), AfterValidator(_network)]


_ROLES = "；".join(f"{role} {role.label}" for role in Role)


class TokenBody(Body):
    """要发放的令牌。"""

    holder: Annotated[Name, Field(title="持有人：人名或系统名；同一个人的几个令牌要写得一样")]
    role: Annotated[Role, Field(title=f"角色：{_ROLES}", strict=False)]
    agency: Annotated[AgencyCode | None, Field(title="管到哪个机关（及其下各机关）；null 表示全部机关")]
    days: Annotated[int, Field(title="有效天数", ge=1, le=MOST_DAYS)] = DEFAULT_DAYS
    networks: Annotated[
        list[Network],
        Field(title="只许从这些地址或网段使用；空则不限", max_length=20),
    ] = []  # noqa: RUF012 - Pydantic copies it


class RotationBody(Body):
    """更换令牌。"""

    overlap_hours: Annotated[
        int, Field(title="旧令牌还能用几小时，好把各处换过来", ge=0, le=MOST_OVERLAP_HOURS)
    ] = 24


class TokenOut(Out):
    """一个令牌，不含密文。"""

    id: Annotated[str, Field(title="编号")]
    holder: Annotated[str, Field(title="持有人")]
    role: Annotated[Role, Field(title="角色")]
    agency: Annotated[AgencyCode | None, Field(title="管到哪个机关；null 表示全部机关")]
    networks: Annotated[list[str], Field(title="只许从这些地址或网段使用")]
    issued_by: Annotated[str, Field(title="发放人")]
    issued_at: Annotated[datetime, Field(title="发放时间")]
    expires_at: Annotated[datetime, Field(title="到期时间")]
    replaces: Annotated[str | None, Field(title="更换了哪个令牌")]
    last_used_at: Annotated[datetime | None, Field(title="最近使用时间，精确到分钟")]
    revoked_at: Annotated[datetime | None, Field(title="吊销时间")]
    revoked_by: Annotated[str | None, Field(title="吊销人")]


class TokenIssued(TokenOut):
    """刚发放的令牌。"""

    token: Annotated[str, Field(title="令牌；只在这里显示一次，请妥善保存")]


class TokenPage(Out):
    """一页令牌。"""

    items: Annotated[list[TokenOut], Field(title="令牌")]
    page: Annotated[PageOut, Field(title="分页")]


class RightOut(Out):
    """一项权限。"""

    name: Annotated[Right, Field(title="名称")]
    label: Annotated[str, Field(title="中文名称")]


class MeOut(Out):
    """您是谁，能做什么。"""

    holder: Annotated[str, Field(title="持有人")]
    role: Annotated[Role | None, Field(title="角色")]
    agency: Annotated[AgencyCode | None, Field(title="管到哪个机关；null 表示全部机关")]
    name: Annotated[str | None, Field(title="这个机关的名称")]
    rights: Annotated[list[RightOut], Field(title="权限")]
    credential: Annotated[str, Field(title="凭什么登录的", examples=["token:0123456789"])]
    expires_at: Annotated[datetime | None, Field(title="到什么时候")]


class LinkBody(Body):
    """要不带令牌读一次的地址。"""

    path: Annotated[
        Line,
        Field(
            title="本系统的地址，连同参数",
            examples=["/api/v1/rollups/640323/2021/export?format=xlsx"],
        ),
    ]


class LinkOut(Out):
    """可以不带令牌读一次的地址。"""

    href: Annotated[str, Field(title="地址，只能用一次")]
    expires_at: Annotated[datetime, Field(title="到什么时候")]
