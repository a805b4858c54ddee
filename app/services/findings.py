"""What the rules make of a report today, and made of it when it was last 上报."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from app.domain.lifecycle import Action
from app.services.suggestions import suggested_for
from app.services.versions import BESIDE, mark_of_filed

if TYPE_CHECKING:
    from app.services.filed import Filed


def last_verdict(filed: Filed) -> dict[str, object] | None:
    """Return the verdict with which the report last passed the gate, with the version, when and by whom.

    None where it never did.
    """
    step = filed.last_step(Action.SUBMIT)
    if step is None:
        return None
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
