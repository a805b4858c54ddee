"""What the rules make of a stored report: today, and when it was last 上报."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.storage.models import SUBMISSION, Submission

if TYPE_CHECKING:
    from app.services.filed import Filed
    from app.storage.engine import ReadSession


def last_submission(session: ReadSession, filed: Filed) -> Submission | None:
    """Return the verdict with which the report last passed the gate; None where it never did."""
    chosen = select(Submission).where(SUBMISSION.c.report_id == filed.report.id)
    return session.scalars(chosen.order_by(SUBMISSION.c.id.desc()).limit(1)).one_or_none()


def read_verdict(submission: Submission) -> dict[str, object]:
    """Return a stored verdict with the version that it is about, when and by whom it was 上报."""
    return {
        "version": submission.version,
        "submitted_at": submission.submitted_at,
        "submitted_by": submission.submitted_by,
        "items": json.loads(submission.verdict),
    }
