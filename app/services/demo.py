"""Demonstration data: 盐池县 as it is divided, with figures made up and marked 示例数据.

One report alone rests on a real document's figures: 大水坑镇 2021.  It is read in and stands as the draft
that it is, two of its columns being lost.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.auth.actor import Actor
from app.domain.agencies import AgencyKind, AgencyLevel, ReportScope
from app.domain.content import Content
from app.domain.roles import Right, Role
from app.domain.totals import complete
from app.services.agencies import create_agency, find_agency
from app.services.agency_details import AgencyDetails
from app.services.contents import empty_content
from app.services.document_reading import Document, read_document
from app.services.filed import find_form
from app.services.imports import store_draft
from app.services.saving import file_content
from app.services.tokens import TokenWanted, issue, revoke
from app.storage.models import AGENCY, TOKEN, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.auth.tokens import Hashing, Secret
    from app.domain.values import Values
    from app.forms.model import ReportForm
    from app.storage.engine import Database, WriteSession

MARK = "（示例数据）"
LOADER = Actor("示例数据", frozenset(Right))
HOLDER_MARK = "示例"
"""How the holders of the demonstration's tokens begin."""

YEARS = (2021, 2022, 2023, 2024, 2025)
YEARS_OF_MANY = (2024, 2025)

PROVINCE, PREFECTURE, COUNTY = "64", "6403", "640323"
OFFICE = f"{COUNTY}-office"
IMPORTED = (f"{COUNTY}101", 2021)
NOT_FILED = (f"{COUNTY}203", 2025)
STILL_A_DRAFT = (f"{COUNTY}202", 2025)

_TOWNSHIPS = {
    "001": "盐州路街道办事处",
    "100": "花马池镇人民政府",
    "101": "大水坑镇人民政府",
    "102": "惠安堡镇人民政府",
    "103": "高沙窝镇人民政府",
    "200": "王乐井乡人民政府",
    "201": "冯记沟乡人民政府",
    "202": "青山乡人民政府",
    "203": "麻黄山乡人民政府",
}
_SUBDISTRICTS_BELOW = 100
"""统计用区划代码: the last three digits of a subdistrict are below this."""

_UNITS_IN_A_COUNTY = 50
_COUNTIES_IN_A_PREFECTURE = 10
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much was loaded."""

    agencies: int
    reports: int


def load_demo(database: Database, units: int) -> Loaded | None:
    """Load the demonstration into a database that holds no agencies; None where it holds some.

    Args:
        database: where to.
        units: how many made-up reporting units to add beside 盐池县, for tests and measurements.
    """
    with database.writing() as session:
        if session.scalar(select(AGENCY.c.id).limit(1)) is not None:
            return None
        agencies = [*_yanchi(), *_made_up(units)]
        for details in agencies:
            create_agency(session, LOADER, details)
    return Loaded(len(agencies), _load_reports(database, agencies))


@dataclass(frozen=True, slots=True)
class DemoToken:
    """A token of the demonstration.

    Attributes:
        name: of the variable that a shell keeps it in.
        role: what its holder is.
        reach: name of the agency at the top of what they reach.
        secret: the token.
    """

    name: str
    role: Role
    reach: str
    secret: Secret


_TOKENS = (
    ("REPORTER", Role.REPORTER, IMPORTED[0], "填报员"),
    ("REVIEWER", Role.REVIEWER, COUNTY, "审核员"),
    ("ADMINISTRATOR", Role.ADMINISTRATOR, COUNTY, "管理员"),
    ("READER", Role.READER, COUNTY, "查阅员"),
    ("SYSTEM", Role.SYSTEM, COUNTY, "对接系统"),
)


def issue_demo_tokens(database: Database, hashing: Hashing) -> list[DemoToken]:
    """Issue a token for each role, in the place of those that were issued so before.

    None are issued where the data isn't the demonstration's.
    """
    with database.writing() as session:
        if not _is_demo(session):
            return []
        for token_id in session.scalars(select(TOKEN.c.id).where(TOKEN.c.holder.startswith(HOLDER_MARK))):
            revoke(session, LOADER, token_id)
        return [_issue(session, hashing, *wanted) for wanted in _TOKENS]


def _is_demo(session: WriteSession) -> bool:
    chosen = select(VERSION.c.report_id).where(VERSION.c.saved_by == LOADER.holder)
    return session.scalar(chosen.limit(1)) is not None


def _issue(session: WriteSession, hashing: Hashing, name: str, role: Role, code: str, who: str) -> DemoToken:
    wanted = TokenWanted(f"{HOLDER_MARK}{who}", role, code)
    _, secret = issue(session, hashing, LOADER, wanted)
    return DemoToken(name, role, find_agency(session, LOADER, code).name, secret)


def _aggregate(code: str, name: str, level: AgencyLevel, parent: str | None) -> AgencyDetails:
    division = code if code.isdigit() else None
    return AgencyDetails(
        code, name, level, AgencyKind.GOVERNMENT, parent, division, report_scope=ReportScope.AGGREGATE
    )


def _yanchi() -> Iterator[AgencyDetails]:
    yield _aggregate(PROVINCE, "宁夏回族自治区人民政府", AgencyLevel.PROVINCE, None)
    yield _aggregate(PREFECTURE, "吴忠市人民政府", AgencyLevel.PREFECTURE, PROVINCE)
    yield _aggregate(COUNTY, "盐池县人民政府", AgencyLevel.COUNTY, PREFECTURE)
    yield AgencyDetails(OFFICE, "盐池县人民政府办公室", AgencyLevel.COUNTY, AgencyKind.OFFICE, COUNTY)
    for number, name in _TOWNSHIPS.items():
        is_subdistrict = int(number) < _SUBDISTRICTS_BELOW
        kind = AgencyKind.SUBDISTRICT if is_subdistrict else AgencyKind.GOVERNMENT
        code = f"{COUNTY}{number}"
        yield AgencyDetails(code, f"盐池县{name}", AgencyLevel.TOWNSHIP, kind, COUNTY, code)


def _made_up(units: int) -> Iterator[AgencyDetails]:
    if units:
        yield _aggregate("S", "示例省人民政府", AgencyLevel.PROVINCE, None)
    counties = -(-units // _UNITS_IN_A_COUNTY)
    for prefecture in range(-(-counties // _COUNTIES_IN_A_PREFECTURE)):
        code = f"S{prefecture:02}"
        yield _aggregate(code, f"示例{prefecture + 1}市人民政府", AgencyLevel.PREFECTURE, "S")
    for county in range(counties):
        above = f"S{county // _COUNTIES_IN_A_PREFECTURE:02}"
        code = f"{above}{county % _COUNTIES_IN_A_PREFECTURE:02}"
        yield _aggregate(code, f"示例{county + 1}县人民政府", AgencyLevel.COUNTY, above)
        first = county * _UNITS_IN_A_COUNTY
        for unit in range(min(_UNITS_IN_A_COUNTY, units - first)):
            name = f"示例{county + 1}县第{unit + 1}单位"
            level = AgencyLevel.TOWNSHIP
            yield AgencyDetails(f"{code}{unit:03}", name, level, AgencyKind.DEPARTMENT, code)


def _load_reports(database: Database, agencies: list[AgencyDetails]) -> int:
    wanted = [
        (details, year)
        for details in agencies
        if details.report_scope is ReportScope.OWN
        for year in (YEARS if details.code.startswith(COUNTY) else YEARS_OF_MANY)
        if (details.code, year) != NOT_FILED
    ]
    for start in range(0, len(wanted), _AT_ONCE):
        with database.writing() as session:
            for details, year in wanted[start : start + _AT_ONCE]:
                _load_report(session, details, year)
    return len(wanted)


def _load_report(session: WriteSession, details: AgencyDetails, year: int) -> None:
    if (details.code, year) == IMPORTED:
        data = files("app.services").joinpath("demo_township_2021.txt").read_bytes()
        imported = read_document(Document("盐池县大水坑镇2021年年度报告.txt", data))
        store_draft(session, LOADER, imported, details.code, year, None)
        return
    agency = find_agency(session, LOADER, details.code)
    content = made_up_content(empty_content(find_form(year), year, agency), details)
    file_content(session, LOADER, agency, content, draft=(details.code, year) == STILL_A_DRAFT)


def made_up_content(blank: Content, details: AgencyDetails) -> Content:
    """Return a balanced, plausible report of a made-up year; the same agency and year give the same one."""
    year, form = blank.year, blank.form
    values = complete(form, _figures(form, details.code, details.level, year))
    received, processed = values["requests.received.total"], values["requests.processed.total"]
    return replace(
        blank,
        title=form.title.format(agency=details.name, year=year) + MARK,
        preface=f"{MARK}按照{form.notice}编写，统计期限为{form.period.format(year=year)}。",
        narratives={
            "overview": (
                f"{MARK}（一）主动公开方面：按时更新公开目录。\n"
                f"（二）依申请公开方面：{year}年收到政府信息公开申请{received}件，办结{processed}件。\n"
                "（三）政府信息管理方面：公开前逐件审查。\n"
                "（四）平台建设方面：维护网站专栏和公开栏。\n"
                "（五）监督保障方面：开展考核和社会评议，没有发生责任追究。"
            ),
            "problems": f"{MARK}存在的问题：更新不够及时。改进措施：专人每周核对，按月通报。",
            "other_matters": (
                f"{MARK}依照规定发出收费通知，{year}年没有收取信息处理费。没有其他需要报告的事项。"
            ),
        },
        values=values,
    )


def _figures(form: ReportForm, code: str, level: AgencyLevel, year: int) -> Values:
    """Make up the 166 cells that people type: flows carry over from year to year, and balance."""
    chance = _chance(code, year)
    busy = 1 if level is AgencyLevel.TOWNSHIP else 8
    figures = {cell: 0 for cell in form.cells if cell not in form.totals}
    figures |= _stock_of_documents(code, year)
    figures["disclosure.licensing.decisions"] = _about(40 * busy, code, year, "licensing")
    figures["disclosure.penalties.decisions"] = _about(10 * busy, code, year, "penalties")
    figures["disclosure.coercion.decisions"] = _about(1 + busy, code, year, "coercion")
    if level is not AgencyLevel.TOWNSHIP:
        figures["disclosure.fees.amount"] = _about(5_000, code, year, "fees") * 10**5
    outcomes = form.totals["requests.processed.natural_person"]
    for applicant in ("natural_person", "business"):
        _fill_column(figures, outcomes, applicant, code, year)
    for kind in ("affirmed", "reversed"):
        figures[f"proceedings.reconsideration.{kind}"] = int(chance.random() < busy / 40)
    return figures


def _about(most: int, code: str, year: int, what: str) -> int:
    """Return a number below *most* that differs little from year to year."""
    usual, now = _chance(code, what).randrange(most), _chance(code, year, what)
    return round(usual * now.uniform(0.8, 1))


def _fill_column(
    figures: dict[str, int], outcomes: Iterable[str], applicant: str, code: str, year: int
) -> None:
    chance = _chance(code, year, applicant)
    start, end = _pending(code, year, applicant), _pending(code, year + 1, applicant)
    received = end + chance.randrange(6)
    figures[f"requests.received.{applicant}"] = received
    figures[f"requests.pending_at_start.{applicant}"] = start
    figures[f"requests.pending_at_end.{applicant}"] = end
    # townships hold no state secrets
    rows = [row for outcome in outcomes if (row := outcome.split(".")[1]) != "denied_state_secret"]
    # most requests are granted: the first outcome of the form
    for row in chance.choices(rows, [12, *(1 for _ in rows[1:])], k=start + received - end):
        figures[f"requests.{row}.{applicant}"] += 1


def _pending(code: str, year: int, applicant: str) -> int:
    """Return what is carried over into a year: the same number whichever year's report asks."""
    return _chance(code, year, f"{applicant}, pending").choice((0, 0, 0, 1, 2))


def _stock_of_documents(code: str, year: int) -> dict[str, int]:
    in_force = _chance(code, "stock").randrange(3, 12)
    issued = repealed = 0
    for each in range(YEARS[0], year + 1):
        chance = _chance(code, each, "documents")
        issued, repealed = chance.randrange(4), min(chance.randrange(3), in_force)
        in_force += issued - repealed
    names = ("issued", "repealed", "in_force")
    counts = (issued, repealed, in_force)
    return {f"disclosure.normative_documents.{name}": n for name, n in zip(names, counts, strict=True)}


def _chance(*what: object) -> random.Random:
    """Return a source of numbers that depends on nothing but *what* they are for."""
    return random.Random("，".join(map(str, what)))  # noqa: S311 - made-up figures, not secrets
