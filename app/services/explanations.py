"""出错说明: given by themselves, looked at, accepted or refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.auth.actor import same_name
from app.domain.acts import Act
from app.domain.content import label_of_place, places_of_text
from app.domain.explanations import ExplanationState
from app.domain.guesses import guess
from app.domain.lifecycle import Action, Status, allowed
from app.domain.roles import Right
from app.domain.unseen import seen
from app.errors import Fault, Forbidden, InvalidRequest
from app.services.audit import record_report
from app.services.explaining import Said, explain, keep_explanations, with_choice
from app.services.filed import Filed, find_report
from app.services.gate import wrong_state
from app.services.locking import refuse_locked
from app.services.saving import refuse_closed, take_step
from app.services.versions import BasedOn, refuse_stale
from app.services.workflow import require_second_person
from app.storage.explanations import ExplanationReview, explanations_of
from app.storage.models import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.auth.actor import Actor
    from app.domain.explanations import Explained
    from app.domain.results import Result
    from app.services.explaining import Place
    from app.storage.engine import WriteSession


def give_explanations(
    session: WriteSession, actor: Actor, key: tuple[str, int], said: Sequence[Said], based_on: BasedOn | None
) -> Filed:
    """Explain findings of a report and leave the report itself as it is.

    Raises:
        NotFound: there is no such report.
        StaleVersion: the caller read another version.
        InvalidRequest: there is no such finding, or a text is too short.
        WrongState: the report is closed, or locked.
    """
    filed = find_report(session, actor, *key, Right.FILE, to_change=True)
    refuse_stale(based_on, filed.report)
    refuse_locked(session, filed.agency, filed.report.year, filed)
    refuse_closed(filed)
    explained, fresh = explain(filed, actor, said, filed.report.version, "/items")
    if fresh:
        filed.report.revision += 1
        filed.report.updated_at = fresh[0].given_at
        keep_explanations(session, actor, explained, fresh)
    return explained


def holding(filed: Filed) -> set[int | None]:
    """Return the row numbers of the explanations that hold for what is found now; no refused one does."""
    return {one.id for _, one in _known(filed) if one.state is not ExplanationState.REFUSED}


def _known(filed: Filed) -> list[tuple[Result, Explained]]:
    """Return the findings of which something was said as they are now, each with the last that was."""
    values, known = filed.content.values, filed.explanations
    return [(result, said) for result in filed.results if (said := known.of(values, result)) is not None]


def explaining_refusal(filed: Filed) -> str | None:
    """Say why nothing of a report can be explained now; None where something can."""
    if filed.status.is_closed:
        return f"报告{filed.status.said}，不能再写出错说明"
    is_doubtful = any(result.needs_explanation for result in filed.results)
    return None if is_doubtful else "没有要写出错说明的核实性问题"


def reviewing_refusal(filed: Filed) -> str | None:
    """Say why no explanation of a report can be reviewed now; None where one can."""
    if filed.status is not Status.SUBMITTED:
        return _not_now(filed)
    return None if _known(filed) else "没有要审核的出错说明"


def _not_now(filed: Filed) -> str:
    return f"报告{filed.status.said}，现在不审核出错说明；上报之后、审核通过之前才审核"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a reviewer makes of an explanation.

    Attributes:
        rule: id of the rule.
        code: the place that the finding names.
        accepted: whether it will do.
        reason: why not.
    """

    rule: str
    code: str
    accepted: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """An explanation with its finding, and what a reviewer makes of it."""

    result: Result
    explained: Explained
    reviewed: Reviewed

    @property
    def is_new(self) -> bool:
        is_accepted = self.explained.state is ExplanationState.ACCEPTED
        return not (self.reviewed.accepted and is_accepted)


def review_explanations(
    session: WriteSession,
    actor: Actor,
    key: tuple[str, int],
    reviewed: Sequence[Reviewed] | None,
    based_on: BasedOn | None,
) -> Filed:
    """Accept or refuse explanations of a report that is 上报; a refusal returns it (退回).

    Args:
        session: the transaction.
        actor: who reviews.
        key: agency and year.
        reviewed: what they make of each; None accepts all that wait.
        based_on: what the caller read.

    Raises:
        NotFound: there is no such report that the actor reaches.
        Forbidden: they haven't the right, or it takes a second person to accept.
        StaleVersion: the caller read another version.
        WrongState: it isn't 上报.
        InvalidRequest: there is no such explanation, or a refusal doesn't say why.
    """
    filed = find_report(session, actor, *key, Right.REVIEW, to_change=True)
    refuse_stale(based_on, filed.report)
    if filed.status is not Status.SUBMITTED:
        detail = _not_now(filed)
        raise wrong_state(filed, detail, allowed(filed.status, actor.rights))
    judged = _judged(filed, reviewed)
    if any(one.reviewed.accepted for one in judged):
        _require_another(actor, judged)
        require_second_person(session, actor, filed)
    fresh = [one for one in judged if one.is_new]
    if fresh:
        _keep(session, actor, filed, fresh)
        _return_for(session, actor, filed, [one for one in fresh if not one.reviewed.accepted])
    return replace(filed, explanations=explanations_of(session, filed.key))


