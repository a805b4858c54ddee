import re

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


def test_r01_to_r10_are_mandatory_and_laid_down_in_the_notice() -> None:
    for number in range(1, 11):
        rule = RULES[f"R{number:02d}"]
        assert rule.level is Level.MANDATORY
        for form in FORMS:
            source = rule.source_on(form)
            assert source is not None
            assert source.startswith(form.notice)


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
