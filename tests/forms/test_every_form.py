"""What holds for every form, whatever it prints."""

from collections.abc import Iterator

import pytest

from app.forms import FORMS
from app.forms.model import Axis, ReportForm

EACH = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.version)


def texts(axes: tuple[Axis, ...]) -> Iterator[str]:
    """Yield every label, those that only span others too."""
    for axis in axes:
        yield axis.label
        yield from texts(axis.children)


@EACH
def test_every_total_comes_after_the_totals_among_its_parts(form: ReportForm) -> None:
    done: set[str] = set()
    for total, parts in form.totals.items():
        assert {part for part in parts if part in form.totals} <= done
        done.add(total)


@EACH
def test_pending_at_end_is_typed_not_worked_out_but_for_its_total(form: ReportForm) -> None:
    totals = {code for code in form.totals if ".pending_at_end." in code}
    assert totals == {"requests.pending_at_end.total"}


@EACH
def test_sums_of_700_000_reports_fit_a_signed_64_bit_column(form: ReportForm) -> None:
    assert all(700_000 * cell.measure.most < 2**63 for cell in form.cells.values() if cell.measure.is_count)


@EACH
def test_every_indicator_speaks_of_cells_of_the_form(form: ReportForm) -> None:
    for indicator in form.indicators:
        assert set(indicator.cells) <= form.cells.keys()


@EACH
def test_indicators_as_county_staff_call_them(form: ReportForm) -> None:
    assert {indicator.code: indicator.label for indicator in form.indicators} == {
        "granted": "公开率",
        "partially_granted": "部分公开率",
        "denied": "不予公开率",
        "reconsideration_reversed": "复议纠错率",
        "litigation_reversed": "诉讼败诉率",
        "carried_over": "结转率",
        "applicant_natural_person": "申请人占比（自然人）",
        "applicant_business": "申请人占比（商业企业）",
        "applicant_research": "申请人占比（科研机构）",
        "applicant_public_welfare": "申请人占比（社会公益组织）",
        "applicant_legal_service": "申请人占比（法律服务机构）",
        "applicant_other_organisation": "申请人占比（其他）",
    }


@EACH
def test_short_names_tell_the_rows_and_columns_of_a_table_apart(form: ReportForm) -> None:
    """A message that names a row by its short name must mean one row."""
    for table in form.tables:
        spoken = [row.spoken for row in table.rows()]
        assert len(set(spoken)) == len(spoken)
        for row in table.rows():
            columns = [column.spoken for column in table.columns_of(row.code)]
            assert len(set(columns)) == len(columns)


@EACH
def test_no_label_has_a_space_or_a_line_break(form: ReportForm) -> None:
    blocks = [block for table in form.tables for block in table.blocks]
    labels = [text for block in blocks for text in texts(block.rows + block.columns)]
    assert not [text for text in labels if any(letter.isspace() for letter in text)]


@EACH
def test_every_measure_has_a_name_and_only_one_measure_is_money(form: ReportForm) -> None:
    assert all(measure.name and measure.unit for measure in form.measures)
    assert len([measure for measure in form.measures if not measure.is_count]) == 1


def test_a_cell_of_two_forms_means_the_same_in_both() -> None:
    former, in_force = FORMS
    for code in former.cells.keys() & in_force.cells.keys():
        assert former.cells[code].label == in_force.cells[code].label
        assert former.cells[code].measure is in_force.cells[code].measure
