from hypothesis import given
from hypothesis import strategies as st

from app.domain.totals import amend, complete, patch, replace_part, sum_of
from app.domain.values import Values
from app.forms.annual_2021 import FORM
from app.forms.model import CellCode, ReportForm
from tests.builders import a_balanced_report, any_values, balanced_values, on_any_form, typed_cells

Case = tuple[ReportForm, Values]

ROW = [code for code in FORM.cells if code.startswith("requests.granted.")]
some_cells = st.sets(st.sampled_from(list(FORM.cells)), max_size=8)
some_changes = st.dictionaries(st.sampled_from(list(FORM.cells)), st.none() | st.integers(0, 99), max_size=8)


def depends(code: CellCode) -> set[CellCode]:
    """Return the totals that a cell is a part of, directly or through another total."""
    direct = {total for total, parts in FORM.totals.items() if code in parts}
    return direct.union(*(depends(total) for total in direct))


class TestSum:
    def test_cells_that_are_all_there(self) -> None:
        assert sum_of({"a": 1, "b": 0, "c": 5}, ("a", "b")) == 1

    def test_a_missing_cell_makes_the_sum_unknown(self) -> None:
        assert sum_of({"a": 1, "b": None}, ("a", "b")) is None

    def test_no_cells_add_up_to_nothing(self) -> None:
        assert sum_of({}, ()) == 0


class TestComplete:
    @given(on_any_form(balanced_values))
    def test_totals_that_were_not_sent_come_out_as_a_balanced_report_has_them(self, case: Case) -> None:
        form, values = case
        assert complete(form, {code: values[code] for code in typed_cells(form)}) == values

    @given(on_any_form(any_values))
    def test_what_was_sent_stands(self, case: Case) -> None:
        form, values = case
        assert complete(form, values) == values

    def test_a_total_sent_as_null_stays_missing(self) -> None:
        sent: dict[CellCode, int | None] = dict.fromkeys(typed_cells(), 0)
        sent["requests.granted.total"] = None
        values = complete(FORM, sent)
        assert values["requests.granted.total"] is None
        assert values["requests.processed.total"] is None
        assert values["requests.processed.natural_person"] == 0

    def test_nothing_sent_is_everything_missing(self) -> None:
        assert complete(FORM, {}) == dict.fromkeys(FORM.cells)

    @given(some_cells)
    def test_a_total_is_missing_just_when_a_part_is_however_far_down(self, lost: set[CellCode]) -> None:
        sent = {code: 1 for code in typed_cells() if code not in lost}
        unknown = {code for code, value in complete(FORM, sent).items() if value is None}
        typed = lost - FORM.totals.keys()
        assert unknown == typed.union(*map(depends, typed))

    def test_a_total_of_totals_is_worked_out_from_them(self) -> None:
        values = complete(FORM, dict.fromkeys(typed_cells(), 1))
        assert values["requests.granted.total"] == 6
        assert values["requests.processed.natural_person"] == 21
        assert values["requests.processed.total"] == 126


class TestAmend:
    def test_totals_that_a_change_touches_follow_it_and_theirs_too(self) -> None:
        values = a_balanced_report()
        code = "requests.granted.business"
        amended = amend(FORM, values, {code: (values[code] or 0) + 10})
        differences = {
            cell: (amended[cell] or 0) - (values[cell] or 0)
            for cell in FORM.cells
            if amended[cell] != values[cell]
        }
        assert differences == {
            code: 10,
            "requests.granted.total": 10,
            "requests.processed.business": 10,
            "requests.processed.total": 10,
        }

    def test_a_total_sent_with_the_change_stands_and_counts_in_its_own_totals(self) -> None:
        values = a_balanced_report()
        amended = amend(FORM, values, {"requests.granted.business": 0, "requests.granted.total": 7})
        assert amended["requests.granted.total"] == 7
        parts = FORM.totals["requests.processed.total"]
        assert amended["requests.processed.total"] == sum(amended[part] or 0 for part in parts)

    def test_a_total_that_lost_a_part_becomes_missing(self) -> None:
        amended = amend(FORM, a_balanced_report(), {"proceedings.reconsideration.other": None})
        assert amended["proceedings.reconsideration.total"] is None

    def test_a_total_that_was_wrong_and_is_not_touched_stays_as_it_was(self) -> None:
        values = a_balanced_report() | {"proceedings.reconsideration.total": 999}
        amended = amend(FORM, values, {"requests.granted.business": 0})
        assert amended["proceedings.reconsideration.total"] == 999

    def test_a_total_named_again_is_worked_out_with_no_change_to_its_parts(self) -> None:
        values = a_balanced_report() | {"proceedings.reconsideration.total": 999}
        amended = amend(FORM, values, {}, ["proceedings.reconsideration.total"])
        assert amended == a_balanced_report()

    def test_cells_that_were_absent_are_missing(self) -> None:
        amended = amend(FORM, {}, {"disclosure.fees.amount": 0})
        assert amended == dict.fromkeys(FORM.cells) | {"disclosure.fees.amount": 0}

    @given(any_values(), some_changes)
    def test_only_the_changed_cells_and_totals_over_them_differ(
        self, values: Values, changes: Values
    ) -> None:
        amended = amend(FORM, values, changes)
        differing = {code for code in FORM.cells if amended[code] != values[code]}
        assert differing <= set(changes).union(*map(depends, changes))
        assert changes.items() <= amended.items()

    @given(balanced_values(most=99), some_changes)
    def test_totals_of_a_report_stay_right_whatever_else_is_changed(
        self, values: Values, changes: Values
    ) -> None:
        typed = {code: value for code, value in changes.items() if code not in FORM.totals}
        amended = amend(FORM, values, typed)
        assert amended == complete(FORM, {code: amended[code] for code in typed_cells()})


