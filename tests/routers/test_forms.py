"""The form and its rules over HTTP: enough for a front end to draw the one and explain the other."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.domain.rules import CATALOGUE
from app.forms import FORMS
from app.forms.annual_2021 import FORM
from app.main import create_app
from app.settings import Settings
from tests.api import API, a_report, assert_problem


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Call an application that has no database: the form needs none."""
    nowhere = tmp_path_factory.mktemp("nowhere") / "none.db"
    return TestClient(create_app(Settings(database_url=f"sqlite:///{nowhere}")))


def form_of(client: TestClient) -> dict[str, Any]:
    answer = client.get(f"{API}/forms/{FORM.version}")
    assert answer.status_code == 200, answer.text
    form: dict[str, Any] = answer.json()
    return form


def labels_in(axes: list[dict[str, Any]]) -> list[str]:
    """Return the codes of the headings that hold cells, from a tree of headings."""
    return [code for axis in axes for code in (labels_in(axis["children"]) or [axis["code"]])]


def test_every_form_is_listed_and_can_be_fetched(client: TestClient) -> None:
    listed = client.get(f"{API}/forms").json()["items"]
    assert [form["version"] for form in listed] == [form.version for form in FORMS]
    for summary in listed:
        whole = client.get(f"{API}/forms/{summary['version']}").json()
        assert {name: whole[name] for name in summary} == summary
    problem = assert_problem(client.get(f"{API}/forms/1999"), 404, "not-found")
    assert "2021" in problem["detail"]
    assert_problem(client.get(f"{API}/forms/1999/schema"), 404, "not-found")


def test_a_form_says_all_that_is_needed_to_draw_it(client: TestClient) -> None:
    form = form_of(client)
    assert [section["code"] for section in form["sections"]] == [section.code for section in FORM.sections]
    tables = [section["table"] for section in form["sections"] if section["table"]]
    cells = [cell for table in tables for cell in table["cells"]]
    assert [cell["code"] for cell in cells] == list(FORM.cells)
    assert {cell["code"] for cell in cells if cell["is_total"]} == set(FORM.totals)
    assert len({cell["excel"] for cell in cells}) == 200
    for table in tables:
        from_blocks = [
            f"{table['code']}.{row}.{column}"
            for block in table["blocks"]
            for row in labels_in(block["rows"])
            for column in labels_in(block["columns"])
        ]
        assert sorted(from_blocks) == sorted(cell["code"] for cell in table["cells"])
        grid = table["grid"]
        covered = [
            (row, column)
            for box in grid["boxes"]
            for row in range(box["row"], box["row"] + box["height"])
            for column in range(box["column"], box["column"] + box["width"])
        ]
        assert len(covered) == len(set(covered)) == grid["height"] * grid["width"]
        assert sorted(box["cell"] for box in grid["boxes"] if box["cell"]) == sorted(from_blocks)
        assert all(bool(box["text"]) != bool(box["cell"]) or box["text"] == "" for box in grid["boxes"])


def test_the_json_schema_of_a_form_takes_its_own_reports(client: TestClient) -> None:
    schema = client.get(f"{API}/forms/2021/schema").json()
    assert set(schema["properties"]) >= set(a_report())
    definitions = schema["$defs"]

    def properties(name: str, of: dict[str, Any]) -> dict[str, Any]:
        (reference,) = (kind["$ref"] for kind in of["properties"][name]["anyOf"] if "$ref" in kind)
        found: dict[str, Any] = definitions[reference.rpartition("/")[2]]
        assert found["additionalProperties"] is False
        return found

    for code, cell in FORM.cells.items():
        table, row, column = code.split(".")
        leaf = properties(row, properties(table, schema))["properties"][column]
        number, null = leaf["anyOf"][0], leaf["anyOf"][-1]
        assert null == {"type": "null"}
        if cell.measure.is_count:
            assert (number["type"], number["minimum"], number["maximum"]) == ("integer", 0, 10**12 - 1)


def test_the_rules_of_a_year_name_their_cells_and_write_their_sums_out(client: TestClient) -> None:
    answer = client.get(f"{API}/rules", params={"year": 2021}).json()
    assert answer["form"] == "2021"
    assert [rule["id"] for rule in answer["items"]] == [rule.id for rule in CATALOGUE if rule.covers(2021)]
    counts = {rule["id"]: len(rule["balances"]) for rule in answer["items"] if rule["balances"]}
    assert counts == {"R07": 7, "R08": 7, "R09": 25, "R10": 3}
    for rule in answer["items"]:
        assert rule["level"] in ("E", "W", "I")
        assert rule["title"]
        assert rule["first_year"] <= 2021
        for balance in rule["balances"]:
            assert balance["rule"] == rule["id"]
            assert "=" in balance["expression"]
            assert {*balance["left"], *balance["right"]} <= set(FORM.cells)
    assert [b for rule in answer["items"] for b in rule["balances"]] == form_of(client)["balances"]
    for year in ("1978", "2098", "1948", "x"):
        assert_problem(client.get(f"{API}/rules", params={"year": year}), 422, "invalid-request")
    missing = assert_problem(client.get(f"{API}/rules"), 422, "invalid-request")
    assert missing["detail"] == "参数 year：缺少“year”"
