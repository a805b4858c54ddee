"""The lock: after a day that the county sets reports are written only with leave, and 上报 from a day on.

Whoever files asks here, whichever door they come by; whoever reviews doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.lifecycle import Action
from app.errors import WrongState
from app.services.gate import wrong_state
from app.services.obligations import terms_of
from app.services.surroundings import today

if TYPE_CHECKING:
    from app.domain.collections import Terms
    from app.services.filed import Filed
    from app.storage.engine import ReadSession
    from app.storage.models import Agency


def refuse_locked(session: ReadSession, agency: Agency, year: int, filed: Filed | None = None) -> Terms:
    """Refuse to write a report that is locked; return what holds for it.

    Args:
        session: where to look.
        agency: whose report.
        year: of which year.
        filed: the report, where there is one.

    Raises:
        WrongState: it is locked; who may unlock it is named.
    """
    terms = terms_of(session, agency, year)
    _refuse(terms.lock_refusal(today()), filed)
    return terms


def refuse_unopened(terms: Terms, filed: Filed | None = None) -> None:
    """Refuse to let a report be 上报 before the day from which that may be.

    Raises:
        WrongState: the day is named.
    """
    _refuse(terms.opening_refusal(today()), filed)


def filing_refusal(terms: Terms, action: Action | None = None) -> str | None:
    """Say in Chinese why a report may not be written, or 上报 where that is meant; None where it may."""
    refusal = terms.lock_refusal(today())
    return terms.opening_refusal(today()) if refusal is None and action is Action.SUBMIT else refusal


def _refuse(refusal: str | None, filed: Filed | None) -> None:
    if refusal is not None:
        raise WrongState(refusal) if filed is None else wrong_state(filed, refusal, [])