def _judged(filed: Filed, reviewed: Sequence[Reviewed] | None) -> list[_Judged]:
    found = {(result.rule.id, result.code): (result, explained) for result, explained in _known(filed)}
    asked = reviewed
    if asked is None:
        asked = [Reviewed(*place, accepted=True) for place in found]
    faults = [fault for number, one in enumerate(asked) for fault in _faults(one, number, found)]
    faults += _repeated(asked)
    if faults:
        raise InvalidRequest("对出错说明的审核没有写清楚，没有保存", faults)
    return [_Judged(*found[one.rule, one.code], one) for one in asked]


def _faults(one: Reviewed, number: int, found: Mapping[Place, tuple[Result, Explained]]) -> Iterable[Fault]:
    if (one.rule, one.code) not in found:
        named = f"{one.rule} {one.code}"
        known = [f"{rule} {code}" for rule, code in found]
        message = with_choice(f"现在没有“{named}”的出错说明{guess(named, known)}", "可以审核的有", known)
        details = {"reviewable": [{"rule": rule, "code": code} for rule, code in found]}
        yield Fault(f"/items/{number}", message, "unknown-explanation", details)
    if not one.accepted and not seen(one.reason or ""):
        yield Fault(f"/items/{number}/reason", "不认可出错说明，要写明原因", "missing")


def _repeated(asked: Sequence[Reviewed]) -> Iterable[Fault]:
    places: set[Place] = set()
    for number, one in enumerate(asked):
        if (one.rule, one.code) in places:
            yield Fault(f"/items/{number}", f"“{one.rule} {one.code}”审核了两次", "repeated")
        places.add((one.rule, one.code))


def _require_another(actor: Actor, judged: Sequence[_Judged]) -> None:
    own = [
        one.reviewed
        for one in judged
        if one.reviewed.accepted and same_name(actor.holder, one.explained.given_by)
    ]
    if own:
        named = "、".join(f"{one.rule} {one.code}" for one in own)
        raise Forbidden(
            f"{named} 的出错说明是“{actor.holder}”自己写的，要由另一个人审核",
            members={"right": Right.REVIEW.value},
        )


def _keep(session: WriteSession, actor: Actor, filed: Filed, fresh: Sequence[_Judged]) -> None:
    now = datetime.now(UTC)
    for one in fresh:
        session.add(
            ExplanationReview(
                report_id=filed.key,
                explanation_id=one.explained.id or 0,
                accepted=one.reviewed.accepted,
                reason=one.reviewed.reason,
                reviewed_by=actor.holder,
                reviewed_at=now,
            )
        )
    filed.report.revision += 1
    filed.report.updated_at = now
    session.flush()
    told = [
        {
            "rule": one.reviewed.rule,
            "code": one.reviewed.code,
            "accepted": one.reviewed.accepted,
            "reason": one.reviewed.reason,
        }
        for one in fresh
    ]
    said = {"version": filed.report.version, "reviews": told}
    record_report(session, actor, Act.REPORT_REVIEW, (filed.agency, filed.report), details=said)


def _return_for(session: WriteSession, actor: Actor, filed: Filed, refused: Sequence[_Judged]) -> None:
    """Return a report because explanations won't do."""
    if not refused:
        return
    reasons = dict.fromkeys(f"{_named(filed, one.result)}：{one.reviewed.reason}" for one in refused)
    places = dict.fromkeys(place for one in refused for place in _places(filed, one.result))
    step = Step(
        report_id=filed.key,
        version=filed.report.version,
        action=Action.RETURN,
        status=Action.RETURN.steps[filed.status],
        reason=f"出错说明没有认可。{'；'.join(reasons)}",
        places=json.dumps(list(places)) if places else None,
        taken_by=actor.holder,
        taken_at=datetime.now(UTC),
    )
    take_step(session, actor, filed, step)


def _named(filed: Filed, result: Result) -> str:
    """Return a finding as a clerk finds it: its rule, and its first place."""
    place = next(iter(_places(filed, result)), None)
    return (
        result.rule.id if place is None else f"{result.rule.id} {label_of_place(filed.content.form, place)}"
    )


def _places(filed: Filed, result: Result) -> Iterable[str]:
    """Return what a finding is about as people point at it: its cells, or the text that it is found in."""
    text = result.pointer.rpartition("/")[2]
    return result.cells or ([text] if text in places_of_text(filed.content.form) else [])
