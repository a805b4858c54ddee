"""What a report says, apart from who keeps it and in what state."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from app.domain.values import nest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.values import Values
    from app.forms.model import ReportForm


@dataclass(frozen=True, slots=True)
class Particulars:
    """Who made the report and where it was published; all of it optional.

    Attributes:
        prepared_by: name of who filled it in.
        phone: an office telephone.
        signed_by: name of the leader who signed.
        signed_on: when, `2022-01-20`.
        published_on: when it was published, likewise.
        published_url: where.
    """

    prepared_by: str | None = None
    phone: str | None = None
    signed_by: str | None = None
    signed_on: str | None = None
    published_on: str | None = None
    published_url: str | None = None


NOBODY = Particulars()
CONTACT = ("prepared_by", "phone")
"""The particulars that stand under `contact` in JSON."""


@dataclass(frozen=True, slots=True)
class Content:
    """A report's title, prose and numbers.

    Attributes:
        form: the form that it is made on.
        year: the report year.
        title: as printed; None where there is none.
        preface: the lines between title and 一; None where there are none.
        narratives: prose by section code; a section without prose is absent or None.
        values: every cell of the form, None where missing.
        is_aggregate: whether it speaks for a whole county or city (larger money is plausible).
        particulars: who made it and where it was published.
    """

    form: ReportForm
    year: int
    title: str | None
    preface: str | None
    narratives: Mapping[str, str | None]
    values: Values
    is_aggregate: bool = False
    particulars: Particulars = NOBODY


Texts: TypeAlias = "dict[str, str | dict[str, str | None] | None]"
"""A report's JSON without its tables."""


def texts_of(content: Content) -> Texts:
    """Return title, prose and particulars as a report's JSON has them."""
    particulars = asdict(content.particulars)
    return {
        "title": content.title,
        "preface": content.preface,
        "narratives": {
            section.code: content.narratives.get(section.code) for section in content.form.narratives
        },
        "contact": {name: particulars.pop(name) for name in CONTACT},
        **particulars,
    }


TITLES = {"title": "标题", "preface": "前言"}
"""What people call the texts that stand before the first section."""


@cache
def places_of_text(form: ReportForm) -> Mapping[str, str]:
    """Return the texts that one can point at, by code, as people call them."""
    return TITLES | {section.code: section.heading for section in form.narratives}


def pointer_of_text(code: str) -> str:
    """Return where one of the texts stands in a report's JSON (RFC 6901)."""
    return f"/{code}" if code in TITLES else f"/narratives/{code}"


def text_at(content: Content, code: str) -> str | None:
    """Return one of the texts; None where there is none."""
    if code in TITLES:
        return content.title if code == "title" else content.preface
    return content.narratives.get(code)


def label_of_place(form: ReportForm, code: str) -> str:
    """Return what people call a cell or a text."""
    cell = form.cells.get(code)
    return places_of_text(form)[code] if cell is None else cell.label


def document_of(content: Content) -> dict[str, object]:
    """Return the whole of it as a report's JSON has it."""
    return {**texts_of(content), **nest(content.form, content.values)}


def with_texts(content: Content, texts: Mapping[str, object]) -> Content:
    """Return the report with title, prose and particulars as given; what isn't given is empty."""
    narratives, contact = _group(texts, "narratives"), _group(texts, "contact")
    given = {**texts, **contact}
    particulars = {name: _text(given.get(name)) for name in Particulars.__dataclass_fields__}
    return replace(
        content,
        title=_text(texts.get("title")),
        preface=_text(texts.get("preface")),
        narratives={section.code: _text(narratives.get(section.code)) for section in content.form.narratives},
        particulars=Particulars(**particulars),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _group(texts: Mapping[str, object], name: str) -> dict[str, object]:
    group = texts.get(name)
    return dict(group) if isinstance(group, dict) else {}


def merge(texts: Mapping[str, object], patch: Mapping[str, object]) -> dict[str, object]:
    """Lay a merge patch over a JSON object (RFC 7396): null takes a member away."""
    merged = dict(texts)
    for name, value in patch.items():
        if isinstance(value, dict):
            below = merged.get(name)
            merged[name] = merge(below if isinstance(below, dict) else {}, value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged
