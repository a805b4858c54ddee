"""Which reports are found to be alike, on both databases: whose, of which years, and in which states."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from app.auth.actor import COMMAND_LINE
from app.domain.context import RuleSettings
from app.domain.lifecycle import Status
from app.domain.similarity import signature_of
from app.services.agencies import find_agency
from app.services.alike import MOST_COMPARED, find_alike
from app.services.explaining import Said
from app.services.filed import content_of, filed_as, get_report
from app.services.integrity import find_contradictions
from app.services.saving import file_content, save
from app.services.surroundings import contexts_of
from app.storage.bands import (
    BANDS_AT_ONCE,
    MOST_OF_A_BAND,
    PROSE_BAND,
    insert_bands,
    read_bands,
    replace_bands,
    reports_sharing,
)
from app.storage.models import AGENCY, REPORT, Report
from tests.builders import a_content
from tests.services.trees import SOMEBODY, Unit, plant, plant_many

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.content import Content
    from app.domain.context import Alike
    from app.storage.bands import Sharing
    from app.storage.engine import Database, WriteSession

YEAR = 2022
CODES = [f"64-{number}" for number in range(8)]
OURS, *OTHERS = CODES


def prose(seed: int, length: int = 60) -> str:
    """Return sentences by chance."""
    chance = Random(seed)
    words = (
        "公开",
        "栏目",
        "村务",
        "核对",
        "清单",
        "惠民",
        "张贴",
        "答复",
        "培训",
        "通报",
        "台账",
        "群众",
        "财政",
    )
    return "".join("".join(chance.choices(words, k=8)) + "。" for _ in range(length // 3))


OWN, STRANGE = prose(1), prose(2)
REST = {"problems": "问题", "other_matters": "没有。"}


def a_report(text: str, year: int = YEAR, agency: str = "机关") -> Content:
    return a_content(year=year, agency=agency, narratives=dict(REST, overview=text))


def put(
    session: WriteSession, code: str, text: str, year: int = YEAR, status: Status = Status.SUBMITTED
) -> Report:
    """File a report in any state."""
    agency = find_agency(session, SOMEBODY, code)
    filed = file_content(session, SOMEBODY, agency, a_report(text, year), draft=True)
    filed.report.status = status
    session.flush()
    return filed.report


def change(session: WriteSession, report: Report, code: str, text: str) -> None:
    """Save a report with another text; whatever is found in it is explained."""
    agency = find_agency(session, SOMEBODY, code)
    filed = filed_as(session, agency, report)
    content = replace(filed.content, narratives=a_report(text).narratives)
    doubtful = replace(filed, content=content).unexplained
    said = [Said(result.rule.id, result.code, "已与原始记录逐条核对，情况属实。") for result in doubtful]
    save(session, SOMEBODY, filed, content, said=said)


def found(session: WriteSession, text: str = OWN, year: int = YEAR) -> list[tuple[str, int, int]]:
    """Return whose reports are found to be like ours, of which year, and by how much."""
    alike = find(session, text, year)
    assert all(passage in text for each in alike for passage in each.passages)
    assert all(each.is_own == (each.code == OURS) for each in alike)
    return [(each.code, each.year, each.percent) for each in alike]


def find(session: WriteSession, text: str = OWN, year: int = YEAR) -> tuple[Alike, ...]:
    agency = find_agency(session, COMMAND_LINE, OURS)
    return find_alike(session, agency, a_report(text, year), RuleSettings())


@pytest.fixture
def database(database: Database) -> Database:
    """Register some agencies beside each other."""
    plant(database, [Unit(code, None, status=None) for code in CODES])
    return database


def test_another_body_s_report_is_found_with_what_both_say(database: Database) -> None:
    with database.writing() as session:
        put(session, OTHERS[0], OWN)
        put(session, OTHERS[1], STRANGE)
        (alike,) = find(session)
    assert (alike.code, alike.agency, alike.year) == (OTHERS[0], f"机关{OTHERS[0]}", YEAR)
    assert (alike.is_own, alike.percent) == (False, 100)
    assert alike.passages == (OWN[:200],)


def test_the_body_s_own_of_last_year_comes_first_however_little_they_share(database: Database) -> None:
    with database.writing() as session:
        put(session, OURS, STRANGE, YEAR - 1)
        put(session, OTHERS[0], OWN)
        own, other = found(session)
    assert own[:2] == (OURS, YEAR - 1)
    assert own[2] < 20
    assert other == (OTHERS[0], YEAR, 100)


def test_the_body_s_own_of_this_year_and_of_two_years_ago_is_not_held_against_it(database: Database) -> None:
    with database.writing() as session:
        put(session, OURS, OWN)
        put(session, OURS, OWN, YEAR - 2)
        assert found(session) == []


def test_reports_of_this_year_and_the_one_before_are_found_no_others(database: Database) -> None:
    with database.writing() as session:
        for code, year in zip(OTHERS, range(YEAR - 2, YEAR + 2), strict=False):
            put(session, code, OWN, year)
        assert found(session) == [(OTHERS[2], YEAR, 100), (OTHERS[1], YEAR - 1, 100)]


def test_of_each_other_body_one_report_is_found_the_one_that_shares_more(database: Database) -> None:
    half = OWN[: len(OWN) // 2]
    with database.writing() as session:
        put(session, OTHERS[0], OWN, YEAR - 1)
        put(session, OTHERS[0], half + STRANGE)
        put(session, OTHERS[1], OWN, YEAR - 1)
        put(session, OTHERS[1], OWN)
        assert found(session) == [(OTHERS[1], YEAR, 100), (OTHERS[0], YEAR - 1, 100)]


@pytest.mark.parametrize("status", Status)
def test_only_what_was_submitted_is_shown(database: Database, status: Status) -> None:
    counts = status in {Status.SUBMITTED, Status.ACCEPTED, Status.PUBLISHED}
    with database.writing() as session:
        put(session, OTHERS[0], OWN, status=status)
        put(session, OURS, OWN, YEAR - 1, status)
        assert found(session) == ([(OURS, YEAR - 1, 100), (OTHERS[0], YEAR, 100)] if counts else [])


def test_of_a_report_that_is_being_corrected_the_published_version_is_shown(database: Database) -> None:
    with database.writing() as session:
        report = put(session, OTHERS[0], OWN + STRANGE, status=Status.DRAFT)
        report.published_version = 1
        change(session, report, OTHERS[0], OWN + prose(3))
        assert found(session, OWN + STRANGE) == [(OTHERS[0], YEAR, 100)]
        ((_, _, percent),) = found(session, OWN + prose(3))
        assert percent < 80


def test_at_most_five_other_bodies_are_compared_the_likest_first(database: Database) -> None:
    with database.writing() as session:
        for number, code in enumerate(OTHERS):
            cut = len(OWN) * number // 20
            put(session, code, OWN[cut:] + STRANGE[:cut])
        results = found(session)
    assert [code for code, _, _ in results] == OTHERS[:MOST_COMPARED]
    percents = [percent for _, _, percent in results]
    assert percents == sorted(percents, reverse=True)


def test_of_reports_asked_about_together_each_is_like_what_it_is_like_alone(database: Database) -> None:
    """Also where they have more bands than one statement asks for, and share some of the others."""
    texts = {code: OWN[: 40 * number] + prose(number + 10) for number, code in enumerate(CODES)}
    with database.writing() as session:
        for code in CODES:
            put(session, code, texts[code], YEAR - 1)
            put(session, code, texts[code])
        reported = [(find_agency(session, COMMAND_LINE, code), a_report(texts[code])) for code in CODES]
        bands = {band for _, content in reported for band in signature_of(content)}
        assert len(bands) > BANDS_AT_ONCE
        together = [context.alike for context in contexts_of(session, YEAR, reported)]
        assert together == [find_alike(session, *each, RuleSettings()) for each in reported]
        assert [each[0].code for each in together] == CODES
        assert sum(len(each) for each in together) > len(CODES)


def test_passages_are_looked_for_only_where_so_much_is_alike_that_the_rule_is_broken(
    database: Database,
) -> None:
    half = OWN[: len(OWN) // 2]
    with database.writing() as session:
        put(session, OURS, half + STRANGE, YEAR - 1)
        agency, report = find_agency(session, COMMAND_LINE, OURS), a_report(OWN)
        (usual,) = find_alike(session, agency, report, RuleSettings())
        (strict,) = find_alike(session, agency, report, RuleSettings(thresholds={"R27.percent": 40}))
    assert usual == replace(strict, passages=())
    assert 40 < strict.percent < 80
    assert strict.passages[0] in half


def test_short_prose_is_like_nothing(database: Database) -> None:
    with database.writing() as session:
        put(session, OTHERS[0], OWN[:150])
        put(session, OURS, OWN[:150], YEAR - 1)
        assert found(session, OWN[:150]) == []
        assert session.scalar(select(func.count()).select_from(PROSE_BAND)) == 0


def test_bands_that_many_share_do_not_hide_a_report_that_shares_all(database: Database) -> None:
    """Of each band a few reports are looked at; what is like ours is found by its other bands."""
    with database.writing() as session:
        put(session, OTHERS[0], OWN)
    crowd = [Unit(f"crowd-{number:03}", "crowd") for number in range(MOST_OF_A_BAND + 1)]
    plant_many(database, Unit("crowd", None, status=None), crowd)
    with database.writing() as session:
        common = signature_of(a_report(OWN))[:2]
        whose = select(REPORT.c.id).join(AGENCY, AGENCY.c.id == REPORT.c.agency_id)
        for key in session.scalars(whose.where(AGENCY.c.code.startswith("crowd-"))).all():
            insert_bands(session.connection(), key, YEAR, common)
        assert found(session) == [(OTHERS[0], YEAR, 100)]
        asked = (0, signature_of(a_report(OWN)))
        (alone,) = sharing(session, [asked])
        assert [each.code for each in alone] == [OTHERS[0]]
        assert sharing(session, [asked, asked]) == [alone, alone]


def sharing(session: WriteSession, asked: Sequence[tuple[int, Sequence[int]]]) -> list[list[Sharing]]:
    return reports_sharing(session.connection(), asked, YEAR, most=MOST_COMPARED)


@pytest.mark.parametrize("seed", range(5))
def test_whoever_asks_for_many_and_for_one_is_told_the_same(database: Database, seed: int) -> None:
    """The bands of one are counted by the database, those of many by the service."""
    chance = Random(seed)
    with database.writing() as session:
        for code in CODES:
            for year in (YEAR - 1, YEAR):
                report = put(session, code, "短", year, chance.choice(list(Status)))
                replace_bands(session.connection(), report.id or 0, year, chance.sample(range(24), 16))
        agencies = [find_agency(session, COMMAND_LINE, code) for code in CODES]
        asked = [
            (agency.id or 0, chance.sample(range(24), chance.choice([0, 1, 2, 5, 16]))) for agency in agencies
        ]
        together = sharing(session, asked)
        assert together == [alone for each in asked for alone in sharing(session, [each])]
        assert any(together)


def test_prose_that_says_little_over_and_over_is_found_by_the_few_bands_it_has(database: Database) -> None:
    text = "按时公开。" * 80
    with database.writing() as session:
        put(session, OURS, text, YEAR - 1)
        put(session, OTHERS[0], text)
        assert len(signature_of(a_report(text))) == 2
        assert found(session, text) == [(OURS, YEAR - 1, 100), (OTHERS[0], YEAR, 100)]


def test_prose_without_a_band_is_still_held_to_its_own_of_last_year(database: Database) -> None:
    text = "次期" * 120
    with database.writing() as session:
        put(session, OURS, text, YEAR - 1)
        put(session, OTHERS[0], text)
        assert signature_of(a_report(text)) == ()
        assert found(session, text) == [(OURS, YEAR - 1, 100)]


# What is stored


def test_a_report_is_found_by_what_it_says_now(database: Database) -> None:
    with database.writing() as session:
        report = put(session, OTHERS[0], OWN, status=Status.DRAFT)
        change(session, report, OTHERS[0], STRANGE)
        report.status = Status.SUBMITTED
        session.flush()
        assert found(session, STRANGE) == [(OTHERS[0], YEAR, 100)]
        assert found(session) == []
        report.status = Status.DRAFT
        change(session, report, OTHERS[0], "短")
        report.status = Status.SUBMITTED
        assert found(session, STRANGE) == []
        assert read_bands(session.connection(), report.id or 0) == set()


def test_a_save_that_leaves_the_prose_alone_leaves_the_bands_alone(database: Database) -> None:
    with database.writing() as session:
        report = put(session, OTHERS[0], OWN, status=Status.DRAFT)
        connection, key = session.connection(), report.id or 0
        connection.execute(PROSE_BAND.delete())
        agency = find_agency(session, SOMEBODY, OTHERS[0])
        filed = filed_as(session, agency, report)
        other = replace(filed.content, preface="另一个前言")
        save(session, SOMEBODY, filed, other)
        assert report.version == 2
        assert read_bands(connection, key) == set()


def test_bands_go_with_their_report(database: Database) -> None:
    with database.writing() as session:
        report = put(session, OTHERS[0], OWN, status=Status.DRAFT)
        assert len(read_bands(session.connection(), report.id or 0)) == 16
        session.delete(report)
        session.flush()
        assert session.scalar(select(func.count()).select_from(PROSE_BAND)) == 0


def test_bands_that_are_not_those_of_the_current_version_are_a_contradiction(database: Database) -> None:
    with database.writing() as session:
        report = put(session, OTHERS[0], OWN, status=Status.DRAFT)
        assert list(find_contradictions(session)) == []
        for change_of_one in (PROSE_BAND.update().values(year=YEAR - 1), PROSE_BAND.delete()):
            session.connection().execute(change_of_one)
            (contradiction,) = find_contradictions(session)
            assert (contradiction.agency, contradiction.year) == (OTHERS[0], YEAR)
            assert contradiction.fault == "查找雷同文字用的特征与版本不符"
        agency = find_agency(session, SOMEBODY, OTHERS[0])
        assert json.dumps(OWN) in json.dumps(content_of(session, agency, report).narratives)
        assert get_report(session, agency, YEAR) is report
