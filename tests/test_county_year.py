"""A county's year as it is played: from its opening to the final total, with a merger in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.domain.progress import ProgressState
from app.domain.roll_up import roll_up
from app.domain.values import nest
from app.forms.annual_2021 import FORM
from app.services.integrity import find_contradictions
from app.services.surroundings import today
from tests.api import (
    API,
    COUNTY,
    a_report,
    accept_report,
    address,
    assert_problem,
    based_on,
    cells_of,
    file_report,
    register,
    shown,
)
from tests.builders import a_modest_report

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from app.domain.values import Values

LAST, YEAR = 2024, 2025
OFFICE, BUREAU, A, B, C, D, TAX = (f"{COUNTY}-{unit}" for unit in ("OF", "BU", "A", "B", "C", "D", "TAX"))
WEIGHTS = {OFFICE: 16, BUREAU: 8, A: 1, B: 1, C: 3, D: 2}
"""How many times a modest report each unit's figures are: whose a difference is can be told from it."""
REPORTING = tuple(WEIGHTS)
CELL = "requests.received.natural_person"


def figures(code: str, granted: int = 5) -> Values:
    """Return a unit's figures."""
    modest = a_modest_report(granted=granted)
    return {cell: WEIGHTS[code] * (value or 0) for cell, value in modest.items()}


def summed(*codes: str) -> Values:
    return roll_up(FORM, [figures(code) for code in codes]).totals


