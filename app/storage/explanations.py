"""What was explained about the findings of reports (出错说明), and what reviewers made of it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, Text, bindparam, select
from sqlmodel import Field

from app.domain.explanations import Explained, Explanations, Review
from app.storage.columns import Key, UtcDateTime
from app.storage.entity import NEVER_AGAIN, Entity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from app.storage.engine import ReadSession

Statement: TypeAlias = "Select[*tuple[Any, ...]]"


class Explanation(Entity, table=True):
    """What somebody wrote about a finding (出错说明).  Never changed: a new text is a new row.

    `basis` is a digest of all that it speaks of; it holds for the finding that has the same.
    """

    __tablename__ = "explanation"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    version: int
    rule: str = Field(sa_type=Text)
    code: str = Field(sa_type=Text)
    basis: str = Field(sa_type=Text)
    text: str = Field(sa_type=Text)
    given_by: str = Field(sa_type=Text)
    given_at: datetime = Field(sa_type=UtcDateTime)


class ExplanationReview(Entity, table=True):
    """What a reviewer made of an explanation.  Never changed: the last one counts."""

    __tablename__ = "explanation_review"
    __table_args__ = NEVER_AGAIN

    id: int | None = Field(default=None, primary_key=True, sa_type=Key)
    report_id: int = Field(foreign_key="report.id", ondelete="CASCADE", index=True, sa_type=Key)
    explanation_id: int = Field(foreign_key="explanation.id", ondelete="CASCADE", index=True, sa_type=Key)
    accepted: bool
    reason: str | None = Field(default=None, sa_type=Text)
    reviewed_by: str = Field(sa_type=Text)
    reviewed_at: datetime = Field(sa_type=UtcDateTime)


EXPLANATION = Entity.metadata.tables["explanation"]
EXPLANATION_REVIEW = Entity.metadata.tables["explanation_review"]


def explanations_of(session: ReadSession, report_id: int) -> Explanations:
    """Return all that was explained about a report, the oldest first, each with its reviews."""
    return explanations_of_each(session, [report_id])[report_id]


def explanations_of_each(session: ReadSession, report_ids: Sequence[int]) -> dict[int, Explanations]:
    """Return all that was explained about each of some reports, the oldest first, each with its reviews."""
    rows = session.connection().execute(_explained(), {"of_reports": list(report_ids)}).all()
    found: dict[int, list[Explained]] = {report_id: [] for report_id in report_ids}
    for _, same in groupby(rows, key=lambda row: row.id):
        one = list(same)
        found[one[0].report_id].append(_explained_by(one))
    return {report_id: Explanations(tuple(each)) for report_id, each in found.items()}


def _explained_by(rows: Sequence[Row[Any]]) -> Explained:
    """Put an explanation together from its rows: one for each review, or one without."""
    one = rows[0]
    reviews = tuple(
        Review(row.accepted, row.reason, row.reviewed_by, row.reviewed_at)
        for row in rows
        if row.accepted is not None
    )
    said = (one.rule, one.code, one.basis, one.text, one.version, one.given_by, one.given_at)
    return Explained(*said, reviews=reviews, id=one.id)


@cache
def _explained() -> Statement:
    given, review = EXPLANATION.c, EXPLANATION_REVIEW.c
    what = (given.id, given.report_id, given.rule, given.code, given.basis, given.text, given.version)
    who = (given.given_by, given.given_at, review.accepted, review.reason)
    joined = select(*what, *who, review.reviewed_by, review.reviewed_at).outerjoin(
        EXPLANATION_REVIEW, review.explanation_id == given.id
    )
    of_these = given.report_id.in_(bindparam("of_reports", expanding=True))
    return joined.where(of_these).order_by(given.id, review.id)
