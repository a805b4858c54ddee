"""Whatever is sent by whomever, the answer is one that the API's description tells of, and never a 500.

Requests are made up from the description itself, and no operation that asks for a token is answered without.
NIANBAO_FUZZ_EXAMPLES asks for that many for each operation and each role, others each time, with every value
of the large bodies at its edges; without it the run is short and always the same, and chance picks the role.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from app.auth.operations import OPEN, OPERATIONS
from app.domain.roles import Role, roles_with
from app.forms.annual_2021 import FORM
from app.main import create_app
from app.settings import Settings
from tests.api import COUNTY, TOWN
from tests.county import CALLERS, HELD, OTHER_TOWN, SIBLING, YEARS
from tests.desk import WHOLE_TREE, bearer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    ignored_auth,
]
"""All that schemathesis has, but for these.

- positive_data_acceptance: what fits the description is refused with 422 where a rule of the form, a cursor
  or the report's year says so, which no schema can tell.
- allow_header_conformance: the framework's 405 names the methods of the first of a path's routes only.
- use_after_free, ensure_resource_availability: need a run of several operations, and each is called alone.
- object_level_authorization: `tests/test_matrix.py` asks more, of writes too.
"""
KNOWN = {
    "agency": (TOWN, TOWN, COUNTY, COUNTY, SIBLING),
    "code": (TOWN, OTHER_TOWN, COUNTY, SIBLING),
    "year": tuple(YEARS.values()),
    "number": (1, 2),
    "token_id": [secret.id for secret in HELD.values()],
    "section": [section.code for section in FORM.narratives],
}
CELLS = list(FORM.cells.values())
# Every cell of a report with every value at an edge makes thousands of requests.
LARGE_BODIES = {
    "include-path-regex": "^/api/v1/(reports|validations)",
    "include-method-regex": "^(POST|PUT|PATCH)$",
    "phases": {"coverage": {"enabled": False}},
}
CONFIG = schemathesis.Config.from_dict(
    {
        "seed": 1,
        "request-timeout": 60,  # the machine may be busy
        # unknown headers mean nothing here, as everywhere on the web; parameters: test_bad_input.py
        "generation": {"allow-extra-parameters": False},
        "operations": [] if EXAMPLES else [LARGE_BODIES],
    }
)
# The description needs no database; requests go to an application that has one.
schema = schemathesis.openapi.from_asgi(
    "/openapi.json", create_app(Settings.model_construct()), config=CONFIG
)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """Build an application that locks nobody out: many requests come without a token that is good."""
    path = tmp_path_factory.mktemp("fuzz") / "used.db"
    return create_app(Settings(database_url=f"sqlite:///{path}", lockout_failures=10**9, export_workers=0))


@pytest.fixture
def app(application: FastAPI, sqlite_county: Path) -> Iterator[FastAPI]:
    """Return the application with the county as it was: no operation's requests change another's answers."""
    database = application.state.database.engine
    shutil.copyfile(sqlite_county, database.url.database)
    yield application
    database.dispose()


@pytest.mark.parametrize("role", Role if EXAMPLES else ["any"])
@schema.parametrize()
@settings(
    max_examples=EXAMPLES or SHORT,
    derandomize=not EXAMPLES,
    database=None,
    # the generators are slow, and the fixtures serve all of an operation's requests
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Case[Any], app: FastAPI, role: str) -> None:
    chance = chance_of(case)
    aim(case, chance)
    case.call_and_validate(checks=checks_of(case), app=app, headers=caller(case, chance, role))


def checks_of(case: Case[Any]) -> list[Any]:
    """Return what is checked: where the headers were to be wrong, `caller` has just put them right again."""
    headers = None if case.meta is None else case.meta.components.get(ParameterLocation.HEADER)
    is_mended = headers is not None and headers.mode.is_negative
    return [check for check in CHECKS if not (is_mended and check is negative_data_rejection)]


def chance_of(case: Case[Any]) -> int:
    """Return a number that is always the same for the same request."""
    return crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))


def caller(case: Case[Any], chance: int, role: str) -> dict[str, str]:
    """Return the header of a token of a role; where any will do, mostly of one that has the right."""
    access = OPERATIONS.get(str(case.operation.definition.raw["operationId"]), OPEN)
    able = roles_with(access.right) if access.right else [*Role]
    choice = [*able, *able, *Role] if role == "any" else [Role(role)]
    tokens = CALLERS if chance % 5 else WHOLE_TREE
    return bearer(tokens[choice[chance % len(choice)]])


def aim(case: Case[Any], chance: int) -> None:
    """Let most requests be about what is there: made-up codes alone would only find that nothing is."""
    cell = CELLS[chance % len(CELLS)]
    known: dict[str, Any] = {name: choice[chance % len(choice)] for name, choice in KNOWN.items()}
    known |= {"table": cell.table.code, "row": cell.row.code, "version": FORM.version}
    if chance % 7:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    if chance % 11 and isinstance(case.body, dict):
        case.body.update({name: known[name] for name in ("agency", "year") if name in case.body})
    if chance % 3 and case.method in ("PUT", "PATCH", "POST", "DELETE"):
        case.headers["If-Match"] = "*"
    if chance % 2 and "/reports" in case.path and case.method in ("PUT", "PATCH", "POST"):
        case.query["draft"] = "true"
