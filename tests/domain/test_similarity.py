"""How much of one report's prose stands in another's (R27), and the bands by which such reports are found."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import permutations, starmap
from pathlib import Path
from random import Random
from re import Match, sub
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import similarity
from app.domain.context import ALONE, Alike, Context, RuleSettings
from app.domain.judging import judge
from app.domain.results import Outcome
from app.domain.rules import RULES
from app.domain.similarity import (
    BANDS,
    FEWEST,
    LONGEST_QUOTE,
    MOST_COMPARED,
    SECTIONS,
    SHORTEST_PASSAGE,
    Likeness,
    judge_alike,
    liken_to_own,
    names_in,
    pieces_of,
    signature_of,
    texts_compared,
)
from tests.builders import a_content

if TYPE_CHECKING:
    from app.domain.content import Content

DEFAULT = RULES["R27"].thresholds["percent"].default
SEEN = json.loads((Path(__file__).parent / "prose" / "seen.json").read_text())
ITEMS = [item for item in SEEN if item["shape"] == "section" and item["section"] in SECTIONS]
LONG = "".join(item["text"] for item in ITEMS[:4])


def a_report_of(item: dict[str, str]) -> Content:
    return a_report(item["text"], agency=item["agency"], year=int(item["year"]))


def a_report(
    overview: str, problems: str | None = None, *, agency: str = "甲县乙镇人民政府", year: int = 2024
) -> Content:
    return a_content(agency=agency, year=year, narratives={"overview": overview, "problems": problems})


def filled_in_anew(item: dict[str, str], chance: Random) -> Content:
    """Return the report of another body of another year, made from this one as from a template."""

    def other_number(found: Match[str]) -> str:
        return str(chance.randrange(1, 10 ** len(found[0]) + 1))

    agency = f"模拟州模拟旗{item['agency'][-4:]}"
    text = sub("[0-9]+", other_number, item["text"].replace(item["agency"], agency))
    return a_report(text, agency=agency, year=int(item["year"]) + 1)


def words(chance: Random, length: int) -> str:
    """Return characters by chance, all of them kept when prose is reduced."""
    return "".join(chr(chance.randrange(0x6000, 0x7000)) for _ in range(length))


def wrapped(text: str, width: int) -> str:
    """Break lines as a narrow page does, paragraph by paragraph."""
    lines = (
        [paragraph[start : start + width] for start in range(0, max(len(paragraph), 1), width)]
        for paragraph in text.split("\n")
    )
    return "\n".join(line for each in lines for line in each)


def compare(content: Content, other: Content) -> Likeness:
    return similarity.compare(pieces_of(content), pieces_of(other))


REPORTS = [a_report_of(item) for item in ITEMS]
TEXTS = st.text(st.sampled_from("甲乙丙丁公开年度，。\n（一）：3《》 "), max_size=300)


class TestCompared:
    @pytest.mark.parametrize("report", REPORTS)
    def test_a_text_is_all_there_in_itself(self, report: Content) -> None:
        assert compare(report, report).percent == 100

    def test_texts_that_people_wrote_by_themselves_are_far_below_the_threshold(self) -> None:
        shares = [found.percent for found in starmap(compare, permutations(REPORTS, 2))]
        assert max(shares) <= 5

    @pytest.mark.parametrize("number", range(len(ITEMS)))
    def test_a_template_with_other_numbers_and_names_is_beyond_the_threshold(self, number: int) -> None:
        other = filled_in_anew(ITEMS[number], Random(number))
        assert compare(other, REPORTS[number]).percent > DEFAULT
        assert compare(REPORTS[number], other).percent > DEFAULT

    @pytest.mark.parametrize("width", [12, 16, 20, 28])
    @pytest.mark.parametrize("report", REPORTS)
    def test_lines_that_a_narrow_page_broke_are_the_same_text(self, report: Content, width: int) -> None:
        texts = {code: wrapped(text, width) for code, text in report.narratives.items() if text}
        narrow = replace(report, narratives=texts)
        assert compare(narrow, report).percent >= 90
        assert compare(report, narrow).percent >= 90
        before, after = ({*signature_of(each)} for each in (report, narrow))
        assert len(before & after) >= len(before) * 3 // 4

    @given(TEXTS, st.integers(1, 25))
    def test_a_passage_of_broken_lines_stands_as_written(self, text: str, width: int) -> None:
        said = wrapped(f"{text}{words(Random(1), 60)}", width)
        (passage, *_) = compare(a_report(said), a_report(words(Random(1), 60))).passages
        assert passage in said

    def test_headings_over_paragraphs_do_not_count(self) -> None:
        headings = "一、总体情况\n（一）主动公开\n主动公开情况\n{}\n（二）机制建设\n下一步打算\n{}"
        said = ("2024年，本机关公开了信息。", "继续公开。")
        assert pieces_of(a_report(headings.format(*said)))[0].letters == "年本机关公开了信息继续公开"

    def test_half_a_text_is_all_there_in_the_whole_and_the_whole_by_half_in_it(self) -> None:
        chance = Random(1)
        one, other = words(chance, 400), words(chance, 400)
        half, whole = a_report(one), a_report(one + other)
        assert compare(half, whole).percent == 100
        assert 48 <= compare(whole, half).percent <= 50

    def test_what_was_moved_to_the_other_section_is_still_there(self) -> None:
        one, other = words(Random(1), 300), words(Random(2), 300)
        assert compare(a_report(one, other), a_report(other, one)).percent == 100

    def test_the_third_section_does_not_count(self) -> None:
        alone = a_report("", "")
        filled = replace(alone, narratives={"other_matters": LONG})
        assert compare(filled, filled).percent == 0
        assert signature_of(filled) == ()

    def test_what_every_report_has_does_not_count(self) -> None:
        text = (
            "一、总体情况\n"
            "（一）主动公开方面。（二）依申请公开：\n"
            "《中华人民共和国政府信息公开条例》（国令第711号）政府信息公开工作年度报告"
            "公民、法人或者其他组织国务院办公厅政府信息与政务公开办公室以公开为常态、不公开为例外的原则"
            "习近平新时代中国特色社会主义思想党的二十大和二十届三中全会精神2024一百零三件"
        )
        assert [piece.letters for piece in pieces_of(a_report(text))] == ["件", ""]

    @given(TEXTS, TEXTS, TEXTS)
    def test_it_is_a_share_and_its_passages_stand_in_both(self, one: str, two: str, three: str) -> None:
        ours, theirs = a_report(one, two), a_report(two + three, one)
        found = compare(ours, theirs)
        assert 0 <= found.percent <= 100
        assert all(passage in one or passage in two for passage in found.passages)
        reduced = [piece.letters for piece in pieces_of(theirs)]
        for passage in found.passages:
            (letters, *_) = (piece.letters for piece in pieces_of(a_report("甲" * 21 + passage)))
            assert any(letters.lstrip("甲") in text for text in reduced)

    @given(TEXTS, TEXTS)
    def test_it_is_the_share_of_the_n_grams_one_by_one(self, one: str, two: str) -> None:
        ours, theirs = a_report(one), a_report(two)
        mine, others = (pieces_of(content)[0].letters for content in (ours, theirs))
        grams = [mine[start : start + 8] for start in range(len(mine) - 7)]
        there = sum(gram in others for gram in grams)
        assert compare(ours, theirs).percent == (100 * there // len(grams) if grams else 0)


class TestPassages:
    def test_they_stand_as_written_with_numbers_and_names(self) -> None:
        said = "全年召开例会4次，逐项过问甲县乙镇惠农补贴、村级财务和工程招标等内容的公开进度"
        ours = a_report(f"{words(Random(1), 90)}。{said}，{words(Random(2), 90)}")
        theirs = a_report(f"{words(Random(3), 90)}，{said.replace('4', '17')}。{words(Random(4), 90)}")
        assert compare(ours, theirs).passages == (said,)

    def test_the_three_longest_are_shown_the_longest_first(self) -> None:
        chance = Random(1)
        shared = [words(chance, length) for length in (21, 40, 20, 30, 19)]
        ours = a_report("".join(part + words(chance, 30) for part in shared))
        theirs = a_report("".join(words(chance, 30) + part for part in reversed(shared)))
        assert compare(ours, theirs).passages == (shared[1], shared[3], shared[0])

    def test_one_of_20_characters_is_shown_and_one_of_19_is_not(self) -> None:
        for length, count in ((SHORTEST_PASSAGE, 1), (SHORTEST_PASSAGE - 1, 0)):
            text = words(Random(1), length)
            found = compare(a_report(f"{text}，与此有关"), a_report(words(Random(2), 50) + text))
            assert len(found.passages) == count

    def test_what_stands_there_in_short_pieces_is_all_there_and_no_passage(self) -> None:
        text = words(Random(1), 33)
        pieces = [text[start : start + 15] for start in (0, 8, 16, 18)]
        found = compare(a_report(text), a_report("，与此有关，".join(pieces)))
        assert (found.percent, found.passages) == (100, ())

    def test_they_are_shown_of_a_share_beyond_what_is_asked_for(self) -> None:
        ours = pieces_of(a_report(words(Random(1), 100)))
        theirs = pieces_of(a_report(words(Random(1), 50) + words(Random(2), 50)))
        share = similarity.compare(ours, theirs)
        assert similarity.compare(ours, theirs, share.percent - 1) == share
        assert share.passages != ()
        assert similarity.compare(ours, theirs, share.percent) == replace(share, passages=())

    def test_a_long_one_is_cut(self) -> None:
        text = words(Random(1), 1000)
        assert compare(a_report(text), a_report(text)).passages == (text[:LONGEST_QUOTE],)

    def test_what_repeats_itself_is_one_passage(self) -> None:
        text = "按月通报公开情况并逐条核对" * 5
        assert compare(a_report(text), a_report(text)).passages == (text,)


class TestNames:
    @pytest.mark.parametrize(
        ("title", "names"),
        [
            (
                "盐池县大水坑镇人民政府2021年政府信息公开工作年度报告",
                ["盐池县大水坑镇人民政府", "大水坑镇", "大水坑", "盐池县", "盐池"],
            ),
            (
                "宁夏回族自治区司法厅2021年政府信息公开工作年度报告",
                ["宁夏回族自治区司法厅", "宁夏回族自治区", "宁夏回族", "司法厅"],
            ),
            (
                "示例区柳荫街道办事处二〇二一年报告",
                ["示例区柳荫街道办事处", "柳荫街道", "柳荫", "示例区", "示例"],
            ),
            ("水利部政府信息公开工作年度报告", ["水利部"]),
            ("关于2021年工作的报告", []),
            ("", []),
        ],
    )
    def test_they_come_from_the_title_long_forms_first(self, title: str, names: list[str]) -> None:
        assert names_in(title) == sorted(names, key=lambda name: (-len(name), name))

    def test_a_report_without_a_title_has_none(self) -> None:
        report = replace(a_report("甲县乙镇" * 6), title=None)
        assert pieces_of(report)[0].letters == "甲县乙镇" * 6
        assert pieces_of(a_report("甲县乙镇" * 6))[0].letters == ""

    def test_a_number_belongs_to_the_name_of_a_regiment_and_a_year_does_not(self) -> None:
        title = "第八师143团2023年政府信息公开工作年度报告"
        assert names_in(title) == ["第八师143团"]
        assert names_in("甲县乙镇二〇二三年政府信息公开工作年度报告")[0] == "甲县乙镇"
        assert pieces_of(replace(a_report("第八师143团" * 6), title=title))[0].letters == ""


class TestSignature:
    def test_it_has_few_bands_each_once_in_order_and_small_enough_for_a_database(self) -> None:
        for report in REPORTS:
            bands = signature_of(report)
            assert list(bands) == sorted(set(bands))
            assert len(bands) in {0, BANDS}
            assert all(0 <= band < 2**63 for band in bands)

    def test_it_is_the_same_in_another_process(self) -> None:
        program = (
            "from tests.domain.test_similarity import LONG, a_report, signature_of\n"
            "print(signature_of(a_report(LONG)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.strip() == str(signature_of(a_report(LONG)))

    def test_a_change_of_how_it_is_derived_needs_a_migration(self) -> None:
        """Stored bands are those of the day: `app/storage/migrations` says how."""
        assert signature_of(a_report(LONG))[:3] == (3799067, 7227660, 15928972)

    @pytest.mark.parametrize("number", range(len(ITEMS)))
    def test_a_template_with_other_numbers_and_names_shares_most_bands(self, number: int) -> None:
        bands, others = (
            set(signature_of(content))
            for content in (REPORTS[number], filled_in_anew(ITEMS[number], Random(number)))
        )
        assert len(bands & others) >= len(bands) * 3 // 4

    def test_texts_that_people_wrote_by_themselves_share_hardly_any(self) -> None:
        signatures = [set(signature_of(report)) for report in REPORTS]
        assert max(len(one & other) for one, other in permutations(signatures, 2)) <= 1

    def test_short_prose_has_none(self) -> None:
        text = words(Random(1), FEWEST)
        assert signature_of(a_report(text[:150], text[150:]))
        assert signature_of(a_report(text[:150], text[151:])) == ()

    def test_it_changes_with_title_and_two_sections_alone(self) -> None:
        report = a_report(LONG, "问题")
        assert texts_compared(report) == [report.title, LONG, "问题"]
        other = replace(report, preface=LONG, narratives={**report.narratives, "other_matters": LONG})
        assert texts_compared(other) == texts_compared(report)
        assert signature_of(other) == signature_of(report)

    def test_what_says_the_same_over_and_over_has_as_many_as_it_has_words(self) -> None:
        assert 0 < len(signature_of(a_report("定期公开惠农补贴" * 40))) < 8


class TestLikenedToOwn:
    def test_it_is_last_year_s_with_how_much_stands_in_it(self) -> None:
        now, before = a_report(LONG), a_report(LONG, year=2023)
        (alike,) = liken_to_own(now, before, "甲县乙镇人民政府")
        assert (alike.agency, alike.year, alike.is_own, alike.percent) == (
            "甲县乙镇人民政府",
            2023,
            True,
            100,
        )
        assert alike.passages == compare(now, before).passages

    def test_without_last_year_s_or_with_little_to_say_there_is_nothing(self) -> None:
        short = a_report(words(Random(1), FEWEST - 1))
        assert liken_to_own(a_report(LONG), None, "甲") == ()
        assert liken_to_own(short, short, "甲") == ()


def an_alike(percent: int, *, is_own: bool = False, code: str = "64") -> Alike:
    return Alike(code, "丙县人民政府", 2023, is_own, percent, ("相同的一段",))


class TestJudged:
    def test_each_report_beyond_the_threshold_is_named_with_what_both_have(self) -> None:
        alike = (an_alike(93, is_own=True), an_alike(81), an_alike(80, code="65"))
        results = list(judge_alike(a_report(LONG), Context(alike=alike)))
        assert [result.code for result in results] == ["own", "other.64"]
        own, other = results
        assert own.message == (
            "“一、总体情况”“五、存在的主要问题及改进情况”的文字有 93% 与本机关 2023 年度报告的相同"
            "（不计数字和名称），超过 80%；请按本机关 2024 年的实际情况写"
        )
        assert "81% 与“丙县人民政府” 2023 年度报告的相同" in other.message
        assert own.quotes == ("相同的一段",)
        assert (own.outcome, own.pointer) == (Outcome.BROKEN, "/narratives/overview")
        assert not own.blocks
        assert not own.needs_explanation

    def test_a_county_may_set_the_threshold(self) -> None:
        settings = RuleSettings(thresholds={"R27.percent": 50})
        context = Context(alike=(an_alike(51), an_alike(50, code="65")), settings=settings)
        assert [result.code for result in judge_alike(a_report(LONG), context)] == ["other.64"]

    def test_short_prose_is_not_judged(self) -> None:
        text = words(Random(1), FEWEST)
        context = Context(alike=(an_alike(100),))
        assert len(list(judge_alike(a_report(text), context))) == 1
        assert list(judge_alike(a_report(text[1:]), context)) == []

    def test_it_is_one_of_the_rules_and_needs_something_to_be_beside(self) -> None:
        beside = judge(a_report(LONG), Context(alike=(an_alike(100),)))
        assert [result.code for result in beside if result.rule.id == "R27"] == ["other.64"]
        assert [result for result in judge(a_report(LONG), ALONE) if result.rule.id == "R27"] == []


def test_text_of_any_length_takes_no_time_to_speak_of() -> None:
    report = a_report("公开" * 50_000, "（" * 100_000)
    started = perf_counter()
    assert compare(report, report).percent == 100
    assert signature_of(report)
    assert perf_counter() - started < 2
    assert len(pieces_of(report)[0].text) == MOST_COMPARED
