"""Bodies of the service's own state."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.schemas.fields import Out


class Alive(Out):
    """进程在运行。"""

    status: Annotated[Literal["ok"], Field(title="状态")]


class UnsafeSetting(Out):
    """数据库的一项设置：按它，已经确认保存的数据可能丢失。"""

    setting: Annotated[str, Field(title="设置", examples=["synchronous_commit"])]
    value: Annotated[str, Field(title="现在的值", examples=["off"])]
    expected: Annotated[str, Field(title="应是", examples=["on"])]


class Ready(Out):
    """可以服务。"""

    status: Annotated[Literal["ok"], Field(title="状态")]
    database: Annotated[str, Field(title="数据库种类", examples=["sqlite"])]
    unsafe: Annotated[list[UnsafeSetting], Field(title="不安全的数据库设置；应是空的")]
