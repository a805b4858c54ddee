"""Charts say every number, in shapes of the right length, in words, and never a 0 that nobody counted."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from app.documents.charts import Chart, Kind, Mark, Series, draw
from app.documents.charts.drawing import COLOURS, SIZE, width_of
from app.documents.charts.model import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

SVG = "{http://www.w3.org/2000/svg}"
NAMES = st.text("盐池县花马池镇人民政府办公室<&>\"'“”〔〕 ab01", min_size=1, max_size=30)
YEARS = st.integers(1000, 9999).map(lambda year: f"{year} 年")
PARTS = st.text("予以公开<&>\"'不办结〔〕", min_size=1, max_size=12)
NUMBERS = st.none() | st.integers(0, 10**12) | st.integers(0, 40)
RATES = st.none() | st.integers(0, 10000).map(lambda share: Decimal(share).scaleb(-2))


@st.composite
def charts(draw_one: st.DrawFn) -> Chart:
    kind = draw_one(st.sampled_from(Kind))
    unit = draw_one(st.sampled_from(["件", "%"]))
    names = NAMES if kind is Kind.BARS else YEARS
    labels = tuple(draw_one(st.lists(names, min_size=1, max_size=6)))
    rows = st.tuples(*[RATES if unit == "%" else NUMBERS for _ in labels])
    most = 1 if kind is Kind.BARS else len(COLOURS)
    series = draw_one(st.lists(st.builds(Series, PARTS, rows), min_size=1, max_size=most))
    places = st.integers(0, len(labels) - 1)
    marks = [] if kind is not Kind.LINES else draw_one(st.lists(st.builds(Mark, places, NAMES), max_size=3))
    ordered = tuple(sorted(marks, key=lambda mark: mark.at))
    return Chart("one", kind, draw_one(NAMES), unit, labels, tuple(series), ordered)


def parsed(chart: Chart) -> Element:
    return ET.fromstring(draw(chart))  # noqa: S314 - our own drawing


def words_in(drawing: Element) -> list[str]:
    return ["".join(text.itertext()) for text in drawing.iter(f"{SVG}text")]


def lengths_of_bars(drawing: Element) -> list[Decimal]:
    return [
        Decimal(rect.attrib["width"])
        for rect in drawing.findall(f"{SVG}rect")
        if rect.attrib["height"] == "16"
    ]


@given(charts())
def test_a_chart_is_well_formed_and_the_same_each_time(chart: Chart) -> None:
    assert draw(chart) == draw(chart)
    drawing = parsed(chart)
    assert drawing.attrib["role"] == "img"
    ids = {element.attrib["id"] for element in drawing.iter() if "id" in element.attrib}
    assert set(drawing.attrib["aria-labelledby"].split()) <= ids
    assert all(name.startswith("one-") for name in ids)


@given(charts())
def test_no_chart_has_a_script_a_style_or_anything_from_elsewhere(chart: Chart) -> None:
    for element in parsed(chart).iter():
        assert element.tag.removeprefix(SVG) not in {"script", "style", "image", "use", "foreignObject", "a"}
        assert not any(name.startswith("on") or "href" in name or name == "style" for name in element.attrib)


@given(charts())
def test_all_numbers_are_in_its_description(chart: Chart) -> None:
    said = parsed(chart).findtext(f"{SVG}desc") or ""
    for at, label in enumerate(chart.labels):
        for series in chart.series:
            assert label in said
            assert f"{series.name} {chart.printed(series.values[at])}" in said
    assert all(mark.words in said for mark in chart.marks)


@given(charts())
def test_no_text_stands_outside_the_drawing(chart: Chart) -> None:
    drawing = parsed(chart)
    _, _, width, height = (Fraction(part) for part in drawing.attrib["viewBox"].split())
    for text in drawing.iter(f"{SVG}text"):
        wide = width_of("".join(text.itertext()), int(text.attrib["font-size"]))
        x, y = Fraction(text.attrib["x"]), Fraction(text.attrib["y"])
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.attrib["text-anchor"]]
        assert left >= -1
        assert left + wide <= width + 1
        assert SIZE / 2 <= y <= height


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_bars_are_as_long_as_their_numbers_and_missing_ones_have_none(values: list[int | None]) -> None:
    labels = tuple(f"第{at}镇" for at in range(len(values)))
    drawing = parsed(Chart("one", Kind.BARS, "收到", "件", labels, (Series("收到", tuple(values)),)))
    known = [value for value in values if value is not None]
    lengths = lengths_of_bars(drawing)
    assert len(lengths) == len(known)
    for value, length in zip(known, lengths, strict=True):
        expected = Fraction(value, max(known) or 1) * Fraction(max(lengths))
        assert abs(Fraction(length) - expected) <= Fraction(1, 50)
    written = words_in(drawing)
    assert {str(value) for value in known} <= set(written)
    assert (MISSING in written) == (None in values)


@given(st.lists(st.integers(0, 500), min_size=2, max_size=6))
def test_parts_of_a_bar_are_shares_of_the_whole(values: list[int]) -> None:
    series = tuple(Series(f"部分{at}", (value,)) for at, value in enumerate(values))
    drawing = parsed(Chart("one", Kind.STACKS, "构成", "件", ("2025年",), series))
    parts = [rect for rect in drawing.findall(f"{SVG}rect") if rect.attrib["height"] == "34"]
    widths = [Fraction(part.attrib["width"]) for part in parts]
    known = [value for value in values if value]
    assert len(widths) == len(known)
    for value, width in zip(known, widths, strict=True):
        assert abs(width / sum(widths) - Fraction(value, sum(known))) < Fraction(1, 1000)
    assert all(f"部分{at} {value}" in words_in(drawing) for at, value in enumerate(values))


def test_a_bar_with_a_missing_part_is_not_drawn_and_says_which() -> None:
    series = (Series("予以公开", (3, None)), Series("部分公开", (1, 2)))
    drawing = parsed(Chart("one", Kind.STACKS, "构成", "件", ("2024年", "2025年"), series))
    assert "—（缺：予以公开）" in words_in(drawing)
    assert len([rect for rect in drawing.findall(f"{SVG}rect") if rect.attrib["height"] == "34"]) == 2


def test_a_bar_of_which_nothing_is_known_says_so_and_never_overflows() -> None:
    names = [f"第{at}类办理结果" for at in range(6)]
    series = tuple(Series(name, (None, 1 if name == names[0] else None)) for name in names)
    words = words_in(parsed(Chart("one", Kind.STACKS, "构成", "件", ("2024年", "2025年"), series)))
    assert {MISSING, "—（缺 5 项）"} <= set(words)


def test_a_bar_of_zeros_says_so() -> None:
    drawing = parsed(Chart("one", Kind.STACKS, "构成", "件", ("2025年",), (Series("予以公开", (0,)),)))
    assert "全部为 0" in words_in(drawing)


def lines_in(drawing: Element) -> Iterator[list[str]]:
    for line in drawing.iter(f"{SVG}polyline"):
        if line.attrib["stroke-width"] == "2.5":
            yield line.attrib["points"].split()


def test_a_line_has_a_gap_where_a_number_is_missing() -> None:
    years = tuple(f"{year}年" for year in range(2021, 2026))
    chart = Chart("one", Kind.LINES, "趋势", "件", years, (Series("收到", (4, 5, None, 7, 0)),))
    drawing = parsed(chart)
    _in_the_legend, before, after = lines_in(drawing)
    assert (len(before), len(after)) == (2, 2)
    assert "缺" in words_in(drawing)
    assert {"4", "5", "7"} <= set(words_in(drawing))


def test_what_changed_is_marked_and_explained() -> None:
    chart = Chart(
        "one",
        Kind.LINES,
        "趋势",
        "件",
        ("2020年", "2021年"),
        (Series("收到", (4, 5)), Series("办结", (None, 5))),
        (Mark(1, "格式变了"),),
    )
    written = words_in(parsed(chart))
    assert "①" in written
    assert "① 2021年起：格式变了" in written
    assert "缺 1 项" in written


def test_each_part_has_a_pattern_of_its_own() -> None:
    series = tuple(Series(f"部分{at}", (1,)) for at in range(len(COLOURS)))
    drawing = draw(Chart("one", Kind.STACKS, "构成", "件", ("2025年",), series))
    hatches = re.findall(r'<pattern .*?<path d="(.*?)"', drawing)
    assert len(set(hatches)) == len(hatches) == len(COLOURS)
