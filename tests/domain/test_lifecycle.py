import pytest

from app.domain.lifecycle import TRANSITIONS, Action, Basis, Status, allowed


def test_a_draft_or_a_returned_report_may_be_submitted() -> None:
    assert TRANSITIONS[Action.SUBMIT] == {
        Status.DRAFT: Status.SUBMITTED,
        Status.RETURNED: Status.SUBMITTED,
    }


def test_a_submitted_report_may_be_withdrawn_to_a_draft() -> None:
    assert TRANSITIONS[Action.WITHDRAW] == {Status.SUBMITTED: Status.DRAFT}


def test_every_action_has_its_steps() -> None:
    assert set(TRANSITIONS) == set(Action)


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        (Status.DRAFT, [Action.SUBMIT]),
        (Status.RETURNED, [Action.SUBMIT]),
        (Status.SUBMITTED, [Action.WITHDRAW]),
        (Status.ACCEPTED, []),
        (Status.PUBLISHED, []),
    ],
)
def test_what_may_be_done_in_each_state(status: Status, actions: list[Action]) -> None:
    assert allowed(status) == actions


@pytest.mark.parametrize(
    ("status", "label", "editable", "closed"),
    [
        (Status.DRAFT, "草稿", True, False),
        (Status.SUBMITTED, "已上报", False, False),
        (Status.RETURNED, "已退回", True, False),
        (Status.ACCEPTED, "审核通过", False, True),
        (Status.PUBLISHED, "已公布", False, True),
    ],
)
def test_states_as_county_staff_know_them(
    status: Status, label: str, *, editable: bool, closed: bool
) -> None:
    assert (status.label, status.is_editable, status.is_closed) == (label, editable, closed)


def test_actions_as_county_staff_call_them() -> None:
    assert [action.label for action in Action] == ["上报", "撤回"]


def test_a_roll_up_counts_reports_from_a_state_on() -> None:
    assert Basis.SUBMITTED.statuses == (Status.SUBMITTED, Status.ACCEPTED, Status.PUBLISHED)
    assert Basis.ACCEPTED.statuses == (Status.ACCEPTED, Status.PUBLISHED)


def test_what_a_roll_up_counts_in_words() -> None:
    assert [basis.label for basis in Basis] == ["已上报的报告", "审核通过的报告"]
