"""Steps that people take with the service: as calls, and as what the model makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from app.domain.totals import complete
from app.forms.annual_2021 import FORM
from tests.api import API, YEAR, a_report, address
from tests.builders import a_balanced_report, typed_cells
from tests.desk import bearer
from tests.model import BALANCED, Content, Model, Token

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.values import Values

AGENCIES = {"P": None, "A": "P", "B": "P", "A1": "A", "A2": "A", "B1": "B"}
LEVELS = {"P": "province", "A": "county", "B": "county"}
TOWNS = ("A1", "A2", "B1")
AGGREGATES = ("B",)
CAST = (
    Token("Li Wei", "reporter", "A1"),
    Token("王芳", "reporter", "P"),
    Token("ＬＩ ＷＥＩ", "reviewer", "A"),
    Token("赵敏", "reviewer", "A"),
    Token("钱进", "reviewer", None),
    Token("孙丽", "reader", "A"),
    Token("周强", "administrator", None),
    Token("吴刚", "administrator", "A"),
    Token("上报平台", "system", "B"),
)
CELLS = {"licensing": "disclosure.licensing.decisions", "received": "requests.received.natural_person"}
BASE = a_balanced_report(received=BALANCED)
TOTAL = "requests.received.total"


def values_of(content: Content) -> Values:
    """Return every cell of a report."""
    typed = {code: BASE[code] for code in typed_cells()}
    return complete(FORM, typed | {CELLS[name]: number for name, number in content._asdict().items()})


def cells_in(document: dict[str, Any]) -> Content:
    """Return the cells that change, as a document shows them."""
    return Content(*(_at(document, code) for code in CELLS.values()))


def _at(document: dict[str, Any], code: str) -> Any:  # noqa: ANN401 - whatever JSON has there
    table, row, column = code.split(".")
    return document[table][row][column]


@dataclass(frozen=True)
class Call:
    """A request, but for who makes it and what it is based on: a state of what stands at *about*."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    params: dict[str, Any] = field(default_factory=dict)
    about: str = ""


@dataclass
class Stage:
    """An application on a new database, with what its callers know.

    Attributes:
        client: which calls it.
        secrets: of the tokens, in the order of the model's.
        ids: of the tokens.
        tags: entity tags that were answered for a path, the newest last.
    """

    client: TestClient
    secrets: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: dict[str, list[str]] = field(default_factory=dict)

    def send(self, call: Call, who: int | None, tag: str = "none") -> Response:
        """Make a call as the holder of a token, or as whoever may."""
        headers = {} if who is None else bearer(self.secrets[who])
        known = self.tags.setdefault(call.about or call.path, [])
        wanted = {"current": known[-1:], "stale": known[-2:-1], "any": ["*"], "none": []}[tag]
        if tag != "none":
            headers["If-Match"] = (wanted or ['"0-0"'])[0]
        answer = self.client.request(
            call.method, call.path, json=call.body, params=call.params, headers=headers
        )
        fresh = answer.headers.get("etag")
        if call.method != "GET" and fresh not in {None, *known[-1:]}:
            known.append(str(fresh))
        if answer.status_code == 201 and call.path == f"{API}/tokens":
            self.ids.append(answer.json()["id"])
            self.secrets.append(answer.json()["token"])
        return answer

    def told(self, answer: Response) -> tuple[int, str]:
        """Return an answer without what every service says in its own way: times, row numbers, secrets."""
        text = answer.text
        for place, (name, secret) in enumerate(zip(self.ids, self.secrets, strict=True)):
            text = text.replace(secret, f"secret {place}").replace(name, f"token {place}")
        for own, plain in _OWN:
            text = own.sub(plain, text)
        return answer.status_code, text


_OWN = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "a time"),
    (re.compile(r"\b[0-9a-f]{32,}\b"), "a digest"),
    (re.compile(r'(?<=\\")\d+(?=-\d+(?:-\d+)?\\")'), "row"),
)


class Step(Protocol):
    """What somebody does."""

    @property
    def who(self) -> int: ...

    def call(self, stage: Stage, /) -> Call: ...

    def expect(self, model: Model, token: Token) -> int:
        """Do it to the model; return the status of the answer."""


@dataclass(frozen=True)
class Create:
    who: int
    agency: str
    content: Content
    draft: bool

    def call(self, _stage: Stage, /) -> Call:
        body = a_report(values_of(self.content), agency=self.agency, year=YEAR)
        return Call("POST", f"{API}/reports", body, {"draft": self.draft}, address(self.agency))

    def expect(self, model: Model, token: Token) -> int:
        return model.post(token, self.agency, self.content, draft=self.draft)


@dataclass(frozen=True)
class Put:
    who: int
    agency: str
    content: Content
    draft: bool
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        return Call("PUT", address(self.agency), a_report(values_of(self.content)), {"draft": self.draft})

    def expect(self, model: Model, token: Token) -> int:
        return model.put(token, self.agency, self.content, self.tag, draft=self.draft)


