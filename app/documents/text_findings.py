"""What a clerk is told of a document's sections and prose: headings, order, text that found no place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.documents.text_labels import key_of
from app.documents.text_parts import order_of
from app.domain.prose.personal import masked
from app.domain.results import Outcome, Result
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.text_lines import Line
    from app.documents.text_parts import Heading, Parts
    from app.documents.text_title import Title
    from app.forms.model import ReportForm, Section

_LONGEST_QUOTE = 60
_MOST_QUOTES = 20


def broken(
    rule: str,
    code: str,
    message: str,
    pointer: str = "",
    cells: tuple[str, ...] = (),
    quotes: tuple[str, ...] = (),
) -> Result:
    """Make a finding of something that isn't as the form has it; it never shows personal data."""
    hidden = tuple(masked(quote) for quote in quotes)
    return Result(RULES[rule], code, Outcome.BROKEN, masked(message), pointer, cells, quotes=hidden)


def shortened(text: str) -> str:
    """Shorten text for a message."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_QUOTE else f"{plain[:_LONGEST_QUOTE]}……"


def pointer_of(section: Section) -> str:
    """Return where a section stands in a report's JSON."""
    return f"/{section.table.code}" if section.table else f"/narratives/{section.code}"


def title_findings(title: Title | None, above: list[Line]) -> Iterator[Result]:
    """Say that there is no title, or name the lines above it that aren't part of it."""
    if title is None:
        yield broken("R36", "title", "没有找到报告的标题，单位和年度没法从文件里得知", "/title")
    if above:
        yield _left_out("text.above", "标题之前", above, "/title")


def section_findings(form: ReportForm, parts: Parts) -> Iterator[Result]:
    """Compare a document's section headings with the form's."""
    found = Counter(heading.section.code for heading in parts.headings)
    for section in form.sections:
        if not found[section.code]:
            yield _missing(section)
        elif found[section.code] > 1:
            message = f"标题“{section.heading}”出现了 {found[section.code]} 次，请看是不是多余或者写错了"
            yield broken("R01", f"heading.{section.code}.repeated", message, pointer_of(section))
    yield from _wordings(parts.headings)
    order = order_of(form, parts.headings)
    if order != sorted(order):
        headings = "".join(f"“{form.sections[place].heading}”" for place in order)
        yield broken("R01", "heading.order", f"各部分的顺序与格式不同，文件里依次是{headings}")


def _missing(section: Section) -> Result:
    rest = "" if section.table else "，这一部分的文字没有读入"
    message = f"没有找到标题“{section.heading}”{rest}"
    return broken("R01", f"heading.{section.code}", message, pointer_of(section))


def _wordings(headings: list[Heading]) -> Iterator[Result]:
    said = set()
    for heading in headings:
        section, text = heading.section, heading.line.text.strip()
        if key_of(text) != key_of(section.heading) and section.code not in said:
            said.add(section.code)
            message = f"第{section.number}部分的标题写的是“{text}”，格式里是“{section.heading}”"
            yield broken("R36", f"heading.{section.code}", message, pointer_of(section), quotes=(text,))


def text_findings(
    form: ReportForm, loose: dict[str, list[Line]], removed: int, unreadable: int
) -> Iterator[Result]:
    """Name text that was left out, and characters that were dropped or can't be read.

    Args:
        form: names the sections.
        loose: lines in a table's section but in no table, by section code.
        removed: how many control characters were dropped.
        unreadable: how many characters the document itself has lost.
    """
    for section in form.sections:
        if loose.get(section.code):
            place = f"“{section.heading}”的表格以外"
            yield _left_out(f"text.{section.code}", place, loose[section.code], pointer_of(section))
    if removed:
        yield broken("R36", "text.control", f"文字里有 {removed} 个看不见的控制字符，已经去掉")
    if unreadable:
        message = f"文字里有 {unreadable} 个字符已经损坏（显示为“\ufffd”），请对照原件补正"
        yield broken("R36", "text.lost", message)


def _left_out(code: str, place: str, lines: list[Line], pointer: str) -> Result:
    texts = tuple(line.text.strip() for line in lines[:_MOST_QUOTES])
    some = "等" if len(texts) > 1 else ""
    message = f"{place}还有 {len(lines)} 行文字没有读入：“{shortened(texts[0])}”{some}"
    return broken("R36", code, message, pointer, quotes=texts)
