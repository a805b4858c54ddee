from app.domain.acts import Act
from app.domain.lifecycle import Action
from app.domain.roles import RIGHTS, Right, Role, roles_with


def test_whoever_writes_figures_never_judges_them_nor_hands_out_tokens() -> None:
    for role in Role:
        apart = role.rights & {Right.FILE, Right.REVIEW, Right.MANAGE_TOKENS}
        assert len(apart) <= 1, role


def test_every_role_reads_and_a_reader_does_nothing_else() -> None:
    assert roles_with(Right.READ) == list(Role)
    assert Role.READER.rights == {Right.READ}


def test_every_right_is_somebody_s() -> None:
    for right in Right:
        assert roles_with(right) == [role for role in Role if right in RIGHTS[role]] != []


def test_roles_rights_and_acts_have_their_names_in_chinese() -> None:
    assert [role.label for role in Role] == ["填报", "审核", "管理", "查阅", "对接系统"]
    for named in (*Right, *Act):
        assert named.label
        assert not named.label.isascii()


def test_every_step_of_a_report_is_an_act_of_the_same_name() -> None:
    for action in Action:
        assert Act(f"report.{action}").label == action.label
