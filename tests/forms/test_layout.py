from collections import Counter

import pytest

from app.forms import FORMS, annual_2019
from app.forms.annual_2021 import DISCLOSURE, FORM, REQUESTS
from app.forms.layout import Box, Grid, addresses_of, column_letters, depth_of, grid_of
from app.forms.model import Axis, Block, ReportForm, Table
from app.forms.since_2019 import PROCEEDINGS
from tests.builders import a_toy_form

EACH_TABLE = pytest.mark.parametrize(
    "table",
    [
        pytest.param(table, id=f"{form.version} {table.code}")
        for form in (*FORMS, a_toy_form())
        for table in form.tables
    ],
)


def heading(grid: Grid, text: str) -> tuple[int, int, int, int]:
    """Return row, column, height and width of the only heading of this text."""
    (box,) = [box for box in grid.boxes if box.text == text]
    return box.row, box.column, box.height, box.width


def by_place(grid: Grid) -> dict[tuple[int, int], Box]:
    return {(box.row, box.column): box for box in grid.boxes}


@EACH_TABLE
def test_the_boxes_cover_the_grid_without_gap_or_overlap(table: Table) -> None:
    grid = grid_of(table)
    covered = Counter(
        (row, column)
        for box in grid.boxes
        for row in range(box.row, box.row + box.height)
        for column in range(box.column, box.column + box.width)
    )
    assert covered == {(row, column): 1 for row in range(grid.height) for column in range(grid.width)}


@EACH_TABLE
def test_every_cell_of_a_table_has_one_box_and_every_other_box_a_text(table: Table) -> None:
    grid = grid_of(table)
    cells = [box.cell for box in grid.boxes if box.cell is not None]
    expected = [
        f"{table.code}.{row.code}.{column.code}"
        for row in table.rows()
        for column in table.columns_of(row.code)
    ]
    assert cells == expected
    assert all(bool(box.text) is (box.cell is None) for box in grid.boxes)


def test_sizes_of_the_three_tables() -> None:
    sizes = {table.code: grid_of(table) for table in FORM.tables}
    assert {code: (grid.height, grid.width) for code, grid in sizes.items()} == {
        "disclosure": (14, 4),
        "requests": (28, 10),
        "proceedings": (4, 15),
    }
    assert {code: (grid.head, grid.stub) for code, grid in sizes.items()} == {
        "disclosure": (0, 1),
        "requests": (3, 3),
        "proceedings": (3, 0),
    }


def test_table_2_stacks_blocks_under_headings_of_full_width() -> None:
    grid = grid_of(DISCLOSURE)
    assert heading(grid, "第二十条第（一）项") == (0, 0, 1, 4)
    assert heading(grid, "第二十条第（五）项") == (4, 0, 1, 4)
    assert heading(grid, "第二十条第（六）项") == (7, 0, 1, 4)
    assert heading(grid, "第二十条第（八）项") == (11, 0, 1, 4)
    assert heading(grid, "现行有效件数") == (1, 3, 1, 1)


def test_a_lone_column_of_table_2_reaches_to_the_edge() -> None:
    grid = grid_of(DISCLOSURE)
    assert heading(grid, "本年收费金额（单位：万元）") == (12, 1, 1, 3)
    assert by_place(grid)[13, 1] == Box(13, 1, 1, 3, cell="disclosure.fees.amount")


def test_only_the_last_column_of_a_narrower_block_reaches_to_the_edge() -> None:
    wide, narrow = (tuple(Axis(code, code) for code in codes) for codes in ("abcd", "ef"))
    blocks = (
        Block(rows=(Axis("one", "一"),), columns=wide, corner="项"),
        Block(rows=(Axis("two", "二"),), columns=narrow, corner="项"),
    )
    boxes = by_place(grid_of(Table("toy", "甲", blocks)))
    assert [boxes[2, 1].width, boxes[2, 2].width] == [1, 3]
    assert [boxes[3, 1], boxes[3, 2]] == [
        Box(3, 1, 1, 1, cell="toy.two.e"),
        Box(3, 2, 1, 3, cell="toy.two.f"),
    ]


