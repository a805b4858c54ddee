"""The way of a report: 上报, 撤回, 退回, 审核, 公布, 更正; who may take which step, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.auth.actor import same_name
from app.domain.content import places_of_text
from app.domain.guesses import guess
from app.domain.lifecycle import Action, allowed
from app.domain.roles import Right
from app.domain.unseen import seen
from app.errors import Fault, Forbidden, InvalidRequest
from app.services.filed import Filed, find_report
from app.services.following import Following, hold_following, judge_following
from app.services.gate import (
    pass_gate,
    refuse_unaccepted,
    refuse_unexplained,
    wrong_state,
)
from app.services.locking import refuse_locked, refuse_unopened
from app.services.saving import submit, take_step
from app.services.versions import BasedOn, refuse_stale
from app.storage.engine import lock_tree
from app.storage.models import ReportVersion, Step
from app.storage.numbers import TABLES, drop_public, keep_public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
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
            reports of its year are locked, or can't be 上报 yet; or it is to be 公布 without a word although
            something came to be doubtful since its review.
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
    if move.action is Action.PUBLISH:
        refuse_unexplained(actor, filed, move.reason)
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
    detail = f"报告{filed.status.said}，不能{action.label}；您现在可以：{choice or '无'}"
    raise wrong_state(filed, detail, actions)


def require_second_person(session: ReadSession, actor: Actor, filed: Filed) -> None:
    """Refuse whoever submitted or wrote what they are about to accept: it takes two.

    Raises:
        Forbidden: it is the same person, by whatever credential they came.
    """
    if wrote_it(session, actor, filed):
        raise Forbidden(
            f"这一版是“{actor.holder}”自己保存或上报的，要由另一个人审核",
            members={"right": Right.REVIEW.value},
        )


def wrote_it(session: ReadSession, actor: Actor, filed: Filed) -> bool:
    """Tell whether somebody saved the current version, or took its last step of 上报."""
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
