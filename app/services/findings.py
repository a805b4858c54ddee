"""What the rules made of a report when it was last 上报."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.domain.lifecycle import Action

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