@dataclass(frozen=True)
class County:
    """The county, as its desk sees it."""

    client: TestClient

    def get(self, path: str, **params: Any) -> Any:  # noqa: ANN401 - any JSON
        answer = self.client.get(f"{API}{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], status: int = 201) -> Any:  # noqa: ANN401 - any JSON
        answer = self.client.post(f"{API}{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def step(self, code: str, action: str, **said: Any) -> None:  # noqa: ANN401 - any JSON
        known = based_on(self.client.get(address(code, YEAR)))
        body = {"action": action, **said}
        answer = self.client.post(address(code, YEAR, "/transitions"), json=body, headers=known)
        assert answer.status_code == 200, answer.text

    def states(self) -> dict[str, int]:
        """Return how many units stand how, having seen that they are all that are expected."""
        tally = self.get(f"/collections/{COUNTY}/{YEAR}/progress")["counts"]
        counts = {state.value: tally[state] for state in ProgressState if tally[state]}
        assert sum(counts.values()) == tally["expected"]
        return counts

    def totals(self, year: int = YEAR) -> dict[str, Any]:
        totals = self.get(f"/rollups/{COUNTY}/{year}")["totals"]
        return {code: totals[(at := code.split("."))[0]][at[1]][at[2]] for code in FORM.cells}


def test_a_county_s_year(app: FastAPI, client: TestClient) -> None:
    county = County(client)
    found_county(client)
    last_year = client.get(f"{API}/rollups/{COUNTY}/{LAST}")
    assert county.totals(LAST) == shown(summed(*REPORTING))

    open_the_year(county)
    chase(county)
    merge(county)
    review(county)
    close(county)
    correct_too_late(county)
    reconcile(county)

    assert client.get(f"{API}/rollups/{COUNTY}/{LAST}").headers["etag"] == last_year.headers["etag"]
    with app.state.database.reading() as session:
        assert list(find_contradictions(session)) == []


def found_county(client: TestClient) -> None:
    """Register a county with six units that reported last year, and one under vertical management."""
    register(client, COUNTY, None, level="county", report_scope="aggregate", name="示例县人民政府")
    register(client, OFFICE, level="county", kind="office", name="示例县人民政府办公室")
    register(client, BUREAU, level="county", kind="department", name="示例县教育局")
    for code in (A, B, C, D):
        register(client, code, level="township", name=f"示例县{code[-1]}镇人民政府")
    register(client, TAX, level="county", kind="department", in_rollup=False, name="国家税务总局示例县税务局")
    for code in REPORTING:
        file_report(client, code, LAST, values=figures(code))
        accept_report(client, code, LAST)


def open_the_year(county: County) -> None:
    """Open it: everybody owes but the body under vertical management; nobody has begun."""
    due = {"due_on": str(today() - timedelta(days=1))}
    dates = dict.fromkeys(("office", "department", "township"), due)
    opened = county.client.put(f"{API}/collections/{COUNTY}/{YEAR}", json={"dates": dates})
    assert opened.status_code == 201, opened.text
    assert county.states() == {"not_started": 6}
    assert county.get(f"/rollups/{COUNTY}/{YEAR}")["status"] == "provisional"


def chase(county: County) -> None:
    """Remind those who are missing; some write, one sends what isn't right and has it back."""
    reminded = county.post(f"/collections/{COUNTY}/{YEAR}/reminders", {"units": "missing"})
    assert reminded["total"] == 6
    empty = dict.fromkeys(figures(A))
    file_report(county.client, A, YEAR, draft=True, values=empty)
    file_report(county.client, B, YEAR, values=figures(B))
    file_report(county.client, OFFICE, YEAR, values=figures(OFFICE))
    file_report(county.client, BUREAU, YEAR, draft=True, values=figures(BUREAU))
    county.step(OFFICE, "return", reason="请核对本年新收", cells=[CELL])
    assert county.states() == {"not_started": 2, "empty": 1, "submitted": 1, "returned": 1, "draft": 1}
    assert county.get(f"/collections/{COUNTY}/{YEAR}/progress")["counts"]["received"] == 1


def merge(county: County) -> None:
    """Merge B into A as of July: what B sent counts nowhere, and A begins with what both carried over."""
    merger = {
        "operation": "merge",
        "agencies": [A, B],
        "into": A,
        "effective_on": f"{YEAR}-07-01",
        "document": "示例政发〔2025〕7号",
    }
    county.post("/reorganisations", merger)
    assert county.states() == {"not_started": 2, "empty": 1, "returned": 1, "draft": 1}
    units = county.get(f"/collections/{COUNTY}/{YEAR}/units")["counts"]
    assert (units["expected"], units["frozen"], units["removed"]) == (5, 6, 1)
    suggested = county.get(f"/reports/{A}/{YEAR}/suggestions")
    carried = summed(A, B)["requests.pending_at_end.natural_person"]
    assert suggested["suggested"]["requests.pending_at_start.natural_person"]["value"] == carried
    known = based_on(county.client.get(address(A, YEAR)))
    body = a_report(agency=A, year=YEAR, values=summed(A, B))
    sent = county.client.put(address(A, YEAR), json=body, headers=known)
    assert sent.status_code == 200, sent.text
    assert [each["rule"] for each in sent.json()["findings"] if each["level"] != "I"] == []


def review(county: County) -> None:
    """Everybody sends in but D, which is excused; a total isn't final before."""
    for code in (OFFICE, BUREAU):
        county.step(code, "submit")
    file_report(county.client, C, YEAR, values=figures(C))
    for code in (OFFICE, BUREAU, A):
        accept_report(county.client, code, YEAR)
    early = county.client.post(f"{API}/rollups/{COUNTY}/{YEAR}/finalisation", json={})
    missing = [each["agency"] for each in assert_problem(early, 409, "wrong-state")["errors"]]
    assert sorted(missing) == sorted([C, D])
    excuse = {"agency": D, "kind": "excuse", "reason": "机构新近撤并，当年没有业务"}
    county.post(f"/collections/{COUNTY}/{YEAR}/exceptions", excuse)
    accept_report(county.client, C, YEAR)
    assert county.states() == {"excused": 1, "accepted": 4}
    assert county.totals() == shown(summed(OFFICE, BUREAU, A, B, C))


def close(county: County) -> None:
    """Adjust the total by a line of its own and make it final."""
    lines = [{"cell": f"requests.{row}.natural_person", "amount": 2} for row in ("received", "granted")]
    adjusted = {"lines": lines, "reason": "某单位书面补报两件，来不及退回"}
    county.post(f"/rollups/{COUNTY}/{YEAR}/adjustments", adjusted)
    final = county.post(f"/rollups/{COUNTY}/{YEAR}/finalisation", {"note": "经县政府办公室主任会议审定"})
    assert final["number"] == 1
    rolled = county.get(f"/rollups/{COUNTY}/{YEAR}", basis="accepted")
    assert rolled["status"] == "final"
    table, row, column = CELL.split(".")
    ours = summed(OFFICE, BUREAU, A, B, C)[CELL] or 0
    assert rolled["totals"][table][row][column] == ours
    assert rolled["adjusted_totals"][table][row][column] == ours + 2
    children = county.get(f"/rollups/{COUNTY}/{YEAR}/children", cells=CELL)
    assert sum(each["cells"][CELL] or 0 for each in children["items"]) == ours


def correct_too_late(county: County) -> None:
    """C corrects its report too late: the final total stands, the difference shows; then it is taken in."""
    county.step(C, "return", reason="单位来函更正本年新收", cells=[CELL])
    known = based_on(county.client.get(address(C, YEAR)))
    corrected = figures(C, granted=6)
    body = a_report(agency=C, year=YEAR, values=corrected)
    answer = county.client.put(address(C, YEAR), json=body, headers=known)
    assert answer.status_code == 200, answer.text
    accept_report(county.client, C, YEAR)
    final = county.get(f"/rollups/{COUNTY}/{YEAR}/finalisation")
    more = (corrected[CELL] or 0) - (figures(C)[CELL] or 0)
    differences = {each["cell"]: each["difference"] for each in final["differences"]["cells"]}
    assert differences[CELL] == more
    reopened = {"reason": "C镇更正本年新收，重新定稿"}
    county.post(f"/rollups/{COUNTY}/{YEAR}/finalisation/reopening", reopened, 200)
    again = county.post(f"/rollups/{COUNTY}/{YEAR}/finalisation", {})
    assert again["number"] == 2


def reconcile(county: County) -> None:
    """Draft the county's own report, forget C's figures in it, and be told so; look at the analysis."""
    draft = county.get(f"/rollups/{COUNTY}/{YEAR}/draft", basis="accepted")
    sums = cells_of(county.client.get(f"{API}/rollups/{COUNTY}/{YEAR}/draft", params={"basis": "accepted"}))
    without = summed(OFFICE, BUREAU, A, B)
    # the draft says what is to be published: the adjustment is in it
    assert sums[CELL] - (figures(C, granted=6)[CELL] or 0) - 2 == without[CELL]
    body = {**draft, **nest(FORM, without)}
    answer = county.client.put(address(COUNTY, YEAR), params={"draft": True}, json=body)
    assert answer.status_code == 201, answer.text
    held = county.get(f"/rollups/{COUNTY}/{YEAR}/reconciliation", basis="accepted")
    assert [unit["code"] for unit in held["suspects"][0]["guess"]["units"]] == [C]
    trend = county.get(f"/rollups/{COUNTY}/trend", **{"from": LAST, "to": YEAR})
    assert [year["tree_changed"] for year in trend["years"]] == [False, True]
    page = county.client.get(f"{API}/rollups/{COUNTY}/{YEAR}/report", params={"format": "html"})
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "定稿（第2次）数据" in page.text
    assert "示例县人民政府调整：" in page.text
    assert "表三“本年新收”行“自然人”列+2" in page.text
    assert "“示例县人民政府”的报告（草稿）与汇总数核对" in page.text
    assert "<script" not in page.text
