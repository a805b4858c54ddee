"""What the rules make of a report today, and made of it when it was last 上报."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from app.domain.lifecycle import Action
from app.services.history import submission_of
from app.services.suggestions import suggested_for
from app.services.versions import BESIDE, mark_of_filed

if TYPE_CHECKING:
    from app.services.filed import Filed
    from app.storage.models import Step


def last_verdict(filed: Filed) -> dict[str, object] | None:
    """Return the verdict with which what is shown last passed the gate; None where it never did."""
    step = submission_of(filed)
    return None if step is None else _verdict_in(step)


def verdict_of_version(filed: Filed) -> dict[str, object] | None:
    """Return the verdict with which the version that is shown last passed the gate; None where it didn't."""
    step = filed.last_step(Action.SUBMIT)
    return None if step is None or step.version != filed.version else _verdict_in(step)


def _verdict_in(step: Step) -> dict[str, object]:
    """Return what was found when a report was 上报, with the version, when and by whom."""
    return {
        "version": step.version,
        "submitted_at": step.taken_at,
        "submitted_by": step.taken_by,
        "items": json.loads(step.verdict or "[]"),
    }


def mark_of_shown(filed: Filed) -> str:
    """Return the mark of a report with all that is shown beside it: findings, suggestions, its body's name.

    These change with a setting, a name, a report of another body or year, and the report's revision doesn't.
    """
    found = [
        (one.rule.id, one.rule.level, one.code, one.outcome, one.message, one.hint, one.left, one.right)
        for one in filed.results
    ]
    shown = json.dumps([filed.name, found, list(suggested_for(filed).values.items())], ensure_ascii=False)
    return f"{mark_of_filed(filed)}{BESIDE}{hashlib.sha256(shown.encode()).hexdigest()[:8]}"
