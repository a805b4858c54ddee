"""Steps that people take with the service: as calls, and as what the model makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from app.domain.totals import complete
from app.forms.annual_2021 import FORM
from tests.api import API, TITLE, YEAR, a_report, address
from tests.builders import a_modest_report, typed_cells
from tests.model import Model
from tests.model_terms import BALANCED, Content, Item, Report, Token, Verdict
from tests.stage import BATCH, Call, Stage

if TYPE_CHECKING:
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
BASE = a_modest_report()
assert BASE[CELLS["received"]] == BALANCED
TOTAL = "requests.received.total"
FINDING = {"rule": "R28", "code": CELLS["licensing"]}
"""The finding on licences that nobody can believe."""


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
        title = TITLE.format(agency=self.agency, year=YEAR)
        body = a_report(values_of(self.content), title=title)
        return Call("PUT", address(self.agency), body, {"draft": self.draft})

    def expect(self, model: Model, token: Token) -> int:
        return model.put(token, self.agency, self.content, self.tag, draft=self.draft)


@dataclass(frozen=True)
class Batch:
    who: int
    items: tuple[Item, ...]
    atomic: bool
    draft: bool

    def call(self, stage: Stage, /) -> Call:
        body = [
            a_report(values_of(content), agency=agency, year=YEAR)
            | ({} if tag == "none" else {"etag": stage.tag(address(agency), tag)})
            for agency, content, tag in self.items
        ]
        return Call("POST", BATCH, body, {"atomic": self.atomic, "draft": self.draft})

    def expect(self, model: Model, token: Token) -> int:
        return model.save_batch(token, self.items, atomic=self.atomic, draft=self.draft)

    def check(self, model: Model, body: dict[str, Any]) -> None:
        """Hold what is said of each report to the model."""
        told = [(item["index"], item["agency"], item["status"]) for item in body["items"]]
        items = zip(self.items, model.told, strict=True)
        assert told == [(place, item.agency, status) for place, (item, status) in enumerate(items)]
        for item in body["items"]:
            report, shown = model.reports.get(item["agency"]), item["report"]
            assert shown is None or (shown["state"], shown["version"]) == _standing(report), self


def _standing(report: Report | None) -> tuple[str, int] | None:
    return None if report is None else (report.status, len(report.contents))


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
class Explain:
    """Somebody explains the finding that there may be."""

    who: int
    agency: str
    text: str
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        body = {"items": [{**FINDING, "text": self.text}]}
        return Call("POST", address(self.agency, rest="/explanations"), body, about=address(self.agency))

    def expect(self, model: Model, token: Token) -> int:
        return model.explain(token, self.agency, self.text, self.tag)


@dataclass(frozen=True)
class Review:
    """Somebody judges the explanation that there may be."""

    who: int
    agency: str
    verdict: Verdict
    tag: str

    def call(self, _stage: Stage, /) -> Call:
        path = address(self.agency, rest="/explanations/reviews")
        said = {**FINDING, "accepted": self.verdict is Verdict.ACCEPTED}
        said |= {"reason": "没有说到点子上"} if self.verdict is Verdict.REFUSED else {}
        items = "all" if self.verdict is Verdict.ALL else [said]
        return Call("POST", path, {"items": items}, about=address(self.agency))

    def expect(self, model: Model, token: Token) -> int:
        return model.review(token, self.agency, self.verdict, self.tag)


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
        "explanations": "/reports/{agency}/{year}/explanations",
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
        choices |= {"explain"} if token.may("file") and is_open and report.contents[-1].is_doubtful else set()
        is_up = report.status == "submitted" and report.word is not None
        choices |= {"review"} if token.may("review") and is_up else set()
        return {item["name"] for item in body["items"] if item["allowed"]}, choices

    def _comments(self, model: Model, _token: Token, body: dict[str, Any]) -> tuple[object, object]:
        return len(body["items"]), model.reports[self.agency].comments

    def _explanations(self, model: Model, _token: Token, body: dict[str, Any]) -> tuple[object, object]:
        report = model.reports[self.agency]
        shown = [(item["text"], item["given_by"], item["state"], item["holds"]) for item in body["items"]]
        needed = [item for item in body["needed"] if item["rule"] == FINDING["rule"]]
        said = [
            (word.text, word.giver.holder, word.state, word is report.word and word.state != "refused")
            for word in report.words
        ]
        has_word = report.word is not None and report.word.state != "refused"
        return (shown, len(needed)), (said, int(report.contents[-1].is_doubtful and not has_word))

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
