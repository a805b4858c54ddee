"""What a clerk is told of a document's sections and prose: headings, order, text that found no place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.documents.text_labels import key_of
from app.documents.text_parts import order_of
from app.domain.content import pointer_of_text
from app.domain.prose.personal import masked
from app.domain.results import Outcome, Result
from app.domain.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.documents.text_lines import Line
    from app.documents.text_parts import Heading, Parts
    from app.documents.text_title import Title
    from app.domain.rules import Rule
    from app.forms.model import ReportForm, Section

_LONGEST_QUOTE = 60
_MOST_QUOTES = 20
_SECTIONS, _WORDING = RULES["R01"], RULES["R36"]


def broken(
    rule: Rule,
    code: str,
    message: str,
    pointer: str = "",
    cells: tuple[str, ...] = (),
    quotes: tuple[str, ...] = (),
) -> Result:
    """Make a finding of something that isn't as the form has it; it never shows personal data."""
    hidden = tuple(masked(quote) for quote in quotes)
    return Result(rule, code, Outcome.BROKEN, masked(message), pointer, cells, quotes=hidden)


def shortened(text: str) -> str:
    """Shorten text for a message."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST_QUOTE else f"{plain[:_LONGEST_QUOTE]}……"


def pointer_of(section: Section) -> str:
    """Return where a section stands in a report's JSON."""
    return f"/{section.table.code}" if section.table else pointer_of_text(section.code)


def title_findings(title: Title | None, above: list[Line]) -> Iterator[Result]:
    """Say that there is no title, or name the lines above it that aren't part of it."""
    if title is None:
        yield broken(_WORDING, "title", _WORDING.say("broken.no_title"), "/title")
    if above:
        yield _left_out("text.above", _WORDING.say("part.above_title"), above, "/title")


def section_findings(form: ReportForm, parts: Parts) -> Iterator[Result]:
    """Compare a document's section headings with the form's."""
    found = Counter(heading.section.code for heading in parts.headings)
    for section in form.sections:
        if not found[section.code]:
            yield _missing(section)
        elif found[section.code] > 1:
            message = _SECTIONS.say("broken.repeated", place=section.heading, count=found[section.code])
            yield broken(_SECTIONS, f"heading.{section.code}.repeated", message, pointer_of(section))
    yield from _wordings(parts.headings)
    order = order_of(form, parts.headings)
    if order != sorted(order):
        headings = "".join(f"“{form.sections[place].heading}”" for place in order)
        yield broken(_SECTIONS, "heading.order", _SECTIONS.say("broken.order", found=headings))


def _missing(section: Section) -> Result:
    name = "broken.no_heading" if section.table else "broken.no_section"
    message = _SECTIONS.say(name, place=section.heading)
    return broken(_SECTIONS, f"heading.{section.code}", message, pointer_of(section))


def _wordings(headings: list[Heading]) -> Iterator[Result]:
    said = set()
    for heading in headings:
        section, text = heading.section, heading.line.text.strip()
        if key_of(text) != key_of(section.heading) and section.code not in said:
            said.add(section.code)
            message = _WORDING.say(
                "broken.heading", section=section.number, found=text, expected=section.heading
            )
            yield broken(_WORDING, f"heading.{section.code}", message, pointer_of(section), quotes=(text,))


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
            place = _WORDING.say("part.beside_table", heading=section.heading)
            yield _left_out(f"text.{section.code}", place, loose[section.code], pointer_of(section))
    if removed:
        yield broken(_WORDING, "text.control", _WORDING.say("broken.control", count=removed))
    if unreadable:
        yield broken(_WORDING, "text.lost", _WORDING.say("broken.lost", count=unreadable))


def _left_out(code: str, place: str, lines: list[Line], pointer: str) -> Result:
    texts = tuple(line.text.strip() for line in lines[:_MOST_QUOTES])
    name = "broken.lines_unread" if len(lines) > 1 else "broken.line_unread"
    message = _WORDING.say(name, place=place, count=len(lines), found=shortened(texts[0]))
    return broken(_WORDING, code, message, pointer, quotes=texts)
