"""Notes which lines of the service run and which way its branches go, at next to no cost.

Python 3.11 tells a tracer, as coverage has one, of every line every time, and runs all code slower while one
listens: twice as long, and more where much is computed.  Here each module of the service is compiled with
probes in it instead: before each statement, and on both ways of a branch, a number in a list is set.
`tests.probes.figures` hands what was noted to coverage, which judges it as its own.

What no probe notes counts as not run: a mistake here can make the figures too low, hardly too high.
"""

from __future__ import annotations

import ast
import atexit
import hashlib
import json
import marshal
import os
import signal
import tempfile
from importlib.machinery import SourceFileLoader
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CodeType, FrameType

    Placed = ast.expr | ast.pattern | ast.stmt
MEASURED = Path(__file__).resolve().parents[2] / "app"
FOLDER = "COVERAGE_PROBES"
"""The setting that holds the folder for what was noted; where it isn't set nothing is."""

HITS = "__hits__"
"""What a module calls its list of what was reached; such a name isn't another in a class."""

LINE, INTO, PAST = range(3)
"""What is noted of a line: that it was reached, and of a branch that its body was entered, or left out."""


def place(line: int, what: int) -> int:
    """Return where in the list of its module it is noted."""
    return 3 * line + what


# Putting probes in


def probed(source: bytes, path: str) -> CodeType:
    """Compile a module with probes in it; everything else keeps its lines."""
    module = ast.parse(source)
    begin = sum(1 for _ in takewhile(stands_first, module.body))
    body = block(module.body)
    noting = ast.parse(f"{HITS} = __import__('sys').modules[{__name__!r}].hits[{path!r}]").body
    module.body = [*body[:begin], *noting, *body[begin:]]
    return compile(module, path, "exec", dont_inherit=True)


def block(
    statements: Sequence[ast.stmt], first: Iterable[int] = (), at: Placed | None = None
) -> list[ast.stmt]:
    """Return *statements* with a probe before each, and in all of their blocks.

    Args:
        statements: none where a branch has no other way.
        first: the places of what has happened when the block begins, for its first probe.
        at: whose line an empty block gets.
    """
    due, made = list(first), list[ast.stmt]()
    for statement in statements:
        due += [place(line, LINE) for line in lines_of(statement)]
        if not stands_first(statement):
            made.append(probe(due, statement))
            due = []
        inside(statement)
        made.append(statement)
    last = statements[-1] if statements else at
    return [*made, probe(due, last)] if due and last else made


def inside(statement: ast.stmt) -> None:
    """Put probes into the blocks of a statement."""
    match statement:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            statement.body = block(statement.body, [place(statement.lineno, INTO)])
            statement.orelse = block(statement.orelse, [place(statement.lineno, PAST)], statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.With() | ast.AsyncWith():
            statement.body = block(statement.body)
        case ast.Try() | ast.TryStar():
            inside_try(statement)
        case ast.Match():
            inside_match(statement)


def inside_try(statement: ast.Try | ast.TryStar) -> None:
    statement.body = block(statement.body)
    tried = list[int]()
    for handler in statement.handlers:
        tried.append(place(handler.lineno, LINE))
        handler.body = block(handler.body, tried)
    statement.orelse = block(statement.orelse)
    statement.finalbody = block(statement.finalbody)


def inside_match(statement: ast.Match) -> None:
    """Cases are tried in turn; when none fits, which isn't written, an added one notes it."""
    tried = list[int]()
    for case in statement.cases:
        line = case.pattern.lineno
        case.body = block(case.body, [*tried, place(line, LINE), place(line, INTO)])
        tried += [place(line, LINE), place(line, PAST)]
    last = statement.cases[-1]
    if not takes_anything(last):
        anything = ast.copy_location(ast.MatchAs(), last.pattern)
        statement.cases.append(ast.match_case(anything, None, block([], tried, last.pattern)))


def lines_of(statement: ast.stmt) -> list[int]:
    """Return where a statement begins, and each of its decorators."""
    return [statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))]


def stands_first(statement: ast.stmt) -> bool:
    """Tell whether nothing may come before it: a docstring, or an import from the future."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def takes_anything(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def probe(places: Sequence[int], at: Placed) -> ast.stmt:
    """Return the statement that notes *places*, in the line of *at*."""
    targets = [ast.Subscript(ast.Name(HITS, ast.Load()), ast.Constant(each), ast.Store()) for each in places]
    noting = ast.Assign(list(targets), ast.Constant(1))
    noting.lineno = noting.end_lineno = at.lineno
    return ast.fix_missing_locations(noting)


# Noting what is reached

hits: dict[str, list[int]] = {}
"""What the probes of each module have set, by its file."""


def start() -> None:
    """Load modules of the service with probes from now on, and store what they note when the process ends."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        return
    load_with_probes(Path(folder))
    atexit.register(store, Path(folder))

    def store_and_end(_number: int, _frame: FrameType | None) -> None:
        store(Path(folder))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)

    # the service handles it while it serves, and is ended by it as any other process then
    signal.signal(signal.SIGTERM, store_and_end)


def load_with_probes(folder: Path) -> None:
    """Have modules of the service run with probes; their code is kept in *folder* for other processes."""
    code_as_it_is = SourceFileLoader.get_code
    measured = f"{MEASURED}{os.sep}"

    def code_of(loader: SourceFileLoader, name: str) -> CodeType | None:
        path = loader.path
        if not path.startswith(measured):
            return code_as_it_is(loader, name)
        source = loader.get_data(path)
        hits.setdefault(path, no_hits(source))
        return kept(folder, source, path)

    SourceFileLoader.get_code = code_of  # type: ignore[method-assign,assignment] # also `-m` and Alembic use it


def no_hits(source: bytes) -> list[int]:
    return [0] * place(source.count(b"\n") + 2, LINE)


def kept(folder: Path, source: bytes, path: str) -> CodeType:
    """Return the code of a module with probes, which is compiled once only."""
    file = folder / f"{hashlib.sha256(source + path.encode()).hexdigest()}.code"
    try:
        code: CodeType = marshal.loads(file.read_bytes())  # noqa: S302 - we have written it
    except FileNotFoundError:
        code = probed(source, path)
        write(file, marshal.dumps(code))
    return code


def store(folder: Path) -> None:
    """Write down which places were reached, by file."""
    if hits:
        told = {path: reached(noted) for path, noted in hits.items()}
        write(folder / f"{os.getpid()}-{os.urandom(4).hex()}.json", json.dumps(told).encode())


def reached(noted: list[int]) -> list[int]:
    """Return the places where something was noted."""
    return [at for at, hit in enumerate(noted) if hit]


def write(file: Path, content: bytes) -> None:
    """Write a file that others see whole or not at all."""
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as opened:
        opened.write(content)
    Path(name).replace(file)