@dataclass(frozen=True)
class Patch:
    who: int
    agency: str
    change: tuple[str, int | None]
    draft: bool
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        name, number = self.change
        table, row, column = CELLS[name].split(".")
        return Call("PATCH", address(self.agency), {table: {row: {column: number}}}, {"draft": self.draft})

    def expect(self, model: Model, token: Token) -> int:
        return model.patch(token, self.agency, self.change, self.tag, draft=self.draft)


@dataclass(frozen=True)
class Delete:
    who: int
    agency: str
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        return Call("DELETE", address(self.agency))

    def expect(self, model: Model, token: Token) -> int:
        return model.delete(token, self.agency, self.tag)


@dataclass(frozen=True)
class Take:
    who: int
    agency: str
    action: str
    explained: bool
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        said = {"reason": "数字有误", "cells": [TOTAL]} if self.explained else {}
        body = {"action": self.action, **said}
        return Call("POST", address(self.agency, rest="/transitions"), body, about=address(self.agency))

    def expect(self, model: Model, token: Token) -> int:
        return model.step(token, self.agency, self.action, self.tag, explained=self.explained)


@dataclass(frozen=True)
class Remark:
    who: int
    agency: str
    place: str

    def call(self, _stage: Stage, /) -> Call:
        body = {"cell": self.place, "text": "请核对"}
        return Call("POST", address(self.agency, rest="/comments"), body)

    def expect(self, model: Model, token: Token) -> int:
        return model.comment(token, self.agency, is_known=self.place == TOTAL)


@dataclass(frozen=True)
class Move:
    who: int
    agency: str
    parent: str
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        return Call("PUT", f"{API}/agencies/{self.agency}", agency_body(self.agency, self.parent))

    def expect(self, model: Model, token: Token) -> int:
        return model.move(token, self.agency, self.parent, self.tag)


def agency_body(code: str, parent: str | None) -> dict[str, Any]:
    """Return the body of an agency of ours under a parent."""
    scope = "aggregate" if code in AGGREGATES else "own"
    whose = {"code": code, "name": f"机关{code}", "level": LEVELS.get(code, "township")}
    return {**whose, "kind": "government", "parent": parent, "report_scope": scope}


def token_body(holder: str, role: str, agency: str | None) -> dict[str, Any]:
    return {"holder": holder, "role": role, "agency": agency}


@dataclass(frozen=True)
class Issue:
    who: int
    holder: str
    role: str
    agency: str | None

    def call(self, _stage: Stage, /) -> Call:
        return Call(
            "POST", f"{API}/tokens", {"holder": self.holder, "role": self.role, "agency": self.agency}
        )

    def expect(self, model: Model, token: Token) -> int:
        return model.issue(token, Token(self.holder, self.role, self.agency))


