"""When two names in the records stand for one person."""

from __future__ import annotations

import pytest

from app.auth.actor import COMMAND_LINE, Credential, same_name
from app.domain.roles import Right


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张三", "张三"),
        ("张三", " 张　三\t"),
        ("zhang-san", "Zhang-San"),
        ("zhang01", "ｚｈａｎｇ０１"),
        ("Strauß", "STRAUSS"),
        ("张三", "张\u200b三"),
        ("张三", "\u202e张三\ufeff"),
        ("张三", "张\u3164三\u034f\ufe0f\u2800"),
        ("（张三）", "(张三)"),
    ],
    ids=ascii,
)
def test_width_case_and_what_can_t_be_seen_make_no_other_person(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("张三", "张三丰"), ("张三", "李四"), ("zhang-san", "zhangsan"), ("张三1", "张三2")],
    ids=ascii,
)
def test_letters_and_marks_make_another_person(one: str, other: str) -> None:
    assert not same_name(one, other)


def test_the_operator_at_the_machine_may_do_all_everywhere() -> None:
    assert COMMAND_LINE.rights == frozenset(Right)
    assert (COMMAND_LINE.under, COMMAND_LINE.role, COMMAND_LINE.address) == (None, None, None)


def test_the_records_name_a_token_and_a_link_with_their_ids() -> None:
    assert Credential.TOKEN.named("A1") == "token:A1"
    assert Credential.LINK.named("A1") == "link:A1"
    assert Credential.TOKEN.id_in("token:A1") == "A1"


@pytest.mark.parametrize("name", ["link:A1", "tokens:A1", "oidc", "command-line", ""])
def test_what_is_named_as_no_token_has_no_token_s_id(name: str) -> None:
    assert Credential.TOKEN.id_in(name) is None
