"""Every call of the API by every role, to every side of the tree, against the one table of operations.

An operation that isn't in the table fails here, and so does one that has no sample of a call below.
"""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from app.auth.operations import OPERATIONS
from app.domain.lifecycle import Action, Status
from app.domain.roles import Role
from app.main import create_app
from app.settings import Settings
from docs.matrix import Line, Outcome, Relation, lines, served
from tests.api import API, COUNTY, TOWN, a_report, an_agency
from tests.builders import PROSE, a_modest_report
from tests.conftest import KEY, TEMPLATE
from tests.county import (
    ADJUSTMENT,
    AT,
    CALLERS,
    DOCUMENT,
    DOUBTED,
    HELD,
    OTHER_TOWN,
    PARENTS,
    REACHED,
    YEARS,
    delivery_of,
    exception_of,
    plant_county,
    report_of,
    webhook_of,
)
from tests.desk import Desk, bearer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fastapi import FastAPI
    from httpx2 import Response

    from tests.postgres import Cluster

Options: TypeAlias = dict[str, Any]
"""What the client is given beside method and address."""

DRAFT: Options = {"headers": {"If-Match": "*"}, "params": {"draft": "true"}}
KNOWN: Options = {"headers": {"If-Match": "*"}}
TABLE, ROW, SECTION = "proceedings", "reconsideration", "overview"
AMENDED = f"{PROSE['overview']}改过。"
OTHER = a_report(a_modest_report(**{f"{TABLE}.{ROW}.other": 77}))
NEW_AGENCY = "640323999"


@dataclass(frozen=True, slots=True)
class Sample:
    """A call that is right in every way, so that rights alone decide.

    Attributes:
        options: what is sent, for the agency that it is about and the report year.
        state: of the report that it is about.
        shows: tells whether a list shows something of an agency.
        at: the agency that stands for each relation.
    """

    options: Callable[[str, int], Options] = lambda _code, _year: {}
    state: Status | None = Status.SUBMITTED
    shows: Callable[[Any, str], bool] | None = None
    at: Mapping[Relation, str] = field(default_factory=lambda: AT)


def json(body: object, options: Options | None = None) -> Callable[[str, int], Options]:
    return lambda _code, _year: {**(options or {}), "json": body}


def step(action: Action, state: Status) -> Sample:
    body = {"action": action.value, "reason": "请核对", "cells": ["overview"]}
    return Sample(json(body, KNOWN), state)


def an_import(code: str) -> bytes:
    return f"code,name,level,kind,parent\n{NEW_AGENCY},新设的机关,township,government,{code}\n".encode()


def renamed(code: str) -> dict[str, Any]:
    """Return the body of an agency that stays where it is under another name."""
    return an_agency(code, PARENTS[code], name="改过的名称")


def chain_of(code: str) -> str:
    """Return the audit chain of an agency's reports."""
    return COUNTY if code in REACHED else code


UNDONE = {"reason": "核对时发现记错了，重新处理"}
OF_THE_TOWN = {**AT, Relation.OWN: TOWN}
"""Where one in reach is as good as another: the town's total was adjusted, and made final."""

