"""The way of a report: 上报, 撤回, 退回, 审核, 公布, 更正; who may take which step, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.auth.actor import same_name
from app.auth.rights import require
from app.domain.content import places_of_text
from app.domain.guesses import guess
from app.domain.lifecycle import Action, allowed
from app.domain.results import blocking
from app.domain.roles import Right
from app.domain.unseen import seen
from app.errors import Fault, Forbidden, InvalidRequest
from app.services.filed import Filed, find_report
from app.services.following import Following, hold_following, judge_following
from app.services.gate import pass_gate, refuse_unaccepted, wrong_state
from app.services.locking import filing_refusal, refuse_locked, refuse_unopened
from app.services.obligations import terms_of
from app.services.saving import submit, take_step
from app.services.versions import BasedOn, refuse_stale
from app.storage.engine import lock_tree
from app.storage.models import ReportVersion, Step
from app.storage.numbers import TABLES, drop_public, keep_public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.domain.collections import Terms
    from app.forms.model import ReportForm
    from app.storage.engine import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Move:
    """A step that somebody wants to take.

    Attributes:
        action: which.
        reason: why; some steps must say it.
        places: cells and sections that it is about; 退回 must name them.
    """

    action: Action
    reason: str | None = None
    places: Sequence[str] = ()


def take_action(
    session: WriteSession, actor: Actor, key: tuple[str, int], move: Move, based_on: BasedOn | None
) -> Filed:
    """Move a report from one state to another.

    Raises:
        NotFound: there is no such report that the actor reaches.
        Forbidden: they haven't the right, or it takes a second person.
        InvalidRequest: the reason or the places are missing, or a place isn't in the form.
        StaleVersion: the caller read another version.
        WrongState: its state or an explanation that waits doesn't allow it; what is allowed is named.  Or
            reports of its year are locked, or can't be 上报 yet.
        RulesBroken: it is to be 上报 and doesn't pass the gate.
    """
    if move.action is Action.REVISE:
        # the published figures get a row of their own, which must stand where the tree has it
        lock_tree(session, to_change_it=False)
    filed = find_report(session, actor, *key, move.action.right, to_change=True)
    _refuse_incomplete(filed.content.form, move)
    refuse_stale(based_on, filed.report)
    terms = None
    if move.action.right is Right.FILE:
        terms = refuse_locked(session, filed.agency, filed.report.year, filed)
    _refuse_state(actor, filed, move.action)
    if move.action is Action.ACCEPT:
        require_second_person(session, actor, filed)
        refuse_unaccepted(actor, filed)
    following: list[Following] = []
    if move.action.may_change_what_counts:
        following = hold_following(session, filed.agency, filed.report.year)
    if move.action is Action.SUBMIT and terms is not None:
        refuse_unopened(terms, filed)
        pass_gate(filed)
        submit(session, actor, filed, terms)
    else:
        _take(session, actor, filed, move)
    judge_following(session, actor, following)
    return filed


def _take(session: WriteSession, actor: Actor, filed: Filed, move: Move) -> None:
    report, table = filed.report, TABLES[filed.report.form]
    if move.action is Action.REVISE:
        keep_public(session.connection(), table, filed.key)
    if move.action is Action.PUBLISH:
        drop_public(session.connection(), table, filed.key)
        report.published_version = report.version
    step = Step(
        report_id=filed.key,
        version=report.version,
        action=move.action,
        status=move.action.steps[filed.status],
        reason=move.reason,
        places=json.dumps(list(move.places)) if move.places else None,
        taken_by=actor.holder,
        taken_at=datetime.now(UTC),
    )
    take_step(session, actor, filed, step)


def _refuse_state(actor: Actor, filed: Filed, action: Action) -> None:
    if filed.status in action.steps:
        return
    actions = allowed(filed.status, actor.rights)
    choice = "、".join(f"{each.label}（{each}）" for each in actions)
    detail = f"报告{filed.status.label}，不能{action.label}；您现在可以：{choice or '无'}"
    raise wrong_state(filed, detail, actions)


def require_second_person(session: ReadSession, actor: Actor, filed: Filed) -> None:
    """Refuse whoever submitted or wrote what they are about to accept: it takes two.

    Raises:
        Forbidden: it is the same person, by whatever credential they came.
    """
    if _wrote(session, actor, filed):
        raise Forbidden(
            f"这一版是“{actor.holder}”自己保存或上报的，要由另一个人审核",
            members={"right": Right.REVIEW.value},
        )


def _wrote(session: ReadSession, actor: Actor, filed: Filed) -> bool:
    version = session.get_one(ReportVersion, (filed.key, filed.report.version))
    submitted = filed.last_step(Action.SUBMIT)
    holders = [version.saved_by, *([submitted.taken_by] if submitted else [])]
    return any(same_name(actor.holder, holder) for holder in holders)


def _refuse_incomplete(form: ReportForm, move: Move) -> None:
    """Refuse a step that doesn't say what it must say."""
    label, faults = move.action.label, []
    if move.action.needs_reason and not seen(move.reason or ""):
        faults.append(Fault("/reason", f"{label}要写明原因", "missing"))
    if move.action.needs_places and not move.places:
        faults.append(Fault("/cells", f"{label}要写明是哪些格或哪些部分", "missing"))
    faults += [
        fault
        for place, code in enumerate(move.places)
        if (fault := unknown_place(form, code, f"/cells/{place}"))
    ]
    if faults:
        raise InvalidRequest(f"{label}没有写清楚，没有办理", faults)


