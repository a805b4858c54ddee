import re
from string import Formatter

import pytest

from app.domain.messages import MESSAGES
from app.domain.results import Outcome
from app.domain.rules import CATALOGUE, RULES, Keeper, Level
from app.forms import FORMS


def test_every_rule_has_an_id_of_its_own() -> None:
    assert len(RULES) == len(CATALOGUE)


def test_rules_come_in_the_order_of_their_ids() -> None:
    ids = [rule.id for rule in CATALOGUE]
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"R[0-9]{2}", rule_id) for rule_id in ids)


def test_every_balance_of_every_form_belongs_to_a_mandatory_rule_of_the_catalogue() -> None:
    for form in FORMS:
        for balance in form.balances:
            assert RULES[balance.rule].level is Level.MANDATORY


def test_levels_as_county_staff_call_them() -> None:
    assert {level.value: level.label for level in Level} == {"E": "强制性", "W": "核实性", "I": "提示性"}


def test_r01_to_r10_are_mandatory() -> None:
    assert {RULES[f"R{number:02d}"].level for number in range(1, 11)} == {Level.MANDATORY}


def test_only_what_is_printed_on_the_form_has_its_notice_as_source() -> None:
    """How totals add up is good sense, not law: of the balances the form prints R07's alone."""
    for form in FORMS:
        laid_down = {rule.id for rule in CATALOGUE if (rule.source_on(form) or "").startswith(form.notice)}
        assert laid_down == {"R01", "R02", "R03", "R06", "R07", "R15"}


def test_what_no_report_shows_by_itself_is_kept_by_the_service() -> None:
    assert {rule.id for rule in CATALOGUE if rule.keeper is Keeper.SERVICE} == {"R19", "R37", "R40"}


def test_every_title_is_one_line_without_a_full_stop() -> None:
    titles = [rule.title_on(form) for rule in CATALOGUE for form in FORMS]
    assert not [title for title in titles if not title or "\n" in title or title.endswith("。")]
    assert not [title for title in titles if "{" in title]


def test_what_counts_and_amounts_may_be_is_said_of_each_form() -> None:
    former, in_force = FORMS
    assert RULES["R05"].title_on(in_force) == "件数是大于等于 0 的整数"
    assert RULES["R05"].title_on(former) == "件数是大于等于 0 的整数（本年增/减可以小于 0）"
    assert RULES["R06"].title_on(in_force) == "收费金额以万元为单位，大于等于 0，最多 6 位小数"
    assert RULES["R06"].title_on(former) == "采购总金额以元为单位，大于等于 0，最多 2 位小数"


# What they say


def fields_of(template: str) -> set[str]:
    return {name for _, name, *_ in Formatter().parse(template) if name is not None}


def test_every_rule_but_one_says_something_and_nobody_else_does() -> None:
    assert [rule.id for rule in CATALOGUE if not rule.messages] == ["R19"]
    assert MESSAGES.keys() <= RULES.keys()


def test_a_message_s_name_begins_with_what_it_tells() -> None:
    names = {name for rule in CATALOGUE for name in rule.messages}
    assert {name.partition(".")[0] for name in names} == {*map(str, Outcome), "refused", "part"}
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", name) for name in names)


def test_a_message_with_all_its_fields_is_as_str_format_has_it() -> None:
    for rule in CATALOGUE:
        for name, template in rule.messages.items():
            fields = {field: f"%{{{place}}}%" for place, field in enumerate(fields_of(template))}
            assert rule.say(name, **fields) == template.format(**fields)


def test_a_message_that_lacks_a_field_or_that_nobody_wrote_is_an_error() -> None:
    for rule in CATALOGUE:
        for name, template in rule.messages.items():
            for lacking in fields_of(template):
                fields = dict.fromkeys(fields_of(template) - {lacking}, 1)
                with pytest.raises(KeyError, match=lacking):
                    rule.say(name, **fields)
    for rule_id, nobodys in (("R07", "borken"), ("R19", "kept")):
        with pytest.raises(KeyError):
            RULES[rule_id].say(nobodys)


def test_on_a_form_a_message_has_the_rule_s_title_and_the_form_s_notice() -> None:
    former, in_force = FORMS
    open_ = "还有 {count} 格没有填，没法核对“件数是大于等于 0 的整数（本年增/减可以小于 0）”"
    assert RULES["R05"].messages_on(former)["not_evaluated"] == open_
    assert RULES["R33"].messages_on(in_force)["kept"] == "引用的是国办公开办函〔2021〕30号"
    assert RULES["R07"].messages_on(in_force) == RULES["R07"].messages
    assert RULES["R19"].messages_on(in_force) == {}
    shown = [text for rule in CATALOGUE for form in FORMS for text in rule.messages_on(form).values()]
    assert not [text for text in shown if {"title", "notice"} & fields_of(text)]
