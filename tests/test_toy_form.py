"""A form that nobody has seen: its table, schema, checks, sums and workbook come from its data alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from jsonschema_rs import validator_for
from pydantic import ValidationError
from sqlalchemy import MetaData, insert, inspect, select

from app.auth.actor import COMMAND_LINE
from app.documents.workbook import ReportBook, RollUpBook, UnitRow, write_report, write_roll_up
from app.domain.judging import judge, judge_balances
from app.domain.results import not_kept
from app.domain.roll_up import roll_up
from app.domain.totals import complete
from app.domain.values import Values, flatten, nest
from app.forms.layout import addresses_of
from app.schemas.forms import form_out
from app.schemas.reports import body_model, out_model
from app.schemas.roll_ups import roll_up_model
from app.services.agencies import find_agency, key_of
from app.services.paths import path_in
from app.storage.audit import SYSTEM
from app.storage.models import REPORT
from app.storage.numbers import define_numbers, insert_numbers, read_numbers, update_numbers
from app.storage.sums import Part, Subtree, list_numbers, list_sources, sum_numbers
from tests.builders import a_balanced_report, a_content, a_toy_form, any_values, balanced_values
from tests.services.trees import NOON, Unit, plant
from tests.sheets import opened

if TYPE_CHECKING:
    from sqlalchemy import Table

    from app.storage.engine import Database, WriteSession

TOY = a_toy_form()
YEAR = 2001
DEPOSIT = "loans.adults.deposit"


# Storage


@pytest.fixture
def table(database: Database) -> Table:
    """Make the toy's wide table beside the service's own tables."""
    metadata = MetaData(naming_convention=REPORT.metadata.naming_convention)
    for own in REPORT.metadata.sorted_tables:
        own.to_metadata(metadata)
    defined = define_numbers(TOY, metadata)
    defined.create(database.engine)
    return defined


def file_toy(session: WriteSession, table: Table, code: str, values: Values) -> int:
    """File a report on the toy form as 上报 and return its row number."""
    agency = find_agency(session, COMMAND_LINE, code)
    row = {"agency_id": key_of(agency), "year": YEAR, "form": TOY.version, "status": "submitted"}
    rest = {"revision": 1, "version": 1, "was_submitted": True, "created_at": NOON, "updated_at": NOON}
    rest |= {"chain": SYSTEM}
    report: int = session.scalars(insert(REPORT).values(row | rest).returning(REPORT.c.id)).one()
    path = path_in(session, agency, YEAR)
    insert_numbers(session.connection(), table, report, year=YEAR, path=path, values=values)
    return report


def test_its_table_has_a_column_for_each_cell(database: Database, table: Table) -> None:
    columns = inspect(database.engine).get_columns("numbers_1999")
    assert [column["name"] for column in columns] == [
        *("report_id", "slot", "year", "path"),
        *(code.replace(".", "__") for code in TOY.cells),
    ]
    assert [column.name for column in table.columns] == [column["name"] for column in columns]


def test_its_numbers_are_stored_replaced_listed_and_added(database: Database, table: Table) -> None:
    plant(database, [Unit("A", None, status=None), Unit("A-1", "A", status=None)])
    one, other = a_balanced_report(TOY), a_balanced_report(TOY, **{DEPOSIT: 10**9 - 1})
    with database.writing() as session:
        first = file_toy(session, table, "A", dict.fromkeys(TOY.cells))
        second = file_toy(session, table, "A-1", other)
        update_numbers(session.connection(), table, first, one)
    with database.reading() as session:
        connection, subtree = session.connection(), Subtree(YEAR, "/A/", ("submitted",))
        assert read_numbers(connection, TOY, table, first) == one
        assert list_numbers(connection, TOY, table, subtree) == {first: one, second: other}
        assert [source.agency for source in list_sources(connection, table, subtree)] == ["A", "A-1"]
        assert sum_numbers(connection, TOY, table, subtree)[""] == roll_up(TOY, [one, other])
        assert sum_numbers(connection, TOY, table, subtree, Part.KIND) == {
            "government": roll_up(TOY, [one, other])
        }


def test_its_missing_cells_are_counted_not_added(database: Database, table: Table) -> None:
    plant(database, [Unit("A", None, status=None), Unit("A-1", "A", status=None)])
    reports = [a_balanced_report(TOY) | {DEPOSIT: None}, dict.fromkeys(TOY.cells)]
    with database.writing() as session:
        for code, values in zip(("A", "A-1"), reports, strict=True):
            file_toy(session, table, code, values)
    with database.reading() as session:
        total = sum_numbers(session.connection(), TOY, table, Subtree(YEAR, "/", ("submitted",)))[""]
        assert total == roll_up(TOY, reports)
        assert total.totals[DEPOSIT] is None
        assert session.execute(select(table.c[DEPOSIT.replace(".", "__")])).scalars().all() == [None, None]


# Schemas


def test_its_reports_are_validated_and_its_words_known() -> None:
    model = body_model(TOY)
    body = {"title": "甲", "narratives": {"opening": "全年开放。"}, **nest(TOY, a_balanced_report(TOY))}
    assert model.model_validate(body).sent_values(TOY) == a_balanced_report(TOY)
    assert model.model_validate({"loans": {"adults": {"deposit": "0.5"}}}).sent_values(TOY) == {DEPOSIT: 50}


WRONG: dict[str, dict[str, Any]] = {
    "a section of another form": {"requests": {}},
    "prose of another form": {"narratives": {"overview": "甲"}},
    "an unknown row": {"loans": {"elders": {}}},
    "an unknown column": {"loans": {"adults": {"tape": 1}}},
    "a negative count": {"loans": {"adults": {"paper": -1}}},
    "half a loan": {"loans": {"adults": {"paper": 0.5}}},
    "text for a count": {"loans": {"adults": {"paper": "1"}}},
    "a third of a cent": {"loans": {"adults": {"deposit": "0.333"}}},
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_it_doesn_t_know_is_refused_by_model_and_schema(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        body_model(TOY).model_validate(body)
    assert not validator_for(body_model(TOY).model_json_schema()).is_valid(body)


@settings(max_examples=30)
@given(any_values(TOY, most=10**9))
def test_its_json_schema_takes_its_own_reports(values: Values) -> None:
    assert validator_for(body_model(TOY).model_json_schema()).is_valid(nest(TOY, values))


def test_its_json_schema_speaks_of_nothing_else() -> None:
    schema = body_model(TOY).model_json_schema()
    assert {"loans", "narratives"} <= schema["properties"].keys()
    assert not {"disclosure", "requests", "proceedings"} & schema["properties"].keys()
    assert "万元" not in json.dumps(schema, ensure_ascii=False)


def test_it_is_given_out_as_data_that_is_enough_to_draw_it() -> None:
    out = form_out(TOY)
    assert [section.code for section in out.sections] == ["opening", "loans", "plans"]
    (table,) = [section.table for section in out.sections if section.table]
    assert {cell.code: cell.excel for cell in table.cells} == addresses_of(TOY)
    assert [cell.code for cell in table.cells if cell.is_total] == [c for c in TOY.cells if c in TOY.totals]
    assert {cell.measure.unit for cell in table.cells} == {"件", "元"}
    assert len(out.balances) == 7
    boxes = [
        (box.row + y, box.column + x)
        for box in table.grid.boxes
        for y in range(box.height)
        for x in range(box.width)
    ]
    assert sorted(boxes) == [(y, x) for y in range(table.grid.height) for x in range(table.grid.width)]


def test_its_reports_and_sums_are_given_out_in_its_own_tables() -> None:
    for model in (out_model(TOY), roll_up_model(TOY)):
        text = json.dumps(model.model_json_schema(), ensure_ascii=False)
        assert "乙、借阅情况" in text
        assert '"requests"' not in text


# Workbooks


def read_back(book: bytes) -> dict[str, object]:
    """Return what stands where the layout says that each cell stands."""
    sheets = opened(book)
    places = {code: place.split("!") for code, place in addresses_of(TOY).items()}
    return {code: sheets[sheet][cell].value for code, (sheet, cell) in places.items()}


@settings(max_examples=15)
@given(balanced_values(TOY) | any_values(TOY, most=10**9))
def test_its_workbook_holds_its_numbers(values: Values) -> None:
    content = a_content(TOY, year=YEAR, values=values)
    written = read_back(write_report(ReportBook(content, "示例阅览室", "草稿", judge(content), NOON)))
    for code, cell in TOY.cells.items():
        value, found = values[code], written[code]
        stored = None if found is None else round(float(str(found)) * 10**cell.measure.places)
        assert stored == value


def test_its_roll_up_has_a_workbook_too() -> None:
    reports = [a_balanced_report(TOY), a_balanced_report(TOY, **{DEPOSIT: 7})]
    total = roll_up(TOY, reports)
    book = RollUpBook(
        form=TOY,
        agency_code="A",
        agency="示例县",
        year=YEAR,
        status="临时",
        basis="已上报的报告",
        counts=[("应报", 2)],
        rolled=total,
        results=judge_balances(TOY, total.totals),
        units=[
            UnitRow(str(n), f"馆{n}", "乡级", "部门", "已上报", values) for n, values in enumerate(reports)
        ],
        missing=[],
        as_of=datetime(2002, 1, 31, tzinfo=UTC),
    )
    sheets = opened(write_roll_up(book))
    values = {cell.value for sheet in sheets for row in sheet for cell in row}
    assert total.totals["loans.everyone.all_media"] in values
    assert {"1.成人", "2.儿童", "押金（元）"} <= values


# All of it


@given(balanced_values(TOY))
def test_a_report_on_it_goes_the_whole_way(values: Values) -> None:
    sent = body_model(TOY).model_validate_json(json.dumps(nest(TOY, values)))
    completed = complete(TOY, sent.sent_values(TOY))
    assert completed == values
    assert not_kept(judge(a_content(TOY, year=YEAR, values=completed))) == []
    assert flatten(TOY, nest(TOY, roll_up(TOY, [completed]).totals)) == values
