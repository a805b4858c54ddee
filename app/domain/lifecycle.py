"""The states of a report and what may be done in each."""

from __future__ import annotations

from enum import StrEnum


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

    @property
    def label(self) -> str:
        """As county staff call it."""
        return {Action.SUBMIT: "上报", Action.WITHDRAW: "撤回"}[self]


TRANSITIONS: dict[Action, dict[Status, Status]] = {
    Action.SUBMIT: {Status.DRAFT: Status.SUBMITTED, Status.RETURNED: Status.SUBMITTED},
    Action.WITHDRAW: {Status.SUBMITTED: Status.DRAFT},
}
"""Where each action leads, from each state that allows it."""


def allowed(status: Status) -> list[Action]:
    """Return what may be done with a report in this state."""
    return [action for action, steps in TRANSITIONS.items() if status in steps]


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
