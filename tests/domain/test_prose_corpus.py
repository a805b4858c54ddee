"""How well figures are read from labelled prose."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.domain.prose.measure import Measured, Score, main, measure, table

CORPUS = Path(__file__).parent / "prose"
FILES = ("seen.json", "seen_later.json", "kept_apart.json", "kept_apart_later.json")
PRECISION, RECALL = Decimal("0.95"), Decimal("0.85")


@pytest.mark.parametrize("name", FILES)
def test_figures_are_read_with_their_meaning(name: str) -> None:
    measured = measure(CORPUS / name)
    assert measured.total.precision >= PRECISION, table(measured)
    assert measured.total.recall >= RECALL, table(measured)


def test_where_nothing_is_claimed_or_found_nothing_is_wrong() -> None:
    assert [Score().precision, Score().recall] == [Decimal(1), Decimal(1)]
    assert table(Measured({"received": Score(4, 2, 1)}, Score(4, 2, 1))).splitlines()[1].split() == [
        "received",
        "4",
        "2",
        "0.500",
        "0.250",
    ]


def test_the_table_and_what_was_read_otherwise_are_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "corpus.json"
    corpus.write_text(
        '[{"id": "x1", "year": 2024, "agency": "示例县示例镇人民政府", "heading": null,'
        ' "text": "全年工作顺利。", "claims": [{"kind": "received", "number": "2", "scope": "whole"}]}]'
    )
    main(corpus)
    printed = capsys.readouterr().out
    assert "total" in printed
    assert "x1" in printed