def test_table_3_merges_headings_as_the_form_prints_them() -> None:
    grid = grid_of(REQUESTS)
    assert heading(grid, "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）") == (
        0,
        0,
        3,
        3,
    )
    assert heading(grid, "申请人情况") == (0, 3, 1, 7)
    assert heading(grid, "自然人") == (1, 3, 2, 1)
    assert heading(grid, "法人或其他组织") == (1, 4, 1, 5)
    assert heading(grid, "商业企业") == (2, 4, 1, 1)
    assert heading(grid, "总计") == (1, 9, 2, 1)
    assert heading(grid, "一、本年新收政府信息公开申请数量") == (3, 0, 1, 3)
    assert heading(grid, "三、本年度办理结果") == (5, 0, 22, 1)
    assert heading(grid, "（一）予以公开") == (5, 1, 1, 2)
    assert heading(grid, "（三）不予公开") == (7, 1, 8, 1)
    assert heading(grid, "8.属于行政查询事项") == (14, 2, 1, 1)
    assert heading(grid, "（七）总计") == (26, 1, 1, 2)
    assert heading(grid, "四、结转下年度继续办理") == (27, 0, 1, 3)


def test_table_4_lies_across() -> None:
    """行政复议's five columns reach down two rows; 行政诉讼 spans its ten."""
    grid = grid_of(PROCEEDINGS)
    boxes = by_place(grid)
    assert heading(grid, "行政复议") == (0, 0, 1, 5)
    assert heading(grid, "行政诉讼") == (0, 5, 1, 10)
    assert heading(grid, "未经复议直接起诉") == (1, 5, 1, 5)
    assert heading(grid, "复议后起诉") == (1, 10, 1, 5)
    assert [boxes[1, column].text for column in range(5)] == [
        "结果维持",
        "结果纠正",
        "其他结果",
        "尚未审结",
        "总计",
    ]
    assert {boxes[1, column].height for column in range(5)} == {2}
    assert {boxes[2, column].height for column in range(5, 15)} == {1}
    assert boxes[3, 14].cell == "proceedings.litigation_after_reconsideration.total"


@pytest.mark.parametrize(
    ("code", "address"),
    [
        ("disclosure.regulations.issued", "表二!B5"),
        ("disclosure.fees.amount", "表二!B16"),
        ("requests.received.natural_person", "表三!D6"),
        ("requests.processed.total", "表三!J29"),
        ("requests.pending_at_end.total", "表三!J30"),
        ("proceedings.reconsideration.affirmed", "表四!A6"),
        ("proceedings.litigation_after_reconsideration.total", "表四!O6"),
    ],
)
def test_where_a_cell_stands_in_the_workbook(code: str, address: str) -> None:
    assert addresses_of(FORM)[code] == address


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.version)
def test_every_cell_has_an_address_of_its_own(form: ReportForm) -> None:
    addresses = addresses_of(form)
    assert addresses.keys() == form.cells.keys()
    assert len(set(addresses.values())) == len(form.cells)


def test_the_former_table_2_has_five_blocks_whose_last_columns_reach_to_the_edge() -> None:
    grid = grid_of(annual_2019.DISCLOSURE)
    assert (grid.height, grid.width) == (18, 4)
    assert heading(grid, "第二十条第（九）项") == (15, 0, 1, 4)
    assert heading(grid, "采购总金额") == (16, 2, 1, 2)
    assert addresses_of(annual_2019.FORM)["disclosure.procurement.spent"] == "表二!C20"
    assert addresses_of(annual_2019.FORM)["requests.pending_at_end.total"] == "表三!J28"


@pytest.mark.parametrize(
    ("column", "letters"),
    [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")],
)
def test_a_sheet_s_columns_are_named_by_letters(column: int, letters: str) -> None:
    assert column_letters(column) == letters


def test_depth_counts_the_levels_of_the_deepest_heading() -> None:
    leaf = Axis("a", "甲")
    assert depth_of((leaf,)) == 1
    assert depth_of((leaf, Axis("b", "乙", children=(Axis("c", "丙", children=(leaf,)),)))) == 3
