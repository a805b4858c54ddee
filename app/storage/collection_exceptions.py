"""What was granted to single units: 延期, 解锁, 免报."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.storage.collection_models import COLLECTION_EXCEPTION, CollectionException
from app.storage.models import AGENCY

if TYPE_CHECKING:
    from app.domain.collections import ExceptionKind
    from app.storage.engine import ReadSession, WriteSession


def granted_before(
    session: WriteSession, collection_id: int, agency_id: int, kind: ExceptionKind
) -> CollectionException | None:
    """Return what an agency has of a kind now; None where it has nothing."""
    columns = COLLECTION_EXCEPTION.c
    chosen = select(CollectionException).where(
        columns.collection_id == collection_id,
        columns.agency_id == agency_id,
        columns.kind == kind.value,
        columns.revoked_at.is_(None),
    )
    return session.scalars(chosen).one_or_none()


def find_exception(session: ReadSession, collection_id: int, number: int) -> CollectionException | None:
    """Return what was granted in a collection under a number; None where nothing was."""
    columns = COLLECTION_EXCEPTION.c
    chosen = select(CollectionException).where(columns.collection_id == collection_id, columns.id == number)
    return session.scalars(chosen).one_or_none()


def list_exceptions(
    session: ReadSession, collection_id: int, after: int, limit: int
) -> list[tuple[CollectionException, str, str]]:
    """Return up to *limit* exceptions of a collection, the newest first, with the unit's code and name."""
    columns = COLLECTION_EXCEPTION.c
    chosen = (
        select(CollectionException, AGENCY.c.code, AGENCY.c.name)
        .join(AGENCY, AGENCY.c.id == columns.agency_id)
        .where(columns.collection_id == collection_id, columns.id < after)
        .order_by(columns.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(chosen)]
