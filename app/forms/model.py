"""The vocabulary in which a year's form is written down, once.

A form is data: tables made of blocks, blocks made of two axes.  Database columns, JSON schemas, checks,
totals, roll-up, workbooks and readers are loops over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

CellCode = str
"""`table.row.column`, for example `requests.received.natural_person`."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a cell counts, and how it is stored: always as a whole number of the smallest unit.

    Attributes:
        code: name in JSON and docs.
        unit: as printed: 件, 万元.
        places: decimal places that a person may write; the stored number is the written one × 10**places.
        most: largest stored value of one report.
        most_in_aggregate: largest stored value of a report that speaks for a whole county or city.
        least: smallest stored value; below 0 where the cell holds a change.
        name: what people call such a number.
    """

    code: str
    unit: str
    places: int
    most: int
    most_in_aggregate: int
    least: int = 0
    name: str = "金额"

    @property
    def is_signed(self) -> bool:
        """Whether values may be below 0."""
        return self.least < 0

    @property
    def is_count(self) -> bool:
        """Whether values are whole numbers of things, not money."""
        return self.places == 0


COUNT = Measure("count", "件", places=0, most=10**12 - 1, most_in_aggregate=10**12 - 1, name="件数")


@dataclass(frozen=True, slots=True)
class Axis:
    """A heading of rows or of columns; one with children spans them and holds no cells.

    Attributes:
        code: for a leaf, the name in JSON; the same meaning keeps the same code for ever.
        label: exactly as the form prints it.
        short: as people say it in a sentence; empty where that is the label itself.
        children: the headings under this one.
        measure: what the cells on this line count, where it isn't `COUNT`.
    """

    code: str
    label: str
    short: str = ""
    children: tuple[Axis, ...] = ()
    measure: Measure | None = None

    @property
    def spoken(self) -> str:
        """The heading as a message names it."""
        return self.short or self.label

    def leaves(self) -> tuple[Axis, ...]:
        """Return the headings that hold cells, in the form's order."""
        if not self.children:
            return (self,)
        return leaves_of(self.children)


