"""The cases of `conformance/`: they say what they should, and the service does what they say."""

from __future__ import annotations

import functools
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from app.cli import command_line
from app.cli.cases import ANY_CODE, Case, Differing, Finding, difference, read_cases
from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.domain.results import Outcome
from app.domain.roles import Role
from app.domain.rules import CATALOGUE, Keeper
from app.domain.values import nest
from app.forms.annual_2019 import FORM as FORMER
from app.forms.annual_2021 import FORM
from app.routers.validations import judge_beside
from app.schemas.validations import read_validation
from conformance import checker
from tests.api import API
from tests.builders import any_values, balanced_values
from tests.desk import WHOLE_TREE
from tests.service import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from app.domain.values import Values
    from app.forms.model import ReportForm

FOLDER = Path(__file__).parent.parent / "conformance"
CASES = read_cases(FOLDER / "cases")
BASE = json.loads((FOLDER / "base.json").read_text())
BASES = {file.name: json.loads(file.read_text()) for file in FOLDER.glob("base*.json")}
TOKEN = WHOLE_TREE[Role.READER].text
FILES = sorted((FOLDER / "cases").glob("*.json"))
KINDS = {"kept", "broken", "not_evaluated", "boundary", "exception"}
MEMBERS = {
    "id",
    "title",
    "kind",
    "about",
    "base",
    "last_year_base",
    "year",
    "changes",
    "without",
    "beside",
    "expected",
    "refused",
}
NEVER_OPEN = {"R01", "R04", "R32"}
"""Rules that are always evaluated: what isn't there breaks them."""


def written(file: Path) -> list[dict[str, Any]]:
    """Return the cases of a file as they are written."""
    cases: list[dict[str, Any]] = json.loads(file.read_text())
    return cases


def paths_in(tree: dict[str, Any], above: str = "") -> set[str]:
    """Name everything that an object holds: `requests`, `requests.received` and so on."""
    paths: set[str] = set()
    for name, value in tree.items():
        paths.add(above + name)
        paths |= paths_in(value, f"{above}{name}.") if isinstance(value, dict) else set()
    return paths


# The cases themselves


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 320


def test_every_rule_that_a_server_can_judge_on_one_report_has_every_kind_of_case() -> None:
    judged = {rule.id for rule in CATALOGUE if rule.keeper is Keeper.REPORT}
    assert {file.stem for file in FILES} == judged
    for rule in judged:
        kinds = {case.kind for case in CASES if case.id.startswith(rule)}
        assert kinds == KINDS - ({"not_evaluated"} if rule in NEVER_OPEN else set()), rule


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_case_has_the_shape_that_the_readme_describes(file: Path) -> None:
    cases = written(file)
    assert [case["id"] for case in cases] == [f"{file.stem}-{n:03}" for n in range(1, len(cases) + 1)]
    assert len({case["title"] for case in cases}) == len(cases)
    for case in cases:
        assert case.keys() <= MEMBERS
        assert case["title"]
        assert case["kind"] in KINDS
        assert file.stem in case["about"]
        assert ("expected" in case) is not ("refused" in case)
        for finding in case.get("expected", []):
            assert finding.keys() == {"rule", "code", "outcome"}
            assert finding["rule"] in case["about"]
            assert finding["outcome"] in {"broken", "not_evaluated"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_case_changes_nothing_that_the_base_report_doesn_t_have(file: Path) -> None:
    for case in written(file):
        known = paths_in(BASES[case.get("base", "base.json")]["report"])
        before = paths_in(BASES[case["last_year_base"]]["report"]) if "last_year_base" in case else known
        beside = case.get("beside", {})
        assert paths_in(beside.get("last_year") or {}) <= before, case["id"]
        for report in (case.get("changes", {}), *beside.get("earlier", [])):
            assert paths_in(report) <= known, case["id"]
        assert set(case.get("without", [])) <= known, case["id"]


def test_the_readme_shows_a_case_as_it_is() -> None:
    shown = re.search(r"^```json\n(.*?)^```$", (FOLDER / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert shown
    assert json.loads(shown[1]) in written(FOLDER / "cases" / "R07.json")


def test_a_case_of_a_kind_says_what_its_kind_says() -> None:
    for case in CASES:
        outcomes = {finding.outcome for finding in case.expected}
        if case.kind == "kept":
            assert not outcomes | case.refused, case.id
        elif case.kind == "broken":
            assert case.refused or "broken" in outcomes, case.id
        elif case.kind == "not_evaluated":
            assert outcomes == {"not_evaluated"}, case.id


def test_the_base_reports_fill_their_forms() -> None:
    for base, form in (("base.json", FORM), ("base-2019.json", FORMER)):
        filled = {path for path in paths_in(BASES[base]["report"]) if path.count(".") == 2}
        assert filled == set(form.cells), base
    assert set(checker.all_cells(YEAR)) == set(FORM.cells)
    assert set(checker.all_cells(FORMER_YEAR)) == set(FORMER.cells)
    assert {code.split(".")[1] for code in FORMER.cells if "items_before" in code} == set(checker.WITH_ITEMS)


@pytest.mark.parametrize("base", BASES.values(), ids=BASES.keys())
def test_the_base_reports_keep_every_rule(base: dict[str, Any]) -> None:
    body = {**base["report"], "beside": base["beside"]}
    _, results = judge_beside(read_validation(body), body["year"])
    assert {result.outcome for result in results} == {Outcome.KEPT}


# The second opinion


def test_the_checker_shares_nothing_with_the_service() -> None:
    imports = re.findall(r"^\s*(?:from|import) (\S+)", (FOLDER / "checker.py").read_text(), re.MULTILINE)
    assert set(imports) == {"__future__", "decimal", "typing"}


def test_the_checker_agrees_with_every_case_of_a_rule_on_numbers() -> None:
    numeric = [case for case in CASES if case.about <= set(checker.RULES) and not case.refused]
    assert len(numeric) > 250
    for case in numeric:
        found = {tuple(each) for each in checker.findings(case.body) if each.rule in case.about}
        assert found == {tuple(each) for each in case.expected}, case.id


def test_the_cases_of_r27_at_its_bounds_lie_where_they_say() -> None:
    counted = {}
    for case in CASES:
        if case.id.startswith("R27") and case.kind == "boundary":
            ours, theirs = (
                "".join(filter(None, (report["narratives"]["overview"], report["narratives"]["problems"])))
                for report in (case.body, case.body["beside"]["last_year"])
            )
            shared, total = checker.eights_shared(ours, theirs)
            counted[len(checker.letters(ours)), shared, total] = bool(case.expected)
    assert counted == {
        (407, 320, 400): False,
        (407, 324, 400): True,
        (199, 192, 192): False,
        (200, 193, 193): True,
    }


YEAR, FORMER_YEAR = 2024, 2020


def bodies(form: ReportForm, year: int) -> st.SearchStrategy[dict[str, Any]]:
    """Generate reports with what they are judged beside: balanced or not, with cells missing or not sent."""
    reports = st.builds(
        functools.partial(a_body, form),
        (any_values(form, most=40) | balanced_values(form, most=600)).map(functools.partial(signed, form)),
        not_sent(form),
    )
    earlier = st.lists(reports, max_size=2).map(
        lambda found: [{**report, "year": year - 2 - place} for place, report in enumerate(found)]
    )
    beside = st.fixed_dictionaries(
        {
            "level": st.none() | st.sampled_from(list(map(str, AgencyLevel))),
            "kind": st.none() | st.sampled_from(list(map(str, AgencyKind))),
            "report_scope": st.sampled_from(list(map(str, ReportScope))),
            "last_year": st.none() | reports,
            "earlier": earlier if form.covers(year - 3) else st.just([]),
        }
    )
    return st.builds(lambda report, beside: {**report, "year": year, "beside": beside}, reports, beside)


def signed(form: ReportForm, values: Values) -> Values:
    """Return figures half of which are below 0 where that may be."""
    may_be = {code for code, cell in form.cells.items() if cell.measure.is_signed}
    return {
        code: -value if value is not None and code in may_be and value % 2 else value
        for code, value in values.items()
    }


def not_sent(form: ReportForm) -> st.SearchStrategy[set[str]]:
    """Generate cells that aren't sent at all: few, and totals among them."""
    return st.sets(st.sampled_from(list(form.cells)) | st.sampled_from(list(form.totals)), max_size=4)


def a_body(form: ReportForm, values: Values, without: set[str]) -> dict[str, Any]:
    body: dict[str, Any] = nest(form, values)
    for code in without:
        table, row, column = code.split(".")
        del body[table][row][column]
    return body


@given(bodies(FORM, YEAR) | bodies(FORMER, FORMER_YEAR))
def test_checker_and_service_agree_on_any_report(body: dict[str, Any]) -> None:
    _, results = judge_beside(read_validation(body), body["year"])
    found = {(each.rule.id, each.code, str(each.outcome)) for each in results}
    ours = {each for each in found if each[0] in checker.RULES and each[2] != "kept"}
    assert ours == {tuple(each) for each in checker.findings(body)}


# The service


def test_the_service_judges_every_case_as_it_says(client: TestClient) -> None:
    differing = {}
    for case in CASES:
        answer = client.post(f"{API}/validations", json=case.body)
        found = difference(case, answer.status_code, answer.json())
        if found is not None:
            differing[f"{case.id} {case.title}"] = found
    assert differing == {}


# The command


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Return a folder with two cases: one as it should be, one that no server agrees with."""
    (tmp_path / "base.json").write_text(json.dumps(BASE))
    folder = tmp_path / "cases"
    folder.mkdir()
    right, wrong = written(FOLDER / "cases" / "R13.json")[:2]
    (folder / "R13.json").write_text(json.dumps([right, {**wrong, "expected": []}]))
    (folder / "R18.json").write_text(json.dumps([{**right, "id": "R18-001", "about": ["R18"]}]))
    return folder


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the service for the tests of this file; none of them stores anything."""
    path = tmp_path_factory.mktemp("conformance") / "nianbao.db"
    shutil.copyfile(sqlite_template, path)
    with running(f"sqlite:///{path}") as address:
        yield address


def try_cases(address: str, *options: str | Path) -> Result:
    arguments = ["conformance", address, "--token", TOKEN, *map(str, options)]
    return CliRunner().invoke(command_line(["conformance"]), arguments)


def test_the_command_tells_of_every_difference(address: str, few: Path) -> None:
    done = try_cases(address, "--cases", few)
    title = written(few / "R13.json")[1]["title"]
    assert done.stdout.splitlines() == [
        f"R13-002 {title}",
        "  应是：无",
        "  现为：R13 disclosure.issued.normative_documents broken",
        "R13  2 个用例，相符 1 个",
        "R18  1 个用例，相符 1 个",
        "共 3 个用例，相符 2 个，不同 1 个",
    ]
    assert (done.exit_code, done.stderr) == (1, "")
    printed = try_cases(address, "--cases", few, "--json")
    assert printed.exit_code == 1
    assert json.loads(printed.stdout) == {
        "rules": {"R13": {"passed": 1, "total": 2}, "R18": {"passed": 1, "total": 1}},
        "differences": [
            {
                "id": "R13-002",
                "title": title,
                "expected": "无",
                "found": "R13 disclosure.issued.normative_documents broken",
            }
        ],
    }


def test_the_command_tries_one_rule_alone_and_ends_well_where_all_agrees(address: str, few: Path) -> None:
    done = try_cases(address, "--cases", few, "--rule", "R18")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "R18  1 个用例，相符 1 个")


@pytest.mark.parametrize("rule", ["r18", " R18 "])
def test_a_rule_may_be_written_in_any_way(address: str, few: Path, rule: str) -> None:
    assert try_cases(address, "--cases", few, "--rule", rule).exit_code == 0


@pytest.mark.parametrize(
    ("options", "url", "said"),
    [
        (("--cases", "none"), "", ["文件夹 none 里没有用例", "用 --cases 指明文件夹"]),
        (
            ("--rule", "R99"),
            "",
            ["R99：没有这条规则", "有用例的是 R01、R04", "没有用例的是 R02、R03、R19、R37、R40"],
        ),
        (("--rule", "r02"), "", ["r02：这条规则不在单份报告上核对，没有用例"]),
        (("--token", "nb_wrong"), "", ["服务回答 401", "请用 --token 写明完整的令牌"]),
        (("--token", "nb_…"), "", ["令牌里有不能用的字符"]),
        (("--token", "nb_a b"), "", ["令牌里有不能用的字符"]),
        ((), "/api/v1", ["不要带 /api/v1"]),
        ((), "/elsewhere", ["服务回答 404", "请核对服务的地址"]),
        ((), "http://127.0.0.1:1", ["连不上，请看服务是否已经启动"]),
        ((), "nowhere", ["应以 http:// 或 https:// 开头"]),
        ((), "ftp://127.0.0.1", ["应以 http:// 或 https:// 开头"]),
        ((), "http://127.0.0.1:端口", ["写得不对"]),
    ],
)
def test_the_command_says_why_nothing_could_be_tried(
    address: str, options: tuple[str, ...], url: str, said: list[str]
) -> None:
    done = try_cases(
        url if ":" in url or url == "nowhere" else address + url, "--cases", FOLDER / "cases", *options
    )
    assert done.exit_code == 2, done.stdout
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert [each for each in said if each not in done.stderr] == []


# How an answer is compared


def a_case(*expected: tuple[str, str, str], refused: frozenset[str] = frozenset()) -> Case:
    findings = frozenset(Finding(*each) for each in expected)
    return Case("R13-001", "", "broken", frozenset({"R13"}), {}, findings, refused)


def an_answer(*findings: tuple[str, str, str]) -> dict[str, Any]:
    return {"items": [Finding(*each)._asdict() for each in findings]}


def test_other_rules_and_kept_results_are_no_difference() -> None:
    answer = an_answer(("R13", "a", "broken"), ("R13", "b", "kept"), ("R18", "c", "broken"))
    assert difference(a_case(("R13", "a", "broken")), 200, answer) is None
    assert difference(a_case(("R13", "a", "not_evaluated")), 200, answer) is not None
    assert difference(a_case(), 200, answer) == Differing("无", "R13 a broken")


def test_an_asterisk_stands_for_one_place_or_more() -> None:
    anywhere = a_case(("R13", ANY_CODE, "broken"))
    assert difference(anywhere, 200, an_answer(("R13", "a", "broken"), ("R13", "b", "broken"))) is None
    assert difference(anywhere, 200, an_answer()) is not None
    both = an_answer(("R13", "a", "broken"), ("R13", "b", "not_evaluated"))
    assert difference(anywhere, 200, both) is not None


def test_a_refusal_is_expected_at_its_pointers() -> None:
    refused = a_case(refused=frozenset({"/a"}))
    assert difference(refused, 422, {"errors": [{"pointer": "/a"}]}) is None
    assert difference(refused, 422, {"errors": [{"pointer": "/b"}]}) == Differing("422 /a", "422 /b")
    assert difference(refused, 200, an_answer()) == Differing("422 /a", "200")
    assert difference(a_case(), 422, {"errors": [{"pointer": "/b"}]}) == Differing("无", "422 /b")
