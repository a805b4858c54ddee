"""Files of reports and roll-ups, from what is stored: workbooks, and what is written about them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.auth.actor import Actor
from app.documents.filenames import filename, report_filename, roll_up_filename
from app.documents.html import write_page
from app.documents.workbook import (
    FinalBook,
    Owed,
    ReconciliationBook,
    ReportBook,
    RollUpBook,
    UnitRow,
    write_report,
    write_roll_up,
)
from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.deadlines import CHINA
from app.domain.lifecycle import Basis, Status
from app.services.analyses import analyse, draft_memo, mark_of_memo, status_of
from app.services.final_totals import standing_of
from app.services.findings import mark_of_shown
from app.services.history import Correction, corrections_of, find_seen
from app.services.reconciliation import get_reconciled
from app.services.roll_ups import CoverageState, numbers_of

if TYPE_CHECKING:
    from app.documents.memo import Memo
    from app.services.filed import Filed
    from app.services.final_totals import Final, Standing
    from app.services.reconciliation import Held
    from app.services.roll_ups import RolledUp
    from app.storage.engine import Database, ReadSession


class Product(StrEnum):
    """What is made of a report or a roll-up."""

    WORKBOOK = "workbook"
    ANALYSIS = "analysis"
    DRAFT = "draft"


class Shape(StrEnum):
    """As what a piece of writing goes out."""

    PAGE = "html"
    PAPER = "docx"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that somebody wants.

    Attributes:
        actor: who wants it.
        agency: whose, by its code.
        year: the report year.
        basis: which reports count in a roll-up; None for the workbook of a report.
        known: marks of the files that the caller has already.
        product: what is made of it.
        shape: as what, where it is a piece of writing.
    """

    actor: Actor
    agency: str
    year: int
    basis: Basis | None
    known: frozenset[str] = frozenset()
    product: Product = Product.WORKBOOK
    shape: Shape = Shape.PAPER


@dataclass(frozen=True, slots=True)
class Exported:
    """A file to take away.

    Attributes:
        name: of the file.
        body: what is in it; None where the caller has it already.
        mark: what tells it from the same file of another state.
    """

    name: str
    body: bytes | None
    mark: str


def export(database: Database, wanted: Wanted) -> Exported:
    """Return a file; the database is let go before it is written.

    Raises:
        NotFound: there is no such report or roll-up that the actor reaches.
        InvalidRequest: the year has no form, or the agency's report isn't made of others.
    """
    if wanted.product is not Product.WORKBOOK:
        return _export_memo(database, wanted)
    return _export_report(database, wanted) if wanted.basis is None else _export_roll_up(database, wanted)


def _export_memo(database: Database, wanted: Wanted) -> Exported:
    compose = analyse if wanted.product is Product.ANALYSIS else draft_memo
    with database.reading() as session:
        memo = compose(session, wanted.actor, wanted.agency, wanted.year, wanted.basis or Basis.SUBMITTED)
    mark, name = mark_of_memo(memo), filename(memo.title, wanted.shape)
    if mark in wanted.known:
        return Exported(name, None, mark)
    body = write_page(memo).encode() if wanted.shape is Shape.PAGE else _write_paper(memo)
    return Exported(name, body, mark)


def _write_paper(memo: Memo) -> bytes:
    # python-docx takes a quarter of a second to load, which whoever wants no Word file needn't wait for
    from app.documents.memo_paper import write_paper  # noqa: PLC0415

    return write_paper(memo)


def _export_report(database: Database, wanted: Wanted) -> Exported:
    with database.reading() as session:
        filed = find_seen(session, wanted.actor, wanted.agency, wanted.year)
    mark = mark_of_shown(filed)
    name = report_filename(filed.content.form, filed.name, filed.content.year)
    return Exported(name, None if mark in wanted.known else write_report(_report_book(filed)), mark)


def _report_book(filed: Filed) -> ReportBook:
    as_of, notes = filed.report.updated_at, [_note(correction) for correction in corrections_of(filed)]
    return ReportBook(
        filed.content,
        filed.name,
        filed.status.label,
        filed.results,
        as_of,
        notes,
        filed.explanations,
    )


