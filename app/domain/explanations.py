"""出错说明: what somebody wrote about a finding that may be right all the same, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.unseen import letters_seen, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.results import Result
    from app.domain.values import Values

LEAST_CHARACTERS = 10
"""Letters and digits: shorter ones explain nothing."""


class ExplanationState(StrEnum):
    """What came of an explanation."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"given": "待审核", "accepted": "已认可", "refused": "未认可"}[self.value]


class Need(StrEnum):
    """What is still wanted of a finding."""

    EXPLANATION = "explanation"
    ACCEPTANCE = "acceptance"
    REASON = "reason"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {"explanation": "出错说明", "acceptance": "认可出错说明", "reason": "公布的原因"}[self.value]


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer made of an explanation.

    Attributes:
        accepted: whether it will do.
        reason: why not.
        reviewed_by: who said so.
        reviewed_at: when.
    """

    accepted: bool
    reason: str | None
    reviewed_by: str
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation of one finding.

    Attributes:
        rule: id of the rule.
        code: the place that the finding names.
        basis: digest of all that it speaks of; it holds as long as the finding has the same.
        text: what was written.
        version: the report's version when it was.
        given_by: who wrote it.
        given_at: when.
        reviews: what reviewers made of it, the oldest first; the last counts.
        id: its row number; None until it is kept.
    """

    rule: str
    code: str
    basis: str
    text: str
    version: int
    given_by: str
    given_at: datetime
    reviews: tuple[Review, ...] = ()
    id: int | None = None

    @property
    def review(self) -> Review | None:
        """What came of it lastly; None where nobody has looked at it."""
        return self.reviews[-1] if self.reviews else None

    @property
    def state(self) -> ExplanationState:
        """What came of it."""
        if self.review is None:
            return ExplanationState.GIVEN
        return ExplanationState.ACCEPTED if self.review.accepted else ExplanationState.REFUSED

    def until(self, moment: datetime) -> Explained:
        """Return it as it stood at a moment."""
        return replace(self, reviews=tuple(one for one in self.reviews if one.reviewed_at <= moment))


@dataclass(frozen=True, slots=True)
class Explanations:
    """All explanations of a report, also those that no longer hold, the oldest first."""

    items: tuple[Explained, ...] = ()

    def of(self, values: Values, result: Result) -> Explained | None:
        """Return the explanation that holds for a finding: the last one with its basis."""
        if not self.items or not result.needs_explanation:
            return None
        basis = result.basis(values)
        return next((one for one in reversed(self.items) if one.basis == basis), None)

    def with_more(self, more: Iterable[Explained]) -> Explanations:
        """Return these and some that were given after them."""
        return Explanations((*self.items, *more))

    def until(self, moment: datetime) -> Explanations:
        """Return those that there were at a moment, as they stood then."""
        return Explanations(tuple(one.until(moment) for one in self.items if one.given_at <= moment))

    def up_to(self, version: int) -> Explanations:
        """Return those that were given up to a version."""
        return Explanations(tuple(one for one in self.items if one.version <= version))

    def unexplained(self, values: Values, results: Iterable[Result]) -> list[Result]:
        """Return the findings with which a report can't be 上报 for want of an explanation.

        One that a reviewer refused is none.
        """
        return self._lacking(values, results, (ExplanationState.GIVEN, ExplanationState.ACCEPTED))

    def unaccepted(self, values: Values, results: Iterable[Result]) -> list[Result]:
        """Return the findings with which a report can't be 审核通过: none of theirs was accepted."""
        return self._lacking(values, results, (ExplanationState.ACCEPTED,))

    def _lacking(
        self, values: Values, results: Iterable[Result], wanted: tuple[ExplanationState, ...]
    ) -> list[Result]:
        return [
            result
            for result in results
            if result.needs_explanation
            and ((said := self.of(values, result)) is None or said.state not in wanted)
        ]


NOTHING_EXPLAINED = Explanations()


def fault_of_text(text: str) -> str | None:
    """Say why a text explains nothing; None where it may explain something.

    Letters and digits that can be seen count, nothing else; one of them over and over says nothing.
    """
    letters = letters_seen(text)
    short = LEAST_CHARACTERS - len(letters)
    if short > 0:
        return f"至少写 {LEAST_CHARACTERS} 个字（标点、空格和看不见的字符不算），现在少 {short} 个"
    if len(set(plain(letters))) == 1:
        return f"只是“{letters[0]}”重复了 {len(letters)} 次，没有说明什么，请写明原因"
    return None


def described_explanation(explained: Explained | None) -> dict[str, object] | None:
    """Return an explanation as a finding's JSON has it."""
    if explained is None:
        return None
    review = explained.review
    return {
        "text": explained.text,
        "version": explained.version,
        "given_by": explained.given_by,
        "given_at": _written(explained.given_at),
        "state": explained.state.value,
        "reviewed_by": None if review is None else review.reviewed_by,
        "reviewed_at": None if review is None else _written(review.reviewed_at),
        "reason": None if review is None else review.reason,
    }


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
