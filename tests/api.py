"""Calls that many tests make, and the one assertion about failures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import Barrier
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from app.domain.values import nest
from app.forms.annual_2021 import FORM
from tests.builders import PROSE, a_sound_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.forms.model import ReportForm

Answered = TypeVar("Answered")
API = "/api/v1"
COUNTY, TOWN = "640323", "640323101"
YEAR = 2021
TITLE = "机关{agency}{year}年政府信息公开工作年度报告"
TEXTS = {"title": TITLE.format(agency=TOWN, year=YEAR), "narratives": PROSE}


def an_agency(code: str = TOWN, parent: str | None = COUNTY, **members: object) -> dict[str, Any]:
    """Return the body of an agency: one whose figures may be as large as `a_sound_report` has them."""
    defaults = {"name": f"机关{code}", "level": "prefecture", "kind": "government"}
    return {"code": code, "parent": parent, **defaults, **members}


def register(client: TestClient, code: str = TOWN, parent: str | None = COUNTY, **members: object) -> str:
    """Register an agency and return its code."""
    answer = client.post(f"{API}/agencies", json=an_agency(code, parent, **members))
    assert answer.status_code == 201, answer.text
    return code


def register_county(client: TestClient, *towns: str) -> None:
    """Register a county whose own report would be an aggregate, and its towns."""
    register(client, COUNTY, None, level="county", report_scope="aggregate")
    for town in towns or (TOWN,):
        register(client, town)


def a_report(values: Values | None = None, *, form: ReportForm = FORM, **members: object) -> dict[str, Any]:
    """Return the body of a report that may be 上报, without agency and year."""
    numbers = a_sound_report(form) if values is None else values
    whose = {name: members[name] for name in ("agency", "year") if name in members}
    title = {"title": TITLE.format(**{"agency": TOWN, "year": YEAR} | whose)}
    return {**deepcopy(TEXTS), **title, **nest(form, numbers), **members}


def address(agency: str = TOWN, year: int = YEAR, rest: str = "") -> str:
    """Return the address of a report or of a part of it."""
    return f"{API}/reports/{agency}/{year}{rest}"


def file_report(
    client: TestClient, agency: str = TOWN, year: int = YEAR, *, draft: bool = False, **members: object
) -> Response:
    """File a report that nobody has filed yet."""
    titled = {"title": TITLE.format(agency=agency, year=year)} if year != YEAR else {}
    body = a_report(**{**titled, **members})  # type: ignore[arg-type]  # members of the body, `values` among them
    answer = client.put(address(agency, year), params={"draft": draft}, json=body)
    assert answer.status_code == 201, answer.text
    return answer


def state_in(etag: str) -> str:
    """Return what an ETag says of the report itself, whatever is found in it: so do batches and the feed."""
    return f'"{etag.strip(chr(34)).partition(".")[0]}"'


def state_of(answer: Response) -> str:
    """Return that of an answer's ETag."""
    return state_in(answer.headers["etag"])


def accept_report(client: TestClient, agency: str = TOWN, year: int = YEAR) -> Response:
    """Let a report that was 上报 pass review."""
    known = based_on(client.get(address(agency, year)))
    answer = client.post(address(agency, year, "/transitions"), json={"action": "accept"}, headers=known)
    assert answer.status_code == 200, answer.text
    return answer


class AnyAnswer(Protocol):
    """What is asked of an answer, whichever client got it."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...  # noqa: ANN401 - any JSON


def assert_problem(answer: AnyAnswer, status: int, code: str) -> dict[str, Any]:
    """Hold a failure to the shape that every failure has, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    for error in problem.get("errors", []):
        assert error["message"]
        assert error["code"]
        assert error["pointer"] == "" or error["pointer"].startswith("/")
    return problem


def based_on(answer: Response) -> dict[str, str]:
    """Return the header that says: this change is based on what that answer showed."""
    return {"If-Match": answer.headers["etag"]}


def faults(problem: dict[str, Any]) -> dict[str, str]:
    """Return what a problem says of each place."""
    return {error["pointer"]: error["message"] for error in problem["errors"]}


def reports_stored(client: TestClient) -> list[dict[str, Any]]:
    """Return the list of all reports."""
    answer = client.get(f"{API}/reports", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def cells_of(answer: Response, form: ReportForm = FORM) -> dict[str, Any]:
    """Return what an answer shows, by cell code."""
    document = answer.json()
    return {code: document[(path := code.split("."))[0]][path[1]][path[2]] for code in form.cells}


def shown(values: Values, form: ReportForm = FORM) -> dict[str, Any]:
    """Return what an answer would show of these numbers, by cell code."""
    nested = nest(form, values)
    return {code: nested[(path := code.split("."))[0]][path[1]][path[2]] for code in form.cells}


def at_once(call: Callable[[int], Answered], clients: int) -> list[Answered]:
    """Let so many clients call at the same moment, each from its own thread."""
    barrier = Barrier(clients)

    def start(one: int) -> Answered:
        barrier.wait()
        return call(one)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(start, range(clients)))
