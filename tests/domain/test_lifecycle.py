import pytest

from app.domain.lifecycle import Action, Basis, Status, allowed
from app.domain.roles import Right, Role

STEPS = {
    (Action.SUBMIT, Status.DRAFT): Status.SUBMITTED,
    (Action.SUBMIT, Status.RETURNED): Status.SUBMITTED,
    (Action.WITHDRAW, Status.SUBMITTED): Status.DRAFT,
    (Action.RETURN, Status.SUBMITTED): Status.RETURNED,
    (Action.RETURN, Status.ACCEPTED): Status.RETURNED,
    (Action.ACCEPT, Status.SUBMITTED): Status.ACCEPTED,
    (Action.PUBLISH, Status.ACCEPTED): Status.PUBLISHED,
    (Action.REVISE, Status.PUBLISHED): Status.DRAFT,
}


def test_the_steps_are_these_and_no_others() -> None:
    found = {(action, status): leads for action in Action for status, leads in action.steps.items()}
    assert found == STEPS


@pytest.mark.parametrize("status", Status)
def test_what_may_be_done_in_each_state(status: Status) -> None:
    assert allowed(status) == [action for action in Action if (action, status) in STEPS]


def test_what_may_be_done_depends_on_the_rights_too() -> None:
    assert allowed(Status.SUBMITTED, Role.REPORTER.rights) == [Action.WITHDRAW]
    assert allowed(Status.SUBMITTED, Role.REVIEWER.rights) == [Action.RETURN, Action.ACCEPT]
    assert allowed(Status.ACCEPTED, Role.REPORTER.rights) == [Action.PUBLISH]
    assert allowed(Status.SUBMITTED, Role.READER.rights) == []


def test_what_takes_something_back_says_why() -> None:
    assert [action for action in Action if action.needs_reason] == [
        Action.WITHDRAW,
        Action.RETURN,
        Action.REVISE,
    ]
    assert [action for action in Action if action.needs_places] == [Action.RETURN]


def test_writing_takes_one_right_and_judging_another() -> None:
    assert {action: action.right for action in Action} == {
        Action.SUBMIT: Right.FILE,
        Action.WITHDRAW: Right.FILE,
        Action.RETURN: Right.REVIEW,
        Action.ACCEPT: Right.REVIEW,
        Action.PUBLISH: Right.PUBLISH,
        Action.REVISE: Right.FILE,
    }


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
    assert [action.label for action in Action] == ["上报", "撤回", "退回", "审核通过", "公布", "更正"]


def test_a_roll_up_counts_reports_from_a_state_on() -> None:
    assert Basis.SUBMITTED.statuses == (Status.SUBMITTED, Status.ACCEPTED, Status.PUBLISHED)
    assert Basis.ACCEPTED.statuses == (Status.ACCEPTED, Status.PUBLISHED)


def test_what_a_roll_up_counts_in_words() -> None:
    assert [basis.label for basis in Basis] == ["已上报的报告", "审核通过的报告"]