def leaves_of(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Return the leaves of several headings, in the form's order."""
    return tuple(leaf for axis in axes for leaf in axis.leaves())


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of cells: every row crossed with every column, under one heading."""

    rows: tuple[Axis, ...]
    columns: tuple[Axis, ...]
    corner: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A 勾稽关系 stated once for every line of a table: these headings add up to those.

    Attributes:
        code: name of the relation within its table.
        rule: the rule that it belongs to, for example `R07`.
        over: the axis on which the headings lie; the relation holds on every line of the other one.
        left: codes that add up to …
        right: … what these add up to.  With a single left code that cell is the total of the right ones.
    """

    code: str
    rule: str
    over: Literal["rows", "columns"]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One of the form's tables.

    Attributes:
        code: name in JSON.
        number: as printed: 二, 三, 四.
        blocks: from top to bottom; row codes are unique in the table.
        sums: the relations among the cells.
        across: the form prints the rows side by side, each with its own columns (表四).
    """

    code: str
    number: str
    blocks: tuple[Block, ...]
    sums: tuple[Sum, ...] = ()
    across: bool = False

    @property
    def name(self) -> str:
        """As a sheet or a message names it: 表三."""
        return f"表{self.number}"

    def rows(self) -> tuple[Axis, ...]:
        """Return every row that holds cells."""
        return tuple(row for block in self.blocks for row in leaves_of(block.rows))

    def columns_of(self, row: str) -> tuple[Axis, ...]:
        """Return the columns that cross the row of this code."""
        for block in self.blocks:
            if any(leaf.code == row for leaf in leaves_of(block.rows)):
                return leaves_of(block.columns)
        raise KeyError(row)


@dataclass(frozen=True)
class Cell:
    """One number of the form.  Each is made once and asked by the hundred, so it remembers its answers."""

    table: Table
    row: Axis
    column: Axis

    @cached_property
    def code(self) -> CellCode:
        """`table.row.column`."""
        return f"{self.table.code}.{self.row.code}.{self.column.code}"

    @cached_property
    def pointer(self) -> str:
        """Where the cell stands in a report's JSON (RFC 6901)."""
        return f"/{self.table.code}/{self.row.code}/{self.column.code}"

    @cached_property
    def measure(self) -> Measure:
        """What the cell counts."""
        return self.column.measure or self.row.measure or COUNT

    @cached_property
    def label(self) -> str:
        """The cell as a message names it."""
        return f"{self.table.name}“{self.row.spoken}”行“{self.column.spoken}”列"


@dataclass(frozen=True, slots=True)
class Balance:
    """A 勾稽关系 between cells: the left ones add up to what the right ones add up to.

    Attributes:
        code: `table.relation.line`.
        rule: the rule that it belongs to.
        place: the line as a message names it: 表三“自然人”列.
        left: cells on the left, with `left_names` as a message names them on that line.
        right: cells on the right, likewise.
    """

    code: str
    rule: str
    place: str
    left: tuple[CellCode, ...]
    right: tuple[CellCode, ...]
    left_names: tuple[str, ...]
    right_names: tuple[str, ...]

    @property
    def cells(self) -> tuple[CellCode, ...]:
        """Every cell that the relation speaks of."""
        return self.left + self.right

    @property
    def total(self) -> CellCode | None:
        """The cell that is the sum of the others, if the relation defines one."""
        return self.left[0] if len(self.left) == 1 else None

    @property
    def expression(self) -> str:
        """The relation in words."""
        return f"{' + '.join(self.left_names)} = {' + '.join(self.right_names)}"

    @property
    def short_expression(self) -> str:
        """The relation in words, a long side by its first and last term only, as a sentence can bear it."""
        return f"{_in_short(self.left_names)} = {_in_short(self.right_names)}"


def _in_short(names: tuple[str, ...]) -> str:
    few = 6
    if len(names) <= few:
        return " + ".join(names)
    return f"{names[0]} + … + {names[-1]}（{len(names)} 项）"


@dataclass(frozen=True, slots=True)
class Section:
    """One of the report's six sections: prose where `table` is None, else that table."""

    code: str
    number: str
    heading: str
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A rate that is worked out from sums, never added up or averaged: cells over (cells less cells)."""

    code: str
    label: str
    numerator: tuple[CellCode, ...]
    denominator: tuple[CellCode, ...]
    less: tuple[CellCode, ...] = ()

    @property
    def cells(self) -> tuple[CellCode, ...]:
        """Every cell that it speaks of."""
        return self.numerator + self.denominator + self.less


@dataclass(frozen=True, eq=False)
class ReportForm:
    """A year's form.  Compared by identity: there is one of each.

    Attributes:
        version: name of the form: the first report year that it was used for.
        name: its name in words.
        notice: the document that laid it down.
        first_year: first report year.
        last_year: last report year; None while it is in force.
        title: how a report is headed, with {agency} and {year}.
        period: the statistical period in words, with {year}.
        sections: in order.
        indicators: rates that people ask of it.
    """

    version: str
    name: str
    notice: str
    first_year: int
    last_year: int | None
    title: str
    period: str
    sections: tuple[Section, ...]
    indicators: tuple[Indicator, ...] = ()

    @property
    def full_name(self) -> str:
        """Its name with the document that laid it down."""
        return f"{self.notice}《{self.name}》"

    @property
    def years_in_words(self) -> str:
        """The report years that it is for: 2019 至 2020 年, 2021 年起."""
        return f"{self.first_year} 至 {self.last_year} 年" if self.last_year else f"{self.first_year} 年起"

    def covers(self, year: int) -> bool:
        """Tell whether reports of this year are made on this form."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables, in the order of their sections."""
        return tuple(section.table for section in self.sections if section.table is not None)

    @cached_property
    def narratives(self) -> tuple[Section, ...]:
        """The sections that are prose."""
        return tuple(section for section in self.sections if section.table is None)

    @cached_property
    def cells(self) -> dict[CellCode, Cell]:
        """Every cell by its code, in the form's order: table by table, row by row."""
        return {cell.code: cell for table in self.tables for cell in cells_of(table)}

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """What the cells count, each measure once."""
        return tuple(dict.fromkeys(cell.measure for cell in self.cells.values()))

    @cached_property
    def rows(self) -> dict[tuple[str, str], tuple[Cell, ...]]:
        """The cells of each row, by the codes of table and row."""
        rows: dict[tuple[str, str], tuple[Cell, ...]] = {}
        for cell in self.cells.values():
            key = (cell.table.code, cell.row.code)
            rows[key] = (*rows.get(key, ()), cell)
        return rows

    @cached_property
    def balances(self) -> tuple[Balance, ...]:
        """Every relation among the cells."""
        return tuple(balance for table in self.tables for balance in _balances_of(table))

    @cached_property
    def totals(self) -> dict[CellCode, tuple[CellCode, ...]]:
        """The cells that are sums, each with its parts; where two relations define one, the first holds.

        In an order in which each can be worked out from the ones before it.
        """
        parts: dict[CellCode, tuple[CellCode, ...]] = {}
        for balance in self.balances:
            if balance.total is not None:
                parts.setdefault(balance.total, balance.right)
        return dict(_in_order_of_need(parts))

    def table(self, code: str) -> Table | None:
        """Return the table of this code, or None."""
        return next((table for table in self.tables if table.code == code), None)


def cells_of(table: Table) -> Iterator[Cell]:
    """Yield a table's cells row by row."""
    for row in table.rows():
        for column in table.columns_of(row.code):
            yield Cell(table, row, column)


def _balances_of(table: Table) -> Iterator[Balance]:
    for relation in table.sums:
        for block in table.blocks:
            rows, columns = leaves_of(block.rows), leaves_of(block.columns)
            if relation.over == "rows":
                yield from (_balance(table, relation, rows, column, "列") for column in columns)
            else:
                yield from (_balance(table, relation, columns, row, "行") for row in rows)


def _balance(table: Table, relation: Sum, axis: tuple[Axis, ...], line: Axis, kind: str) -> Balance:
    names = {leaf.code: leaf.spoken for leaf in axis}

    def code(heading: str) -> CellCode:
        row, column = (heading, line.code) if relation.over == "rows" else (line.code, heading)
        return f"{table.code}.{row}.{column}"

    return Balance(
        code=f"{table.code}.{relation.code}.{line.code}",
        rule=relation.rule,
        place=f"{table.name}“{line.spoken}”{kind}",
        left=tuple(code(heading) for heading in relation.left),
        right=tuple(code(heading) for heading in relation.right),
        left_names=tuple(names[heading] for heading in relation.left),
        right_names=tuple(names[heading] for heading in relation.right),
    )


def _in_order_of_need(
    parts: dict[CellCode, tuple[CellCode, ...]],
) -> Iterator[tuple[CellCode, tuple[CellCode, ...]]]:
    given: set[CellCode] = set()

    def visit(total: CellCode) -> Iterator[tuple[CellCode, tuple[CellCode, ...]]]:
        if total in given:
            return
        given.add(total)
        for part in parts[total]:
            if part in parts:
                yield from visit(part)
        yield total, parts[total]

    for total in parts:
        yield from visit(total)
