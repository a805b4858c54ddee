"""Bodies of the service's own state."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from app.schemas.fields import Out


class Alive(Out):
    """进程在运行。"""

    status: Annotated[Literal["ok"], Field(title="状态")]


class Ready(Out):
    """可以服务。"""

    status: Annotated[Literal["ok"], Field(title="状态")]
    database: Annotated[str, Field(title="数据库种类", examples=["sqlite"])]
