"""Workbooks over HTTP: two other programs open them, and their numbers are those of the JSON."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from openpyxl.utils.cell import column_index_from_string as number_of
from openpyxl.utils.cell import coordinate_from_string
from openpyxl.utils.cell import get_column_letter as letters_of
from python_calamine import CalamineWorkbook

from app.documents.sheet_matrix import ABOUT_UNIT, ROWS_ABOVE_UNITS
from app.documents.sheet_tables import Figures, stack_of
from app.domain.values import flatten, to_text
from app.forms.annual_2021 import FORM
from app.forms.layout import addresses_of
from tests.api import (
    API,
    COUNTY,
    TEXTS,
    TOWN,
    YEAR,
    a_report,
    accept_report,
    address,
    assert_problem,
    file_report,
    register,
    register_county,
)
from tests.builders import a_balanced_report
from tests.services.trees import Unit, plant_many
from tests.sheets import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.storage.engine import Database

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROLL_UP = f"{API}/rollups/{COUNTY}/{YEAR}"
SHEETS_OF_ROLL_UP = ["汇总", "明细", "缺报", "校验"]
FIRST_TABLE_ROW = 6
FORMULAS = ["=1+1", "+8613800000000", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "\t=2"]


def export(client: TestClient, url: str) -> Response:
    answer = client.get(f"{url}/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    return answer


def by_openpyxl(book: bytes) -> Callable[[str], object]:
    """Return a way to look at cells by their address: `表三!D6`."""
    sheets = opened(book)

    def cell_at(where: str) -> object:
        sheet, _, coordinate = where.rpartition("!")
        return sheets[sheet][coordinate].value

    return cell_at


def by_calamine(book: bytes) -> Callable[[str], object]:
    """Return the same way, going by another program."""
    workbook = CalamineWorkbook.from_filelike(BytesIO(book))
    sheets: dict[str, list[list[Any]]] = {
        name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in workbook.sheet_names
    }

    def cell_at(where: str) -> object:
        sheet, _, coordinate = where.rpartition("!")
        letters, row = coordinate_from_string(coordinate)
        value: object = sheets[sheet][row - 1][number_of(letters) - 1]
        return None if value == "" else value

    return cell_at


READERS = pytest.mark.parametrize("reader", [by_openpyxl, by_calamine])


def expect_numbers(cell_at: Callable[[str], object], places: Mapping[str, str], values: Values) -> None:
    """Hold the cells at these places to these numbers, in the unit that people read."""
    assert len(places) == len(FORM.cells)
    for code, where in places.items():
        found, value = cell_at(where), values[code]
        assert (found is None) == (value is None), where
        if value is not None:
            assert Decimal(str(found)) == Decimal(to_text(FORM.cells[code].measure, value)), where


def places_of_totals(answer: dict[str, Any]) -> dict[str, str]:
    figures = Figures(FORM, flatten(FORM, answer["totals"]), answer["incomplete_cells"])
    return stack_of(figures, FIRST_TABLE_ROW).addresses_on("汇总")


def places_in_row(row: int) -> dict[str, str]:
    """Return where the numbers of a row of 明细 stand: a column for each cell in the form's order."""
    return {code: f"明细!{letters_of(at)}{row}" for at, code in enumerate(FORM.cells, len(ABOUT_UNIT) + 1)}


@READERS
def test_a_report_s_workbook_holds_the_numbers_of_its_json(
    client: TestClient, reader: Callable[[bytes], Callable[[str], object]]
) -> None:
    register_county(client)
    file_report(client, values=a_balanced_report(**{"disclosure.fees.amount": 437_880}))
    body = client.get(address()).json()
    book = export(client, address()).content
    expect_numbers(reader(book), addresses_of(FORM), flatten(FORM, body))
    assert reader(book)(addresses_of(FORM)["disclosure.fees.amount"]) == 0.43788
    assert CalamineWorkbook.from_filelike(BytesIO(book)).sheet_names == [
        "表二",
        "表三",
        "表四",
        "正文",
        "校验",
    ]


@READERS
def test_a_draft_s_workbook_leaves_missing_cells_empty(
    client: TestClient, reader: Callable[[bytes], Callable[[str], object]]
) -> None:
    register_county(client)
    lost = {"requests.received.total": None, "disclosure.fees.amount": None}
    zero = {"requests.granted.research": 0}
    file_report(client, draft=True, values=a_balanced_report(**zero) | lost)
    values = flatten(FORM, client.get(address()).json())
    assert [code for code in FORM.cells if values[code] is None] == list(reversed(lost))
    expect_numbers(reader(export(client, address()).content), addresses_of(FORM), values)


