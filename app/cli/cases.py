"""The cases of `conformance/`: what to send to a server, and whether it answered as a case says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

Json: TypeAlias = dict[str, Any]
ANY_CODE = "*"
BASE = "base.json"
KEPT = "kept"
OK, REFUSED = 200, 422


class Finding(NamedTuple):
    """A rule that isn't kept at one place, or can't be evaluated there."""

    rule: str
    code: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Case:
    """A report, and what any server has to say of it.

    Attributes:
        id: rule and number: R07-003.
        title: what it shows.
        kind: kept, broken, not_evaluated, boundary or exception.
        about: the rules whose findings are all expected here, and nobody else's.
        body: what is sent to `POST /validations`.
        expected: those findings.
        refused: where the body can't be what it should (422), instead of findings.
    """

    id: str
    title: str
    kind: str
    about: frozenset[str]
    body: Json
    expected: frozenset[Finding]
    refused: frozenset[str]


@dataclass(frozen=True, slots=True)
class Differing:
    """What a server should have said, and what it said."""

    expected: str
    found: str


def rules_with_cases(folder: Path) -> list[str]:
    """Return the ids of the rules that have cases in a folder."""
    return sorted(file.stem for file in folder.glob("*.json"))


def read_cases(folder: Path, rule: str | None = None) -> list[Case]:
    """Return the cases of every rule, or of one, by rule and number."""
    files = [folder / f"{each}.json" for each in rules_with_cases(folder) if rule in (None, each)]
    return [_case(folder.parent, said) for file in files for said in _read(file)]


def _read(file: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(file.read_text("utf-8"))


def _case(folder: Path, said: Json) -> Case:
    base = _read(folder / said.get("base", BASE))
    before = overlaid(base["report"], base["last_year"])
    if "last_year_base" in said:
        before = _read(folder / said["last_year_base"])["report"]
    return Case(
        id=said["id"],
        title=said["title"],
        kind=said["kind"],
        about=frozenset(said["about"]),
        body=_body(base, before, said),
        expected=frozenset(Finding(**each) for each in said.get("expected", [])),
        refused=frozenset(said.get("refused", [])),
    )


def _body(base: Json, before: Json, said: Json) -> Json:
    year = said.get("year", base["report"]["year"])
    report = overlaid(base["report"], said.get("changes", {})) | {"year": year}
    for place in said.get("without", []):
        _take_away(report, place)
    return report | {"beside": _beside({**base["beside"], **said.get("beside", {})}, before, year)}


def _beside(beside: Json, before: Json, year: int) -> Json:
    if beside.get("last_year") is not None:
        beside["last_year"] = overlaid(before, beside["last_year"]) | {"year": year - 1}
    earlier = beside.get("earlier", [])
    beside["earlier"] = [
        overlaid(before, each) | {"year": year - 2 - place} for place, each in enumerate(earlier)
    ]
    return beside


def overlaid(below: Json, above: Json) -> Json:
    """Lay one object over another; null stands in the result, as something that was sent as null."""
    result = dict(below)
    for name, value in above.items():
        under = result.get(name)
        result[name] = (
            overlaid(under, value) if isinstance(value, dict) and isinstance(under, dict) else value
        )
    return result


def _take_away(report: Json, place: str) -> None:
    """Take away a member by its path, `requests.processed.total`, leaving the base report as it is."""
    name, _, rest = place.partition(".")
    if not rest:
        del report[name]
        return
    report[name] = dict(report[name])
    _take_away(report[name], rest)


def difference(case: Case, status: int, answer: Json) -> Differing | None:
    """Return how a server's answer differs from what a case expects; None where it doesn't."""
    if case.refused or status != OK:
        return _refusal_difference(case, status, answer)
    found = [_finding(item) for item in answer["items"]]
    found = [each for each in found if each.rule in case.about and each.outcome != KEPT]
    if _agree(case.expected, found):
        return None
    return Differing(_shown(case.expected), _shown(found))


def _refusal_difference(case: Case, status: int, answer: Json) -> Differing | None:
    pointers = {str(error.get("pointer")) for error in answer.get("errors", [])}
    if status == REFUSED and pointers == case.refused:
        return None
    expected = f"422 {_listed(case.refused)}" if case.refused else _shown(case.expected)
    return Differing(expected, f"{status} {_listed(pointers)}".strip())


def _finding(item: Json) -> Finding:
    return Finding(item["rule"], item["code"], item["outcome"])


def _agree(expected: frozenset[Finding], found: list[Finding]) -> bool:
    """Compare as sets; `*` stands for one place of the rule or more, whatever its code."""
    anywhere = {(each.rule, each.outcome) for each in expected if each.code == ANY_CODE}
    named = {each for each in expected if each.code != ANY_CODE}
    rest = {each for each in found if (each.rule, each.outcome) not in anywhere}
    return rest == named and {(each.rule, each.outcome) for each in found} >= anywhere


def _shown(findings: frozenset[Finding] | list[Finding]) -> str:
    return _listed(" ".join(finding) for finding in findings) or "无"


def _listed(texts: Iterable[str]) -> str:
    return "；".join(sorted(texts))
