"""The feed of changes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.deps import LIMIT, CurrentDatabase, CurrentReader, Limit, routes_of
from app.routers.answers import failures
from app.schemas.changes import ChangeOut, ChangesOut
from app.schemas.pages import LARGEST
from app.services import changes
from app.storage.models import Change

router = routes_of("对接")


@router.get("/changes", summary="变动", responses=failures(422))
def list_changes(
    database: CurrentDatabase,
    actor: CurrentReader,
    after: Annotated[int, Query(ge=0, le=LARGEST, description="从第几条之后取；0 从头取")] = 0,
    limit: Limit = LIMIT,
) -> ChangesOut:
    """报告和机关的每次变动，按提交的先后，不漏不重。从头取到尾，每个机关、每份报告以最后一条为准，就是现在的情况。

    取完后记下 next，下次用 after=next 接着取。只列您管到的机关的变动，所以编号可以不相连。
    """
    with database.reading() as session:
        found = changes.list_changes(session, actor, after, limit)
    return ChangesOut(
        items=[change_out(change) for change in found.changes], next=found.last, has_more=found.has_more
    )


def change_out(change: Change) -> ChangeOut:
    """Give a change out."""
    return ChangeOut.model_validate(changes.said_of(change))