@dataclass(frozen=True)
class Look:
    """Somebody reads something; what they are shown is held to the model."""

    who: int
    agency: str
    what: str
    basis: str

    PATHS: ClassVar[dict[str, str]] = {
        "agencies": "/agencies",
        "reports": "/reports",
        "report": "/reports/{agency}/{year}",
        "versions": "/reports/{agency}/{year}/versions",
        "actions": "/reports/{agency}/{year}/actions",
        "comments": "/reports/{agency}/{year}/comments",
        "total": "/rollups/{agency}/{year}",
        "audit": "/audit",
    }

    def call(self, _stage: Stage, /) -> Call:
        params: dict[str, Any] = {"basis": self.basis} if self.what == "total" else {}
        if self.what in ("agencies", "reports", "audit"):
            params["limit"] = 200
        path = self.PATHS[self.what].format(agency=self.agency, year=YEAR)
        return Call("GET", f"{API}{path}", params=params)

    def expect(self, model: Model, token: Token) -> int:
        if self.what == "audit":
            return model.read_trail(token)
        if self.what not in ("agencies", "reports"):
            report = model.require(token, self.agency)
            if self.what != "total" and report is None:
                return 404
        return 200

    def check(self, model: Model, token: Token, body: dict[str, Any]) -> None:
        """Hold what is shown to the model."""
        shown, expected = getattr(self, f"_{self.what}")(model, token, body)
        assert shown == expected, self

    def _agencies(self, model: Model, token: Token, body: dict[str, Any]) -> tuple[object, object]:
        reached = sorted(code for code in model.parents if model.reaches(token, code))
        return [agency["code"] for agency in body["items"]], reached

    def _reports(self, model: Model, token: Token, body: dict[str, Any]) -> tuple[object, object]:
        shown = [(item["agency"], item["status"], item["version"]) for item in body["items"]]
        return shown, [
            (agency, report.status, len(report.contents))
            for agency, report in sorted(model.reports.items())
            if model.reaches(token, agency)
        ]

    def _report(self, model: Model, token: Token, body: dict[str, Any]) -> tuple[object, object]:
        report = model.reports[self.agency]
        version = report.version_seen_by(token)
        content = report.contents[version - 1]
        status = "published" if version != len(report.contents) else report.status
        if report.is_revised and not (token.may("file") or token.may("review")):
            status = "published"
        shown = (body["status"], body["version"], body["published_version"], cells_in(body), _at(body, TOTAL))
        total = values_of(content)[TOTAL]
        return shown, (status, version, report.published, content, total)

    def _versions(self, model: Model, _token: Token, body: dict[str, Any]) -> tuple[object, object]:
        savers = model.reports[self.agency].savers
        shown = [(item["number"], item["saved_by"]) for item in body["items"]]
        return shown, [(number, saver.holder) for number, saver in enumerate(savers, 1)]

    def _actions(self, model: Model, token: Token, body: dict[str, Any]) -> tuple[object, object]:
        report, choices = model.reports[self.agency], model.choices(token, self.agency)
        is_open = report.status not in ("accepted", "published")
        choices |= {"save"} if token.may("file") and is_open else set()
        choices |= {"delete"} if token.may("file") and not report.submitter else set()
        choices |= {"comment"} if token.may("comment") else set()
        return {item["name"] for item in body["items"] if item["allowed"]}, choices

    def _comments(self, model: Model, _token: Token, body: dict[str, Any]) -> tuple[object, object]:
        return len(body["items"]), model.reports[self.agency].comments

    def _total(self, model: Model, _token: Token, body: dict[str, Any]) -> tuple[object, object]:
        shown = {source["agency"]: source["version"] for source in body["sources"]}
        expected = model.sources(self.agency, self.basis), model.total(self.agency, self.basis)
        return (shown, [*cells_in(body["totals"])]), expected

    def _audit(self, model: Model, token: Token, body: dict[str, Any]) -> tuple[object, object]:
        shown = [
            (entry["chain"], entry["act"], entry["holder"], entry["agency"], entry["times"])
            for entry in reversed(body["items"])
        ]
        seen = [
            tuple(entry)
            for entry in model.trail
            if token.agency is None or (entry.agency is not None and model.reaches(token, entry.agency))
        ]
        return shown, seen[-200:]


@dataclass(frozen=True)
class Revoke:
    who: int
    token: int

    def call(self, stage: Stage, /) -> Call:
        return Call("DELETE", f"{API}/tokens/{stage.ids[self.token % len(stage.ids)]}")

    def expect(self, model: Model, token: Token) -> int:
        return model.revoke(token, model.tokens[self.token % len(model.tokens)])


class Plan:
    """What somebody is to do who may; the model says who that is, and so which step it comes to."""

    def step_in(self, model: Model) -> Step | None:
        raise NotImplementedError


@dataclass(frozen=True)
class Proceed(Plan):
    """Somebody takes a report a step further, or files it."""

    agency: str
    choice: int

    def step_in(self, model: Model) -> Step | None:
        if self.agency not in model.reports:
            return Work(self.agency, self.choice, self.choice).step_in(model)
        steps = [
            Take(who, self.agency, action, explained=True, tag="current")
            for who in _at_work(model, self.agency)
            for action in sorted(model.choices(model.tokens[who], self.agency))
        ]
        onwards = [step for step in steps if step.action not in ("withdraw", "return")]
        steps = onwards if onwards and self.choice % 5 != 4 else steps
        return steps[self.choice % len(steps)] if steps else None


@dataclass(frozen=True)
class Work(Plan):
    """Somebody writes a report or files it."""

    agency: str
    number: int
    choice: int

    def step_in(self, model: Model) -> Step | None:
        writers = [who for who in _at_work(model, self.agency) if model.tokens[who].may("file")]
        if not writers:
            return None
        who, is_there = writers[self.choice % len(writers)], self.agency in model.reports
        if is_there and self.choice % 2:
            return Patch(who, self.agency, ("licensing", self.number), draft=False, tag="current")
        content, tag = Content(self.number, BALANCED), "current" if is_there else "none"
        return Put(who, self.agency, content, draft=self.choice % 3 == 0, tag=tag)


@dataclass(frozen=True)
class AcceptOwn(Plan):
    """Somebody accepts with another token of theirs what they wrote or submitted, or else submits it."""

    number: int

    def step_in(self, model: Model) -> Step | None:
        agency, report = TOWNS[0], model.reports.get(TOWNS[0])
        if report and report.status == "submitted":
            for who in _at_work(model, agency):
                token = model.tokens[who]
                if token.may("review") and "accept" not in model.choices(token, agency):
                    return Take(who, agency, "accept", explained=False, tag="none")
        return Put(
            0, agency, Content(self.number, BALANCED), draft=False, tag="current" if report else "none"
        )


def _at_work(model: Model, agency: str) -> list[int]:
    """Return whose tokens are good and reach an agency."""
    tokens = enumerate(model.tokens)
    return [who for who, token in tokens if not token.is_revoked and model.reaches(token, agency)]
