"""The one gate: a report that has been 上报 can never break a mandatory rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.judging import judge
from app.domain.results import blocking, described
from app.errors import Fault, RulesBroken

if TYPE_CHECKING:
    from app.domain.content import Content
    from app.domain.results import Result


def pass_gate(content: Content) -> list[Result]:
    """Return the verdict on a report that may be 上报.

    Raises:
        RulesBroken: it may not; every mandatory rule that isn't kept is named.
    """
    results = judge(content)
    blocked = blocking(results)
    if blocked:
        raise RulesBroken(_summary(blocked), [fault_of(content, result) for result in blocked])
    return results


def fault_of(content: Content, result: Result) -> Fault:
    """Turn a result into what is wrong with a request."""
    details = described(content.form, content.values, result)
    return Fault(str(details.pop("pointer")), str(details.pop("message")), str(details.pop("code")), details)


def _summary(blocked: list[Result]) -> str:
    rules = "、".join(sorted({result.rule.id for result in blocked}))
    return f"有 {len(blocked)} 处不符合强制性规则（{rules}），没有保存；请逐条改正后再上报，或者先存为草稿"
