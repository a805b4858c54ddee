"""Explaining findings along with a save: which explanations are new, and keeping them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from app.domain.acts import Act
from app.domain.explanations import Explained, ExplanationState, fault_of_text
from app.domain.guesses import guess
from app.domain.rules import Level
from app.errors import Fault, InvalidRequest
from app.services.audit import record_report
from app.storage.explanations import Explanation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.auth.actor import Actor
    from app.domain.explanations import Explanations
    from app.domain.results import Result
    from app.domain.values import Values
    from app.services.filed import Filed
    from app.storage.engine import WriteSession

Place: TypeAlias = tuple[str, str]
"""A rule and the place that its finding names: together they say which finding is meant."""
_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says about a finding.

    Attributes:
        rule: id of the rule.
        code: the place that the finding names.
        text: the explanation.
    """

    rule: str
    code: str
    text: str

    @property
    def place(self) -> Place:
        """Which finding is meant."""
        return self.rule, self.code


def explain(
    filed: Filed, actor: Actor, said: Sequence[Said], version: int, at: str = "/explanations"
) -> tuple[Filed, list[Explained]]:
    """Return a report with what is said of its findings, and what of that is new.

    Args:
        filed: the report as it is to be.
        actor: who explains.
        said: what; a text that stands already is none.
        version: the number of the version that is explained.
        at: where in the request it stands.

    Raises:
        InvalidRequest: there is no such finding, or a text is too short; what could be explained is named.
    """
    if not said:
        return filed, []
    fresh = explained_by(
        filed.results, filed.content.values, filed.explanations, said, (actor.holder, version), at
    )
    return replace(filed, explanations=filed.explanations.with_more(fresh)), fresh


def explained_by(
    results: Iterable[Result],
    values: Values,
    known: Explanations,
    said: Sequence[Said],
    whose: tuple[str, int] = ("", 1),
    at: str = "/explanations",
) -> list[Explained]:
    """Return what is new of what is said about findings.

    Args:
        results: what came of the rules.
        values: the numbers that they were judged on.
        known: what was explained before.
        said: what is said now.
        whose: who says it, of which version.
        at: where in the request it stands.

    Raises:
        InvalidRequest: see `explain`.
    """
    found = {(result.rule.id, result.code): result for result in results}
    given_by, version = whose
    now, fresh, faults = datetime.now(UTC), [], list(_repeated(said, at))
    for number, one in enumerate(said):
        result = found.get(one.place)
        wrong = _says_nothing(one, f"{at}/{number}/text")
        if result is None or not result.needs_explanation:
            faults.append(_not_there(one, found, f"{at}/{number}"))
        elif (before := known.of(values, result)) is not None and before.text == one.text.strip():
            faults += _refused_before(before, f"{at}/{number}/text")
        elif wrong is None:
            basis = result.basis(values)
            fresh.append(Explained(one.rule, one.code, basis, one.text.strip(), version, given_by, now))
        faults += [wrong] if wrong is not None else []
    if faults:
        raise InvalidRequest("出错说明没有写清楚，请逐条改正", faults)
    return fresh


def _repeated(said: Sequence[Said], at: str) -> Iterable[Fault]:
    seen: set[Place] = set()
    for number, one in enumerate(said):
        if one.place in seen:
            yield Fault(f"{at}/{number}", f"“{one.rule} {one.code}”说明了两次，分不清该用哪一条", "repeated")
        seen.add(one.place)


def _says_nothing(one: Said, pointer: str) -> Fault | None:
    fault = fault_of_text(one.text)
    if fault is None:
        return None
    return Fault(pointer, f"出错说明{fault}；请写明为什么这个数没有错", "too-short")


def _refused_before(before: Explained, pointer: str) -> Iterable[Fault]:
    if before.state is ExplanationState.REFUSED and before.review is not None:
        message = f"这条说明没有认可（{before.review.reason}）；请改写，或者改正所填的数"
        yield Fault(pointer, message, "refused-before")


def _not_there(one: Said, found: Mapping[Place, Result], pointer: str) -> Fault:
    named = f"“{one.rule} {one.code}”"
    possible = [place for place, result in found.items() if result.needs_explanation]
    result = found.get(one.place)
    if result is not None and result.blocks:
        message = f"{named}是强制性规则，要改正，不能用说明代替"
    elif result is not None and result.rule.level is not Level.TO_EXPLAIN:
        message = f"{named}不用写出错说明"
    else:
        message = f"现在没有{named}这一处核实性问题{guess(' '.join(one.place), map(' '.join, possible))}"
    message = with_choice(message, "可以说明的有", [f"{rule} {code}" for rule, code in possible])
    details = {"explainable": [{"rule": rule, "code": code} for rule, code in possible]}
    return Fault(pointer, message, "unknown-finding", details)


def with_choice(message: str, what: str, named: Sequence[str]) -> str:
    """Add to a message which findings there are now, the first few by name."""
    pause = "" if message.endswith("？") else "；"
    more = f"等 {len(named)} 处" if len(named) > _MOST_NAMED else ""
    return f"{message}{pause}现在{what}：{'、'.join(named[:_MOST_NAMED]) or '没有'}{more}"


def keep_explanations(session: WriteSession, actor: Actor, filed: Filed, fresh: Sequence[Explained]) -> None:
    """Keep explanations that are new, and tell the audit trail what was said of what."""
    if not fresh:
        return
    for one in fresh:
        session.add(
            Explanation(
                report_id=filed.key,
                version=one.version,
                rule=one.rule,
                code=one.code,
                basis=one.basis,
                text=one.text,
                given_by=one.given_by,
                given_at=one.given_at,
            )
        )
    session.flush()
    told = [{"rule": one.rule, "code": one.code, "text": one.text} for one in fresh]
    said = {"version": filed.report.version, "explanations": told}
    record_report(session, actor, Act.REPORT_EXPLAIN, (filed.agency, filed.report), details=said)
