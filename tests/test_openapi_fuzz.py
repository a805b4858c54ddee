"""Whatever is sent, the answer is one that the API's description tells of, and never a 500.

Requests are made up from the description itself.  NIANBAO_FUZZ_EXAMPLES asks for that many for each
operation, others each time, with every value of the large bodies at its edges; without it the run is short
and always the same.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.forms.annual_2021 import FORM
from app.main import create_app
from app.settings import Settings
from tests.api import COUNTY, TOWN, YEAR, file_report, register, register_county
from tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from schemathesis import Case

EXAMPLES = int(os.environ.get("NIANBAO_FUZZ_EXAMPLES", "0"))
SHORT = 5
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DRAFT_TOWN = "640323102"
KNOWN = {
    "agency": (TOWN, TOWN, DRAFT_TOWN, DRAFT_TOWN, COUNTY),
    "code": (TOWN, "elsewhere", COUNTY),
    "section": [section.code for section in FORM.narratives],
}
CELLS = list(FORM.cells.values())
DOCUMENT = Path(__file__).parent / "documents" / "data" / "township-2021.txt"

# Every cell of a report with every value at an edge makes thousands of requests.
LARGE_BODIES = {
    "include-path-regex": "^/api/v1/(reports|validations)",
    "include-method-regex": "^(POST|PUT|PATCH)$",
    "phases": {"coverage": {"enabled": False}},
}
CONFIG = schemathesis.Config.from_dict(
    # the machine may be busy
    {"seed": 1, "request-timeout": 60, "operations": [] if EXAMPLES else [LARGE_BODIES]}
)
# The description needs no database; requests go to an application that has one.
schema = schemathesis.openapi.from_asgi(
    "/openapi.json", create_app(Settings.model_construct()), config=CONFIG
)


@pytest.fixture(scope="module")
def county(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that holds a county, a report, a draft and the document that it was read from."""
    path = tmp_path_factory.mktemp("fuzz") / "county.db"
    shutil.copyfile(sqlite_template, path)
    app = create_app(Settings(database_url=f"sqlite:///{path}"))
    with Desk(app) as client:
        register_county(client, TOWN, DRAFT_TOWN)
        register(client, "elsewhere", None)
        file_report(client)
        read = client.post(
            "/api/v1/imports",
            params={"store": "draft", "agency": DRAFT_TOWN, "year": YEAR},
            files={"file": ("report.txt", DOCUMENT.read_bytes())},
        )
        assert read.is_success, read.text
    return path


@pytest.fixture(scope="module")
def application(county: Path) -> FastAPI:
    """Build an application on a database beside the county's."""
    return create_app(Settings(database_url=f"sqlite:///{county.with_name('used.db')}"))


@pytest.fixture
def app(application: FastAPI, county: Path) -> Iterator[FastAPI]:
    """Return the application with the county as it was: no operation's requests change another's answers."""
    shutil.copyfile(county, county.with_name("used.db"))
    yield application
    application.state.database.engine.dispose()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES or SHORT,
    derandomize=not EXAMPLES,
    database=None,
    # the generators are slow, and the fixtures serve all of an operation's requests
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Case[Any], app: FastAPI) -> None:
    aim(case)
    case.call_and_validate(checks=CHECKS, app=app)


def aim(case: Case[Any]) -> None:
    """Let most requests be about what is there: made-up codes alone would only find that nothing is."""
    chance = crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))
    cell = CELLS[chance % len(CELLS)]
    known: dict[str, Any] = {name: choice[chance % len(choice)] for name, choice in KNOWN.items()}
    known |= {"year": YEAR, "table": cell.table.code, "row": cell.row.code, "version": FORM.version}
    if chance % 7:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    if chance % 11 and isinstance(case.body, dict):
        case.body.update({name: known[name] for name in ("agency", "year") if name in case.body})
    if chance % 3 and case.method in ("PUT", "PATCH", "POST", "DELETE"):
        case.headers["If-Match"] = "*"
    if chance % 2 and "/reports" in case.path and case.method in ("PUT", "PATCH", "POST"):
        case.query["draft"] = "true"