READ = Sample()
SAMPLES: dict[str, Sample] = {
    "list_forms": READ,
    "get_form": READ,
    "get_form_schema": READ,
    "list_rules": Sample(lambda _code, year: {"params": {"year": year}}),
    "list_rules[agency]": Sample(lambda code, year: {"params": {"year": year, "agency": code}}),
    "list_rule_settings": READ,
    "set_rule": Sample(json({"rule": "R34", "level": "W", "reason": "县里的要求"})),
    "validate_report": Sample(lambda _code, year: {"json": {**report_of(year), "year": year}}),
    "validate_report[agency]": Sample(
        lambda code, year: {"json": {**report_of(year), "year": year, "agency": code}}
    ),
    "create_agency": Sample(lambda code, _year: {"json": an_agency(NEW_AGENCY, code)}),
    "list_agencies": Sample(shows=lambda page, code: code in {item["code"] for item in page["items"]}),
    "import_agencies": Sample(lambda code, _year: {"files": {"file": ("agencies.csv", an_import(code))}}),
    "get_agency": READ,
    "replace_agency": Sample(lambda code, _year: {**KNOWN, "json": renamed(code)}),
    "delete_agency": Sample(lambda _code, _year: KNOWN, at={**AT, Relation.DESCENDANT: OTHER_TOWN}),
    "get_agency_subtree": READ,
    "create_report": Sample(
        lambda code, year: {"json": {**report_of(year), "agency": code, "year": year}}, state=None
    ),
    "save_batch": Sample(
        lambda code, year: {"json": [{**report_of(year), "agency": code, "year": year}]}, state=None
    ),
    "list_reports": Sample(shows=lambda page, code: code in {item["agency"] for item in page["items"]}),
    "list_reports[under]": Sample(lambda code, _year: {"params": {"under": code}}),
    "get_report": READ,
    "replace_report": Sample(lambda _code, year: {**KNOWN, "json": {**report_of(year), "preface": "改过"}}),
    "patch_report": Sample(json({"narratives": {"overview": AMENDED}}, KNOWN)),
    "delete_report": Sample(lambda _code, _year: KNOWN, state=Status.DRAFT),
    "get_findings": READ,
    "take_action[submit]": step(Action.SUBMIT, Status.RETURNED),
    "take_action[withdraw]": step(Action.WITHDRAW, Status.SUBMITTED),
    "take_action[return]": step(Action.RETURN, Status.SUBMITTED),
    "take_action[accept]": step(Action.ACCEPT, Status.SUBMITTED),
    "take_action[publish]": step(Action.PUBLISH, Status.ACCEPTED),
    "take_action[revise]": step(Action.REVISE, Status.PUBLISHED),
    "list_steps": READ,
    "list_options": READ,
    "list_suggestions": READ,
    "list_zeros": READ,
    "state_zeros": Sample(json({"cells": "all"}, KNOWN), Status.DRAFT),
    "list_comments": READ,
    "add_comment": Sample(json({"cell": "requests.received.total", "text": "请核对"})),
    "list_explanations": READ,
    "give_explanations": Sample(
        json({"items": [{"rule": "R18", "code": DOUBTED, "text": "申请人补正，答复期限重新计算"}]})
    ),
    "review_explanations": Sample(
        json({"items": [{"rule": "R18", "code": DOUBTED, "accepted": False, "reason": "没有说清"}]})
    ),
    "list_versions": READ,
    "get_version": READ,
    "compare_versions": Sample(lambda _code, _year: {"params": {"from": 1, "to": 1}}),
    "list_report_audit": READ,
    "export_report_file": READ,
    "get_report_table": READ,
    "replace_report_table": Sample(json(OTHER[TABLE], KNOWN)),
    "patch_report_table": Sample(json({ROW: {"other": None}}, DRAFT), Status.DRAFT),
    "get_report_row": READ,
    "replace_report_row": Sample(json(OTHER[TABLE][ROW], KNOWN)),
    "patch_report_row": Sample(json({"other": None}, DRAFT), Status.DRAFT),
    "get_report_narrative": READ,
    "replace_report_narrative": Sample(json({"text": AMENDED}, KNOWN)),
    "patch_report_narrative": Sample(json({"text": AMENDED}, KNOWN)),
    "import_document": Sample(lambda _code, _year: {"files": {"file": ("a.txt", DOCUMENT.read_bytes())}}),
    "import_document[store]": Sample(
        lambda code, year: {
            **KNOWN,
            "params": {"store": "draft", "agency": code, "year": year},
            "files": {"file": ("a.txt", DOCUMENT.read_bytes())},
        },
        Status.DRAFT,
    ),
    "get_report_source": Sample(state=Status.DRAFT),
    "get_roll_up": READ,
    "list_coverage": READ,
    "export_roll_up_file": READ,
    "reconcile_roll_up": Sample(lambda _code, _year: {"params": {"report": TOWN}}, at=OF_THE_TOWN),
    "list_adjustments": READ,
    "adjust_roll_up": Sample(json(ADJUSTMENT)),
    "withdraw_adjustment": Sample(json(UNDONE), at=OF_THE_TOWN),
    "get_finalisation": Sample(state=Status.PUBLISHED, at=OF_THE_TOWN),
    "finalise_roll_up": Sample(json({"note": "已核对"}), Status.ACCEPTED, at=OF_THE_TOWN),
    "reopen_roll_up": Sample(json(UNDONE), Status.PUBLISHED, at=OF_THE_TOWN),
    "list_finalisations": READ,
    "list_frozen_sources": Sample(state=Status.PUBLISHED, at=OF_THE_TOWN),
    "get_collection": READ,
    "put_collection": Sample(json({"dates": {"department": {"due_on": "2023-02-10"}}}, KNOWN)),
    "list_collection_units": READ,
    "grant_exception": Sample(
        lambda code, _year: {
            "json": {"agency": code, "kind": "extension", "until": "2999-02-01", "reason": "换人"}
        }
    ),
    "list_exceptions": READ,
    "revoke_exception": Sample(json({"reason": "人已到岗"})),
    "get_progress": READ,
    "send_reminders": Sample(json({"units": "missing"}), Status.DRAFT),
    "list_reminders": READ,
    "list_changes": Sample(
        lambda _code, _year: {"params": {"limit": 200}},
        shows=lambda page, code: code in {item["agency"] for item in page["items"]},
    ),
    "get_me": READ,
    "issue_token": Sample(
        lambda code, _year: {"json": {"holder": "张三", "role": "reporter", "agency": code}}
    ),
    "list_tokens": Sample(shows=lambda page, code: HELD[code].id in {item["id"] for item in page["items"]}),
    "rotate_token": Sample(json({})),
    "revoke_token": READ,
    "create_link": Sample(lambda code, year: {"json": {"path": f"{API}/reports/{code}/{year}/export"}}),
    "create_webhook": Sample(lambda code, _year: {"json": {"url": "https://hooks.example/", "agency": code}}),
    "list_webhooks": Sample(
        shows=lambda page, code: webhook_of(code) in {item["id"] for item in page["items"]}
    ),
    "get_webhook": READ,
    "delete_webhook": READ,
    "rotate_webhook": Sample(json({})),
    "resume_webhook": READ,
    "ping_webhook": READ,
    "list_deliveries": READ,
    "redeliver": READ,
    "redeliver_given_up": READ,
    "list_audit": Sample(
        lambda code, _year: {"params": {"agency": code}}, shows=lambda page, _code: bool(page["items"])
    ),
    "verify_audit": Sample(
        shows=lambda found, code: chain_of(code) in {it["chain"] for it in found["chains"]}
    ),
}
"""A call for each line of the matrix."""