class TestReplacePart:
    def test_a_row_sent_without_its_total_gets_it_worked_out(self) -> None:
        sent = {code: 2 for code in ROW if code not in FORM.totals}
        values = replace_part(FORM, a_balanced_report(), ROW, sent)
        assert values["requests.granted.total"] == 12
        parts = FORM.totals["requests.processed.total"]
        assert values["requests.processed.total"] == sum(values[part] or 0 for part in parts)

    def test_a_total_sent_stands_even_where_it_is_wrong(self) -> None:
        sent = dict.fromkeys(ROW, 2)
        assert replace_part(FORM, a_balanced_report(), ROW, sent)["requests.granted.total"] == 2

    def test_a_total_sent_as_null_stays_missing(self) -> None:
        sent = dict.fromkeys(ROW, 2) | {"requests.granted.total": None}
        assert replace_part(FORM, a_balanced_report(), ROW, sent)["requests.granted.total"] is None

    def test_a_total_that_is_all_of_the_part_and_was_not_sent_is_worked_out(self) -> None:
        values = a_balanced_report() | {"proceedings.reconsideration.total": 999}
        assert replace_part(FORM, values, ["proceedings.reconsideration.total"], {}) == a_balanced_report()

    def test_a_cell_of_the_part_that_was_not_sent_becomes_missing(self) -> None:
        values = replace_part(FORM, a_balanced_report(), ROW, {})
        assert [values[code] for code in ROW] == [None] * 7
        assert values["requests.processed.total"] is None

    @given(on_any_form(lambda form: st.tuples(any_values(form), balanced_values(form))))
    def test_the_whole_form_is_a_part_of_itself(self, case: tuple[ReportForm, tuple[Values, Values]]) -> None:
        form, (values, sent) = case
        typed = {code: sent[code] for code in typed_cells(form)}
        assert replace_part(form, values, list(form.cells), typed) == complete(form, typed)


class TestPatch:
    def test_null_makes_a_cell_missing_and_the_totals_over_it(self) -> None:
        values = patch(FORM, a_balanced_report(), {"requests.granted.business": None})
        missing = {code for code, value in values.items() if value is None}
        assert missing == {
            "requests.granted.business",
            "requests.granted.total",
            "requests.processed.business",
            "requests.processed.total",
        }

    def test_null_has_a_total_worked_out_again(self) -> None:
        values = a_balanced_report() | {"requests.granted.total": 999}
        assert patch(FORM, values, {"requests.granted.total": None}) == a_balanced_report()

    def test_null_leaves_a_total_missing_that_lacks_a_part(self) -> None:
        values = a_balanced_report() | {"requests.granted.business": None}
        assert patch(FORM, values, {"requests.granted.total": None})["requests.granted.total"] is None

    def test_a_total_in_the_patch_stands(self) -> None:
        changes = {"requests.granted.business": 0, "requests.granted.total": 5}
        assert patch(FORM, a_balanced_report(), changes)["requests.granted.total"] == 5

    def test_an_empty_patch_changes_nothing(self) -> None:
        values = a_balanced_report() | {"requests.granted.total": 999}
        assert patch(FORM, values, {}) == values

    @given(any_values(), some_changes)
    def test_a_patch_laid_over_twice_changes_nothing_more(self, values: Values, changes: Values) -> None:
        once = patch(FORM, values, changes)
        assert patch(FORM, once, changes) == once

    @given(balanced_values(most=99), st.sets(st.sampled_from(list(FORM.totals))))
    def test_taking_totals_away_from_a_balanced_report_gives_it_back(
        self, values: Values, taken: set[CellCode]
    ) -> None:
        assert patch(FORM, values, dict.fromkeys(taken)) == values
