"""The states of a report and what may be done in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.roles import Right


class Status(StrEnum):
    """Where a report stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    PUBLISHED = "published"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _LABELS[self]

    @property
    def said(self) -> str:
        """What is said of a report in it, after “报告”."""
        return {Status.DRAFT: "是草稿", Status.ACCEPTED: "已审核通过"}.get(self, self.label)

    @property
    def is_editable(self) -> bool:
        """Whether it may be saved while rules are broken."""
        return self in (Status.DRAFT, Status.RETURNED)

    @property
    def is_closed(self) -> bool:
        """Whether no save may touch it."""
        return self in (Status.ACCEPTED, Status.PUBLISHED)


_LABELS = {
    Status.DRAFT: "草稿",
    Status.SUBMITTED: "已上报",
    Status.RETURNED: "已退回",
    Status.ACCEPTED: "审核通过",
    Status.PUBLISHED: "已公布",
}


class Action(StrEnum):
    """A step from one state to another."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RETURN = "return"
    ACCEPT = "accept"
    PUBLISH = "publish"
    REVISE = "revise"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _STEPS[self].label

    @property
    def right(self) -> Right:
        """What one must be allowed to do."""
        return _STEPS[self].right

    @property
    def needs_reason(self) -> bool:
        """Whether it must be said why."""
        return _STEPS[self].needs_reason

    @property
    def needs_places(self) -> bool:
        """Whether it must be said which cells or sections it is about."""
        return self is Action.RETURN

    @property
    def may_change_what_counts(self) -> bool:
        """Whether another version of the report, or none, may count afterwards."""
        return self not in (Action.ACCEPT, Action.REVISE)

    @property
    def steps(self) -> Mapping[Status, Status]:
        """Where it leads, from each state that allows it."""
        return _STEPS[self].leads


@dataclass(frozen=True, slots=True)
class _Step:
    label: str
    right: Right
    leads: Mapping[Status, Status]
    needs_reason: bool = False


_STEPS = {
    Action.SUBMIT: _Step(
        "上报",
        Right.FILE,
        {Status.DRAFT: Status.SUBMITTED, Status.RETURNED: Status.SUBMITTED},
    ),
    Action.WITHDRAW: _Step("撤回", Right.FILE, {Status.SUBMITTED: Status.DRAFT}, needs_reason=True),
    Action.RETURN: _Step(
        "退回",
        Right.REVIEW,
        {Status.SUBMITTED: Status.RETURNED, Status.ACCEPTED: Status.RETURNED},
        needs_reason=True,
    ),
    Action.ACCEPT: _Step("审核通过", Right.REVIEW, {Status.SUBMITTED: Status.ACCEPTED}),
    Action.PUBLISH: _Step("公布", Right.PUBLISH, {Status.ACCEPTED: Status.PUBLISHED}),
    Action.REVISE: _Step("更正", Right.FILE, {Status.PUBLISHED: Status.DRAFT}, needs_reason=True),
}


def allowed(status: Status, rights: Collection[Right] = frozenset(Right)) -> list[Action]:
    """Return what may be done with a report in this state, by somebody who has these rights."""
    return [action for action in Action if status in action.steps and action.right in rights]


class Basis(StrEnum):
    """From which state on a report counts in a roll-up."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {Basis.SUBMITTED: "已上报的报告", Basis.ACCEPTED: "审核通过的报告"}[self]

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The states whose reports are included."""
        later = (Status.ACCEPTED, Status.PUBLISHED)
        return (Status.SUBMITTED, *later) if self is Basis.SUBMITTED else later