def unknown_place(form: ReportForm, code: str, pointer: str) -> Fault | None:
    """Say what is wrong with a code that should name a cell or a text of a report; None where it does."""
    known = [*form.cells, *places_of_text(form)]
    if code in known:
        return None
    message = f"报告中没有“{code}”这一格或这一部分{guess(code, known)}"
    return Fault(pointer, message, "unknown-cell")


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be done with a report, and whether the caller may do it now.

    Attributes:
        name: of the action: one of `Action`, or save, delete, comment.
        label: as county staff call it.
        refusal: in Chinese, why not; None where they may.
    """

    name: str
    label: str
    refusal: str | None


def options(session: ReadSession, actor: Actor, filed: Filed) -> list[Option]:
    """Return all that can be done with a report and whether the actor may do it now."""
    terms = terms_of(session, filed.agency, filed.report.year)
    steps = [
        Option(action.value, action.label, _step_refusal(session, actor, filed, action, terms))
        for action in Action
    ]
    no_filing = _right_refusal(actor, filed, Right.FILE) or filing_refusal(terms)
    return [
        Option("save", "保存", no_filing or _closed(filed)),
        Option("delete", "删除草稿", no_filing or _submitted(filed)),
        Option("comment", "批注", _right_refusal(actor, filed, Right.COMMENT)),
        *steps,
    ]


def _step_refusal(
    session: ReadSession, actor: Actor, filed: Filed, action: Action, terms: Terms
) -> str | None:
    refusal = _right_refusal(actor, filed, action.right)
    if refusal is None and action.right is Right.FILE:
        refusal = filing_refusal(terms, action)
    if refusal is not None:
        return refusal
    if filed.status not in action.steps:
        return f"报告{filed.status.label}，不能{action.label}"
    if action is Action.ACCEPT and _wrote(session, actor, filed):
        return "这一版是您自己保存或上报的，要由另一个人审核"
    if action is Action.ACCEPT and filed.unaccepted:
        return "还有出错说明没有认可，见 explanations"
    if action is Action.SUBMIT and not filed.can_submit:
        return _gate_refusal(filed)
    return None


def _gate_refusal(filed: Filed) -> str:
    if blocking(filed.results):
        return "还有不符合强制性规则之处，见 findings"
    return f"还有 {len(filed.unexplained)} 处核实性问题没有出错说明，见 findings"


def _right_refusal(actor: Actor, filed: Filed, right: Right) -> str | None:
    try:
        require(actor, right, f"“{filed.agency.name}”")
    except Forbidden as refusal:
        return refusal.detail
    return None


def _closed(filed: Filed) -> str | None:
    return f"报告{filed.status.label}，不能直接修改" if filed.status.is_closed else None


def _submitted(filed: Filed) -> str | None:
    return "上报过的报告不能删除" if filed.report.was_submitted else None
