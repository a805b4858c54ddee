"""The parts of a report: models with a member for every table, row, column and section of its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, create_model

from app.forms import FORMS
from app.forms.model import COUNT, leaves_of
from app.schemas.fields import Body, DescribedAs, Out, Prose, one_of, type_of
from app.schemas.other_forms import IN_FORCE

if TYPE_CHECKING:
    from app.forms.model import Axis, ReportForm, Table

NEWEST_FIRST = tuple(reversed(FORMS))
"""The order in which the API's description shows them."""


class NarrativeBody(Body):
    """一个部分的文字。"""

    text: Annotated[Prose | None, Field(title="文字；null 表示没有写")]


class NarrativePatch(Body):
    """一个部分的文字，作为合并补丁。"""

    text: Annotated[Prose | None, Field(title="文字；null 使它成为没有写，不写则不动")] = None


class NarrativeOut(Out):
    """一个部分的文字。"""

    text: Annotated[str | None, Field(title="文字；null 表示没有写")]


@cache
def row_model(table: Table, row: str, version: str, *, out: bool = False) -> type[BaseModel]:
    """Return the model of one row of a table; rows with the same columns share one."""
    return _columns_model(table, table.columns_of(row), version, out=out)


@cache
def _columns_model(table: Table, columns: tuple[Axis, ...], version: str, *, out: bool) -> type[BaseModel]:
    blocks = [leaves_of(block.columns) for block in table.blocks]
    number = str(list(dict.fromkeys(blocks)).index(columns) + 1) if len(set(blocks)) > 1 else ""
    return _model(
        f"{table.code.capitalize()}{version}Row{number}{'Out' if out else ''}",
        {column.code: (type_of(column.measure or COUNT, out=out), column.label) for column in columns},
        f"{table.name}的一行",
        out=out,
    )


@cache
def table_model(table: Table, version: str, *, out: bool = False) -> type[BaseModel]:
    """Return the model of a table: a member per row."""
    rows = {row.code: (row_model(table, row.code, version, out=out), row.label) for row in table.rows()}
    name = f"{table.code.capitalize()}{version}{'Out' if out else ''}"
    return _model(name, rows, table.name, out=out)


def _model(name: str, members: Mapping[str, tuple[Any, str]], text: str, *, out: bool) -> type[BaseModel]:
    fields: dict[str, Any] = {
        member: (kind | None, Field(title=title) if out else Field(None, title=title))
        for member, (kind, title) in members.items()
    }
    model: type[BaseModel] = create_model(name, __base__=Out if out else Body, __doc__=text, **fields)
    return model


def narratives_model(form: ReportForm, *, out: bool = False) -> type[BaseModel]:
    """Return the model of the sections that are prose."""
    sections = {section.code: (str if out else Prose, section.heading) for section in form.narratives}
    return _model(f"Narratives{form.version}{'Out' if out else ''}", sections, "文字部分", out=out)


def named(name: str, form: ReportForm) -> str:
    """Name a model of this form: the form in force has the plain name."""
    return name if form is IN_FORCE else f"{name}{form.version}"


def form_member(form: ReportForm) -> tuple[Any, Any]:
    """Return the member by which answers on different forms are told apart."""
    return Literal[form.version], Field(title="报告格式")


def parts_of(form: ReportForm, *, out: bool) -> dict[str, Any]:
    """Return the members of a report that its form makes: the tables, and the sections of prose."""
    fields: dict[str, Any] = {}
    for section in form.sections:
        if section.table is not None:
            model = table_model(section.table, form.version, out=out)
            fields[section.code] = (
                (model, Field(title=section.heading))
                if out
                else (model | None, Field(None, title=section.heading))
            )
    narratives = narratives_model(form, out=out)
    fields["narratives"] = (
        (narratives, Field(title="文字部分")) if out else (narratives | None, Field(None, title="文字部分"))
    )
    return fields


def given_out(model: Callable[[ReportForm], type[BaseModel]]) -> Any:  # noqa: ANN401 - a type made of others
    """Return the type of an answer that is made as the model of one of the forms, told apart by `form`."""
    models = one_of(model(form) for form in NEWEST_FIRST)
    return Annotated[object, DescribedAs(Annotated[models, Field(discriminator="form")])]