def _note(correction: Correction) -> str:
    if correction.published_at is None:
        return (
            f"更正说明：正在更正第 {correction.corrects} 版，原因：{correction.reason}。更正后的还没有公布。"
        )
    day = correction.published_at.astimezone(CHINA)
    return f"更正说明：{day:%Y-%m-%d} 更正公布，原因：{correction.reason}。"


def _export_roll_up(database: Database, wanted: Wanted) -> Exported:
    with database.reading() as session:
        standing = standing_of(
            session, wanted.actor, wanted.agency, wanted.year, wanted.basis or Basis.SUBMITTED
        )
        rolled, held = standing.rolled, get_reconciled(session, wanted.actor, standing.rolled)
        mark = _mark_of_roll_up(standing, held)
        book = None if mark in wanted.known else _roll_up_book(session, standing, held)
    name = roll_up_filename(rolled.form, rolled.name, rolled.year)
    return Exported(name, None if book is None else write_roll_up(book), mark)


def _mark_of_roll_up(standing: Standing, held: Held | None) -> str:
    """Return what stays the same as long as nothing that the workbook shows has changed but its moment."""
    rolled, final = standing.rolled, standing.final
    shown = [
        [each.key for each in standing.adjustments],
        None if final is None or final.differences is None else [final.kept.id, asdict(final.differences)],
        None if held is None else [held.filed.version, asdict(held.found)],
        [rolled.form.version, rolled.agency.code, rolled.year, rolled.basis],
        [[source.report_id, source.revision, source.status] for source in rolled.sources],
        [
            [agency.code, covered.name, agency.level, agency.kind, covered.state, covered.reason]
            for covered in rolled.coverage
            for agency in [covered.agency]
        ],
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]


def _roll_up_book(session: ReadSession, standing: Standing, held: Held | None) -> RollUpBook:
    rolled, agency, final = standing.rolled, standing.rolled.agency, standing.final
    return RollUpBook(
        form=rolled.form,
        agency_code=agency.code,
        agency=rolled.name,
        year=rolled.year,
        status=status_of(standing),
        basis=rolled.basis.label,
        counts=[
            ("应报", len(rolled.expected)),
            *(
                (state.label, len(rolled.standing(state)))
                for state in CoverageState
                if state is not CoverageState.UNALLOCATED
            ),
        ],
        rolled=rolled.total,
        results=rolled.results,
        units=_units(session, rolled),
        missing=_owed(rolled),
        as_of=rolled.as_of,
        adjustments=standing.frozen.adjustments,
        final=None if final is None else _final_book(final),
        reconciliation=None if held is None else _reconciliation_book(held),
    )


def _final_book(final: Final) -> FinalBook | None:
    kept = final.kept
    if final.differences is None:
        return None
    return FinalBook(
        kept.number,
        kept.finalised_by,
        kept.finalised_at,
        kept.digest,
        final.frozen.adjusted_totals,
        final.differences,
    )


def _reconciliation_book(held: Held) -> ReconciliationBook:
    filed = held.filed
    report = f"“{filed.name}”的报告（{filed.status.label}，第 {filed.version} 版）"
    return ReconciliationBook(report, held.sides.said, held.found)


def _units(session: ReadSession, rolled: RolledUp) -> list[UnitRow]:
    numbers = numbers_of(session, rolled)
    covered = {each.agency.id: each for each in rolled.coverage}
    return [
        UnitRow(
            code=source.agency,
            name=covered[source.agency_id].name,
            level=AgencyLevel(covered[source.agency_id].agency.level).label,
            kind=AgencyKind(covered[source.agency_id].agency.kind).label,
            status=Status(source.status).label,
            values=numbers[source.report_id],
        )
        for source in rolled.sources
    ]


def _owed(rolled: RolledUp) -> list[Owed]:
    return [
        Owed(covered.agency.code, covered.name, covered.state.label, covered.reason or "")
        for covered in rolled.coverage
        if covered.state is not CoverageState.INCLUDED
    ]
