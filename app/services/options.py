"""What may be done with a report now, and by whom: what a portal needs for its buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.auth.rights import require
from app.domain.lifecycle import Action
from app.domain.results import blocking
from app.domain.roles import Right
from app.errors import Forbidden
from app.services.explanations import explaining_refusal, reviewing_refusal
from app.services.gate import unexplained_in_words
from app.services.locking import filing_refusal
from app.services.obligations import terms_of
from app.services.workflow import wrote_it

if TYPE_CHECKING:
    from app.auth.actor import Actor
    from app.domain.collections import Terms
    from app.services.filed import Filed
    from app.storage.engine import ReadSession


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be done with a report, and whether the caller may do it now.

    Attributes:
        name: of the action: one of `Action`, or save, delete, comment, explain, review.
        label: as county staff call it.
        refusal: in Chinese, why not; None where they may.
        needs_reason: whether they must say why.
    """

    name: str
    label: str
    refusal: str | None
    needs_reason: bool = False


def options(session: ReadSession, actor: Actor, filed: Filed) -> list[Option]:
    """Return all that can be done with a report and whether the actor may do it now."""
    terms = terms_of(session, filed.agency, filed.report.year)
    steps = [
        Option(
            action.value,
            action.label,
            _step_refusal(session, actor, filed, action, terms),
            action.needs_reason or (action is Action.PUBLISH and _is_doubtful(filed)),
        )
        for action in Action
    ]
    no_filing = _right_refusal(actor, filed, Right.FILE) or filing_refusal(terms)
    reviewing = _right_refusal(actor, filed, Right.REVIEW) or reviewing_refusal(filed)
    return [
        Option("save", "保存", no_filing or _closed(filed)),
        Option("delete", "删除草稿", no_filing or _submitted(filed)),
        Option("comment", "批注", _right_refusal(actor, filed, Right.COMMENT)),
        Option("explain", "写出错说明", no_filing or explaining_refusal(filed)),
        Option("review", "审核出错说明", reviewing),
        *steps,
    ]


def _is_doubtful(filed: Filed) -> bool:
    """Tell whether something came to be doubtful since the review: it isn't 公布 without a word then."""
    return filed.status in Action.PUBLISH.steps and bool(filed.unaccepted)


def _step_refusal(
    session: ReadSession, actor: Actor, filed: Filed, action: Action, terms: Terms
) -> str | None:
    refusal = _right_refusal(actor, filed, action.right)
    if refusal is None and action.right is Right.FILE:
        refusal = filing_refusal(terms, action)
    if refusal is not None:
        return refusal
    if filed.status not in action.steps:
        return f"报告{filed.status.said}，不能{action.label}"
    if action is Action.ACCEPT and wrote_it(session, actor, filed):
        return "这一版是您自己保存或上报的，要由另一个人审核"
    if action is Action.ACCEPT and filed.unaccepted:
        return "还有出错说明没有认可，见 explanations"
    if action is Action.SUBMIT and not filed.can_submit:
        return _gate_refusal(filed)
    return None


def _gate_refusal(filed: Filed) -> str:
    if blocking(filed.results):
        return "还有不符合强制性规则之处，见 findings"
    return f"还{'，'.join(unexplained_in_words(filed, filed.unexplained))}，见 findings"


def _right_refusal(actor: Actor, filed: Filed, right: Right) -> str | None:
    try:
        require(actor, right, f"“{filed.agency.name}”")
    except Forbidden as refusal:
        return refusal.detail
    return None


def _closed(filed: Filed) -> str | None:
    return f"报告{filed.status.said}，不能直接修改" if filed.status.is_closed else None


def _submitted(filed: Filed) -> str | None:
    return "上报过的报告不能删除" if filed.report.was_submitted else None