@READERS
def test_a_roll_up_s_workbook_holds_sums_and_every_unit_s_numbers(
    client: TestClient, reader: Callable[[bytes], Callable[[str], object]]
) -> None:
    towns = [TOWN, "640323102", "640323103"]
    register_county(client, *towns)
    for n, town in enumerate(towns[:2]):
        file_report(client, town, values=a_balanced_report(**{"disclosure.fees.amount": 10**6 * n + 1}))
    file_report(client, towns[2], draft=True)
    answer = client.get(ROLL_UP).json()
    cell_at = reader(export(client, ROLL_UP).content)
    totals = flatten(FORM, answer["totals"])
    expect_numbers(cell_at, places_of_totals(answer), totals)
    for row, source in enumerate(answer["sources"], ROWS_ABOVE_UNITS + 1):
        assert cell_at(f"明细!A{row}") == source["agency"]
        report = client.get(address(source["agency"])).json()
        expect_numbers(cell_at, places_in_row(row), flatten(FORM, report))
        unit_s = {
            c: p.replace("汇总!", f"机关{source['agency']}!") for c, p in places_of_totals(answer).items()
        }
        expect_numbers(cell_at, unit_s, flatten(FORM, report))
    expect_numbers(cell_at, places_in_row(ROWS_ABOVE_UNITS + 1 + len(answer["sources"])), totals)
    assert [cell_at(f"缺报!{letter}4") for letter in "ABC"] == [COUNTY, f"机关{COUNTY}", "不汇总"]
    assert [cell_at(f"缺报!{letter}5") for letter in "ABC"] == [towns[2], f"机关{towns[2]}", "未上报"]


def test_a_roll_up_of_nothing_is_a_workbook_of_empty_cells(client: TestClient) -> None:
    register_county(client)
    cell_at = by_openpyxl(export(client, ROLL_UP).content)
    answer = client.get(ROLL_UP).json()
    expect_numbers(cell_at, places_of_totals(answer), dict.fromkeys(FORM.cells))
    assert cell_at("缺报!A5") == TOWN


@pytest.mark.parametrize(("units", "sheets"), [(100, 104), (101, 4)])
def test_beyond_100_units_there_is_the_list_of_all_alone(
    database: Database, client: TestClient, units: int, sheets: int
) -> None:
    top = Unit(COUNTY, None, status=None)
    plant_many(database, top, [Unit(f"{COUNTY}{n:03}", COUNTY) for n in range(units)])
    book = export(client, ROLL_UP).content
    names = CalamineWorkbook.from_filelike(BytesIO(book)).sheet_names
    assert names[:4] == SHEETS_OF_ROLL_UP
    assert len(names) == sheets
    cell_at = by_calamine(book)
    assert ("不设各单位分表" in str(cell_at("汇总!A3"))) == (units > 100)
    rows = [cell_at(f"明细!A{ROWS_ABOVE_UNITS + 1 + n}") for n in range(units)]
    assert rows == [f"{COUNTY}{n:03}" for n in range(units)]


def test_units_of_the_same_name_have_sheets_of_their_own(client: TestClient) -> None:
    register_county(client, *("1", "2", "3"))
    for code, name in (("4", "汇总"), ("5", "名" * 60), ("6", "名" * 60 + "二"), ("7", "a/b:c*[d]?\\'")):
        register(client, code, name=name)
    for code in "1234567":
        file_report(client, code)
    book = export(client, ROLL_UP).content
    names = opened(book).sheetnames
    assert len({name.casefold() for name in names}) == len(names) == 4 + 7
    assert max(map(len, names)) <= 31


