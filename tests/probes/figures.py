"""Hands to coverage what the probes noted: `python -m tests.probes.figures FOLDER` writes `.coverage`."""

from __future__ import annotations

import ast
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from coverage import CoverageData
from coverage.parser import PythonParser

from tests.probes.probing import INTO, LINE, MEASURED, PAST, lines_of, place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    Arc = tuple[int, int]


def write(reached: Mapping[str, Collection[int]], files: Iterable[Path]) -> None:
    """Write coverage's file, also of those *files* in which nothing was reached."""
    data = CoverageData()
    data.erase()
    data.add_arcs({path: arcs_of(path, places) for path, places in reached.items()})
    data.touch_files([str(file) for file in files])
    data.write()


def noted(folder: Path) -> dict[str, set[int]]:
    """Return the places that any process has reached, by file."""
    together = defaultdict[str, set[int]](set)
    for file in folder.glob("*.json"):
        for path, places in json.loads(file.read_bytes()).items():
            together[path].update(places)
    return together


def arcs_of(path: str, reached: Collection[int]) -> set[Arc]:
    """Return as pairs of lines, which is how coverage has it, what was reached in a file.

    A line is told by a pair that comes from outside.  Of a branch coverage knows its two ways; the one
    into its body is known by where that begins.
    """
    source = Path(path).read_text("utf-8")
    parser = PythonParser(text=source, filename=path)
    parser.parse_source()
    bodies = dict(branches(ast.parse(source)))
    lines = {(-line, line) for line in range(1, source.count("\n") + 2) if place(line, LINE) in reached}
    ways = {
        (line, to)
        for line, to in parser.arcs()
        if line in bodies and place(line, INTO if to == bodies[line] else PAST) in reached
    }
    return lines | ways


def branches(module: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield the line of every branch and the first of its body."""
    for node in ast.walk(module):
        if isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While):
            yield node.lineno, min(lines_of(node.body[0]))
        elif isinstance(node, ast.match_case):
            yield node.pattern.lineno, min(lines_of(node.body[0]))


if __name__ == "__main__":
    write(noted(Path(sys.argv[1])), MEASURED.rglob("*.py"))
