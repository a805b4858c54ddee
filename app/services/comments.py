"""批注: remarks on cells and sections of a report; they stay for good."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.domain.acts import Act
from app.domain.roles import Right
from app.errors import InvalidRequest
from app.services.audit import record_report
from app.services.filed import find_report
from app.services.workflow import unknown_place
from app.storage.models import COMMENT, Comment

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.services.filed import Filed
    from app.storage.engine import ReadSession, WriteSession


def add_comment(
    session: WriteSession, actor: Actor, key: tuple[str, int], place: str, text: str
) -> tuple[Filed, Comment]:
    """Remark on a cell or a section.

    Raises:
        NotFound: there is no such report that the actor reaches.
        Forbidden: they may not remark on it.
        InvalidRequest: the place isn't in the form.
    """
    filed = find_report(session, actor, *key, Right.COMMENT, to_change=True)
    fault = unknown_place(filed.content.form, place, "/cell")
    if fault is not None:
        raise InvalidRequest(fault.message, [fault])
    comment = Comment(
        report_id=filed.key,
        version=filed.report.version,
        place=place,
        text=text,
        written_by=actor.holder,
        written_at=datetime.now(UTC),
    )
    session.add(comment)
    session.flush()
    said = {"version": comment.version, "place": place}
    record_report(session, actor, Act.REPORT_COMMENT, (filed.agency, filed.report), details=said)
    return filed, comment


def list_comments(session: ReadSession, filed: Filed) -> list[Comment]:
    """Return the remarks on a report, the oldest first."""
    chosen = select(Comment).where(COMMENT.c.report_id == filed.key).order_by(COMMENT.c.id)
    return list(session.scalars(chosen))