LINES = {line.name: line for line in lines(create_app(Settings.model_construct()))}
OPEN_PAGES = {"/", "/docs", "/docs/assets", "/redoc", "/openapi.json", "/livez", "/readyz"}
"""What stands outside the API proper and says nothing of any agency."""

EVERYBODY = (*Role, None)


@dataclass(frozen=True, slots=True)
class Stage:
    """An application on a county that is as it was prepared, and somebody who calls it."""

    client: TestClient
    restore: Callable[[], None]

    def outcome(self, line: Line, role: Role | None, relation: Relation) -> str:
        """Make a call and tell what came of it."""
        sample = SAMPLES[line.name]
        code = sample.at[relation]
        answer = self.call(line, role, code)
        if line.method != "GET" and answer.is_success:
            self.restore()
        if answer.is_success and sample.shows is not None and not sample.shows(answer.json(), code):
            return Outcome.NOT_SHOWN
        return outcome_of(answer)

    def call(
        self,
        line: Line,
        role: Role | None,
        code: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Response:
        """Make a call about an agency; nobody has signed in where there is no role."""
        sample = SAMPLES[line.name]
        year = YEARS[sample.state]
        options = dict(sample.options(code, year))
        shown = bearer(CALLERS[role]) if role else {}
        options["headers"] = {**options.get("headers", {}), **shown, **(headers or {})}
        options["params"] = {**options.get("params", {}), **(params or {})}
        names = {"agency": code, "code": code, "year": year, "version": "2021", "number": 1}
        names |= {"table": TABLE, "row": ROW, "section": SECTION, "token_id": HELD.get(code, HELD[COUNTY]).id}
        names |= {"webhook_id": webhook_of(code), "delivery_id": delivery_of(code)}
        names |= {"exception_id": exception_of(code)}
        return self.client.request(line.method, line.path.format(**names), **options)


def outcome_of(answer: Response) -> str:
    """Return an answer as the matrix names it; what has nothing to do with rights in full."""
    refused = (
        {error["code"] for error in answer.json().get("errors", [])} if answer.is_client_error else set()
    )
    if answer.is_success:
        return Outcome.DONE
    if answer.status_code == 422 and refused != {"unknown-agency"}:
        return answer.text
    return str(answer.status_code)


def expected_and_found(stage: Stage, line: Line) -> tuple[dict[str, str], dict[str, str]]:
    expected: dict[str, str] = {
        f"{role or 'anonymous'}, {relation}": line.outcome(role, relation)
        for role in EVERYBODY
        for relation in Relation
    }
    found = {
        f"{role or 'anonymous'}, {relation}": stage.outcome(line, role, relation)
        for role in EVERYBODY
        for relation in Relation
    }
    return expected, found


@pytest.fixture(scope="module")
def on_sqlite(sqlite_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Call an application on a copy of the county that each change is followed by anew."""
    used = tmp_path_factory.mktemp("matrix") / "used.db"
    shutil.copyfile(sqlite_county, used)
    with calling(f"sqlite:///{used}", TestClient) as (app, client):

        def restore() -> None:
            app.state.database.engine.dispose()
            shutil.copyfile(sqlite_county, used)

        yield Stage(client, restore)


@pytest.fixture(scope="module")
def on_postgresql(postgres: Cluster) -> Iterator[Stage]:
    """Prepare a county in a PostgreSQL database, which no call made here disturbs."""
    postgres.create_database("matrix", TEMPLATE)
    with calling(postgres.url("matrix"), Desk) as (app, desk):
        plant_county(desk, app.state.database)
    with calling(postgres.url("matrix"), TestClient) as (_, client):
        yield Stage(client, lambda: None)
    postgres.drop_database("matrix")


@contextmanager
def calling(url: str, client: type[TestClient]) -> Iterator[tuple[FastAPI, TestClient]]:
    app = create_app(
        Settings(database_url=url, secret_key=SecretStr(KEY), webhook_workers=0, export_workers=0)
    )
    with client(app, raise_server_exceptions=False) as caller:
        yield app, caller


def test_the_table_names_each_operation_that_is_served_once_and_no_other() -> None:
    routes = served(create_app(Settings.model_construct()))
    names = Counter(name for name, _, path in routes if path.startswith(API))
    assert names == Counter(OPERATIONS.keys())
    assert {path for _, _, path in routes if not path.startswith(API)} == OPEN_PAGES


def test_each_line_of_the_matrix_has_a_sample() -> None:
    assert SAMPLES.keys() == LINES.keys()


@pytest.mark.parametrize("name", LINES)
def test_each_call_comes_out_as_the_table_says(on_sqlite: Stage, name: str) -> None:
    expected, found = expected_and_found(on_sqlite, LINES[name])
    assert found == expected


@pytest.mark.parametrize(
    "name",
    [
        "list_agencies",
        "get_agency",
        "replace_agency",
        "list_reports",
        "get_report",
        "patch_report",
        "rotate_token",
    ],
)
def test_postgresql_reaches_as_far_as_sqlite(on_postgresql: Stage, name: str) -> None:
    expected, found = expected_and_found(on_postgresql, LINES[name])
    assert found == expected
