"""The one gate: what keeps a report from being 上报, and from being 审核通过."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.explanations import Need
from app.domain.lifecycle import Action, allowed
from app.domain.results import Outcome, blocking, described
from app.domain.unseen import seen
from app.errors import Fault, RulesBroken, WrongState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.auth.actor import Actor
    from app.domain.results import Result
    from app.services.filed import Filed


def pass_gate(filed: Filed) -> None:
    """Let a report through to be 上报.

    One that has been can never break a mandatory rule, and each 核实性 finding of it has been explained.

    Raises:
        RulesBroken: it does, or one hasn't; every mandatory rule that isn't kept is named, and every finding
            that needs an explanation and has none.
    """
    blocked, unexplained = blocking(filed.results), filed.unexplained
    if blocked or unexplained:
        faults = [_fault_of(filed, result) for result in blocked]
        faults += [_fault_of(filed, result, Need.EXPLANATION) for result in unexplained]
        raise RulesBroken(_summary(filed, blocked, unexplained), faults)


def refuse_unaccepted(actor: Actor, filed: Filed) -> None:
    """Refuse to let a report pass review before each explanation that it needs was accepted.

    Raises:
        WrongState: one wasn't; all are named.
    """
    waiting = filed.unaccepted
    if waiting:
        named = "、".join(f"{result.rule.id} {result.code}" for result in waiting)
        detail = (
            f"还有 {len(waiting)} 处出错说明没有认可（{named}）；"
            "请先在 explanations/reviews 逐条审核，没有写说明的请退回补写"
        )
        faults = [_fault_of(filed, result, Need.ACCEPTANCE) for result in waiting]
        others = [action for action in allowed(filed.status, actor.rights) if action is not Action.ACCEPT]
        raise wrong_state(filed, detail, others, faults)


def refuse_unexplained(actor: Actor, filed: Filed, reason: str | None) -> None:
    """Refuse to publish a report without a word in which something came to be doubtful since its review.

    Its figures are those that were accepted; what changed is last year's report, or a rule's setting.

    Raises:
        WrongState: there is such a finding and no reason was given; all are named.
    """
    doubtful = filed.unaccepted
    if doubtful and not seen(reason or ""):
        detail = (
            f"审核通过之后又有 {len(doubtful)} 处核实性问题（{_rules_of(doubtful)}），没有认可的出错说明；"
            "请先退回，补写出错说明或改正，或者写明原因（reason）再公布"
        )
        faults = [_fault_of(filed, result, Need.REASON) for result in doubtful]
        raise wrong_state(filed, detail, allowed(filed.status, actor.rights), faults)


def wrong_state(
    filed: Filed, detail: str, actions: Sequence[str], faults: Sequence[Fault] = ()
) -> WrongState:
    """Return the refusal of what a report's state doesn't allow, with the actions that would help."""
    members = {"state": filed.status.value, "allowed": [str(name) for name in actions]}
    return WrongState(detail, faults, members)


def _summary(filed: Filed, blocked: Sequence[Result], unexplained: Sequence[Result]) -> str:
    found, advice = [], []
    if blocked:
        found.append(_broken_in_words(blocked))
        advice.append("请逐条改正")
    if unexplained:
        found += unexplained_in_words(filed, unexplained)
        advice.append("核实性的请核对，数没有填错的逐条写出错说明（explanations）")
    return f"{'，'.join(found)}，所以没有通过；{'，'.join(advice)}后再上报"


def unexplained_in_words(filed: Filed, unexplained: Sequence[Result]) -> list[str]:
    """Say of how many findings nothing was said, and of how many what was said won't do."""
    refused = [result for result in unexplained if filed.refusal_of(result) is not None]
    silent = [result for result in unexplained if result not in refused]
    told = ((silent, "没有出错说明"), (refused, "的出错说明没有认可"))
    return [f"有 {len(some)} 处核实性问题（{_rules_of(some)}）{what}" for some, what in told if some]


def _rules_of(results: Sequence[Result]) -> str:
    return "、".join(sorted({result.rule.id for result in results}))


def _broken_in_words(blocked: Sequence[Result]) -> str:
    broken = [result for result in blocked if result.outcome is Outcome.BROKEN]
    doubtful = len(blocked) - len(broken)
    also = f"，另有 {doubtful} 处因为缺格没法核对" if doubtful else ""
    return f"有 {len(broken)} 处不符合强制性规则（{_rules_of(broken)}）{also}"


def _fault_of(filed: Filed, result: Result, needs: Need | None = None) -> Fault:
    content = filed.content
    details = described(content.form, content.values, result, filed.explanations)
    pointer, message, code = (str(details.pop(name)) for name in ("pointer", "message", "code"))
    if needs is not None:
        details["needs"] = needs.value
    refused = filed.refusal_of(result)
    if refused is not None:
        message += f"；原来的出错说明没有认可（{refused}），请改写"
    return Fault(pointer, message, code, details)
