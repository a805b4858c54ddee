"""What the suite's own probes note is what coverage's tracer sees."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.probes import figures, probing

# Every kind of statement that the service is written in, run this way and that way and not at all.
SAMPLE = '''"""A module."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nothing

TABLE = {
    "one": 1,
    "two": 2,
}
"""A constant."""


def decorated(function):
    @functools.wraps(function)
    def around(*arguments):
        return function(*arguments)

    return around


@decorated
@functools.cache
def chosen(number):
    """Say which way it went."""
    if number == 1:
        return "one"
    elif number == 2:
        name = (
            "two"
        )
    elif number == 3:
        pass
    else:
        if number > 100:
            name = "many"
    for each in range(number):
        if each == 3:
            break
    else:
        name = "few"
    while number > 0:
        number -= 1
        if number == 4:
            continue
    with suppress(KeyError):
        TABLE[number]
        number = 7
    return number


def tried(work):
    try:
        work()
    except KeyError:
        return "key"
    except (ValueError,
            TypeError):
        if work:
            return "value"
    except OSError as error:
        return error
    else:
        done = True
    finally:
        work = None
    return done


def matched(value):
    match value:
        case 0:
            return "nothing"
        case int() if value > 10:
            return "much"
        case [first, *rest]:
            for each in rest:
                return each
        case {"a": 1}:
            return "a"
    match value:
        case str():
            return "text"
        case _:
            return "whatever"


class Held:
    """A class."""

    size: int = 3
    name: str

    def twice(self):
        if self.size:
            return 2 * self.size
        raise AssertionError

    def none(self):
        """Nothing."""

    def left_alone(self):
        global TABLE
        TABLE = None


async def later(things):
    async for each in things:
        yield each


@decorated
class Frozen:
    size: int = 1


def fails():
    raise ValueError


def key():
    return TABLE["three"]


chosen(1), chosen(2), chosen(5)
tried(key), tried(len)
matched(0), matched([1, 2]), matched("")
Held().twice()
Held().none()
Frozen()
with suppress(ValueError):
    fails()
    fails()
'''


def judged(folder: Path) -> object:
    """Return what coverage reports of the sample: lines and branches, run and missing."""
    coverage("json", "--quiet", "-o", "told.json", folder=folder)
    (told,) = json.loads((folder / "told.json").read_bytes())["files"].values()
    names = ("executed_lines", "missing_lines", "executed_branches", "missing_branches", "excluded_lines")
    return {name: told[name] for name in names}


def coverage(*arguments: str, folder: Path) -> None:
    others = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    subprocess.run([sys.executable, "-m", "coverage", *arguments], cwd=folder, env=others, check=True)


def test_probes_tell_line_for_line_and_branch_for_branch_what_a_tracer_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sample.py"
    file.write_text(SAMPLE)
    coverage("run", "--branch", "sample.py", folder=tmp_path)
    traced = judged(tmp_path)
    noted = probing.no_hits(SAMPLE.encode())
    monkeypatch.setitem(probing.hits, str(file), noted)
    exec(probing.probed(SAMPLE.encode(), str(file)), vars(ModuleType("sample")))  # noqa: S102 - ours, above
    monkeypatch.chdir(tmp_path)
    figures.write({str(file): probing.reached(noted)}, [file])
    assert judged(tmp_path) == traced


ENDS = {
    "by itself": "",
    "with a status": "sys.exit(3)",
    "by what went wrong": "1 / 0",
    "when asked to": "signal.raise_signal(signal.SIGTERM)",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_process_tells_what_it_ran_however_it_ends(tmp_path: Path, end: str) -> None:
    env = os.environ | {probing.FOLDER: str(tmp_path), "PYTHONPATH": str(Path(probing.__file__).parent)}
    script = f"import signal, sys, app.errors\n{end}"
    subprocess.run([sys.executable, "-c", script], env=env, check=False, capture_output=True)
    told = {Path(path).name: places for path, places in figures.noted(tmp_path).items()}
    assert len(told["errors.py"]) > 50


def test_a_module_that_is_run_as_a_command_is_noted_too(tmp_path: Path) -> None:
    env = os.environ | {probing.FOLDER: str(tmp_path), "PYTHONPATH": str(Path(probing.__file__).parent)}
    run = [sys.executable, "-P", "-m", "app.jobs.workshop"]
    subprocess.run(run, env=env, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    assert str(probing.MEASURED / "jobs" / "workshop.py") in figures.noted(tmp_path)
