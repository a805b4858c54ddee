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
        assert rule.source is not None
        assert rule.source.startswith("国办公开办函〔2021〕30号")


def test_what_no_report_shows_by_itself_is_kept_by_the_service() -> None:
    assert {rule.id for rule in CATALOGUE if rule.keeper is Keeper.SERVICE} == {"R19", "R37", "R40"}


def test_every_title_is_one_line_without_a_full_stop() -> None:
    assert not [
        rule for rule in CATALOGUE if not rule.title or "\n" in rule.title or rule.title.endswith("。")
    ]