# Text


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_looks_like_a_formula_stays_text(client: TestClient, text: str) -> None:
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    register(client, name=text.strip())
    narratives = {**TEXTS["narratives"], "overview": text}  # type: ignore[dict-item]  # it is a group
    file_report(client, draft=True, title=text.strip(), preface=text, narratives=narratives)
    explained = text + "数没有填错，已与台账核对"
    needed = client.get(address(rest="/explanations")).json()["needed"]
    items = [{"rule": each["rule"], "code": each["code"], "text": explained} for each in needed]
    assert client.post(address(rest="/explanations"), json={"items": items}).status_code == 200
    step = client.post(address(rest="/transitions"), json={"action": "submit"})
    assert step.status_code == 200, step.text
    for url in (address(), ROLL_UP):
        sheets = opened(export(client, url).content)
        cells = [cell for sheet in sheets for row in sheet for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert any(str(cell.value).strip() == text.strip() for cell in cells)
        assert not any(cell.hyperlink for cell in cells)
    findings = opened(export(client, address()).content)["校验"]
    assert any(explained.strip() in str(cell.value) for row in findings for cell in row)


# Headers


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (address(), f"机关{TOWN}{YEAR}年政府信息公开工作年度报告.xlsx"),
        (ROLL_UP, f"机关{COUNTY}{YEAR}年政府信息公开工作年度报告汇总.xlsx"),
    ],
)
def test_the_file_has_a_chinese_name_and_a_plain_one(client: TestClient, url: str, name: str) -> None:
    register_county(client)
    file_report(client)
    header = export(client, url).headers["content-disposition"]
    kind, plain, encoded = header.split("; ")
    assert kind == "attachment"
    assert plain.isascii()
    assert encoded.startswith("filename*=UTF-8''")
    assert unquote(encoded.removeprefix("filename*=UTF-8''")) == name


def test_a_name_can_t_end_the_header_or_leave_the_folder(client: TestClient) -> None:
    register(client, parent=None, name='..\\..\\a"; filename=x.exe; /etc/镇')
    file_report(client)
    header = export(client, address()).headers["content-disposition"]
    kind, plain, encoded = header.split("; ")
    assert kind == "attachment"
    assert plain == 'filename="a-filename-x-exe-etc-2021.xlsx"'
    assert not set('/\\"') & set(unquote(encoded))


def test_a_report_s_workbook_is_the_same_until_the_report_changes(client: TestClient) -> None:
    register_county(client)
    file_report(client)
    first, again = export(client, address()), export(client, address())
    assert first.content == again.content
    etag = first.headers["etag"]
    known = client.get(address(rest="/export"), headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    body = a_report(a_balanced_report(**{"disclosure.licensing.decisions": 5}))
    client.put(address(), json=body, headers={"If-Match": etag})
    changed = export(client, address())
    assert changed.headers["etag"] != etag
    assert changed.content != first.content


def test_what_is_not_there_has_no_workbook(client: TestClient) -> None:
    register_county(client)
    assert_problem(client.get(address(rest="/export")), 404, "not-found")
    assert_problem(client.get(f"{API}/rollups/nobody/{YEAR}/export"), 404, "not-found")
    for url in (address(), ROLL_UP):
        answer = client.get(f"{url}/export", params={"format": "pdf"})
        assert_problem(answer, 422, "invalid-request")


def test_a_roll_up_s_workbook_is_another_whenever_its_total_is_adjusted_made_final_or_differs(
    client: TestClient,
) -> None:
    register_county(client)
    file_report(client)
    accept_report(client)
    at = f"{API}/rollups/{COUNTY}/{YEAR}"
    lines = [{"cell": "disclosure.licensing.decisions", "amount": 2}]
    reason = "镇里公布后发现漏记两件，已书面说明"

    def adjust() -> Response:
        return client.post(f"{at}/adjustments", json={"lines": lines, "reason": reason})

    def finalise() -> Response:
        return client.post(f"{at}/finalisation", json={})

    def adjust_below() -> Response:
        body = {"lines": lines, "reason": reason}
        return client.post(f"{API}/rollups/{TOWN}/{YEAR}/adjustments", json=body)

    def report() -> Response:
        return client.put(address(COUNTY), params={"draft": "true"}, json=a_report(title="县的报告"))

    def reopen() -> Response:
        return client.post(f"{at}/finalisation/reopening", json={"reason": reason})

    seen = [client.get(f"{at}/export")]
    for act in (adjust, finalise, adjust_below, report, reopen):
        assert act().is_success
        known = {"If-None-Match": seen[-1].headers["etag"]}
        seen.append(client.get(f"{at}/export", headers=known))
        assert seen[-1].status_code == 200
        again = client.get(f"{at}/export", headers={"If-None-Match": seen[-1].headers["etag"]})
        assert again.status_code == 304
    sheets = [opened(answer.content).sheetnames for answer in seen]
    extra = [[name for name in names if name not in sheets[0]] for names in sheets]
    assert extra == [
        [],
        ["调整"],
        ["定稿", "定稿后变动", "调整"],
        ["定稿", "定稿后变动", "调整"],
        ["定稿", "定稿后变动", "调整", "核对"],
        ["调整", "核对"],
    ]
