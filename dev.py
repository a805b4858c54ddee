"""Makes the environment and runs everything a developer or CI runs: `python3 dev.py --help`.

Standard library only, because it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
UV = TOOLS / "bin" / "uv"
OLDEST_PYTHON = (3, 11)
PROBES = ROOT / "tests" / "probes"

UV_LOCK = "requirements-uv.lock"
LOCKS: Mapping[str, Sequence[str]] = {
    UV_LOCK: ["--group", "uv"],
    "requirements.lock": ["pyproject.toml"],
    # What the service runs on is the same in both, version for version.
    "requirements-dev.lock": ["pyproject.toml", "--group", "dev", "--constraints", "requirements.lock"],
}
ENVIRONMENTS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}


class DevError(Exception):
    """Something a developer can put right; its text is shown without a traceback."""


# Running commands


def call(*command: str | Path, env: Mapping[str, str] | None = None) -> None:
    """Run *command* in the repository with its output on the terminal.

    Raises:
        DevError: it can't be started, or ends with another status than 0.
    """
    try:
        status = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    except OSError as error:
        raise DevError(f"{Path(command[0]).name} can't be started: {error.strerror}") from error
    if status != 0:
        raise DevError(f"{Path(command[0]).name} ended with status {status}")


def read(*command: str | Path) -> str:
    """Run *command* in the repository and return what it prints on standard output.

    Raises:
        DevError: it can't be started, or ends with another status than 0; with all it printed.
    """
    try:
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    except OSError as error:
        raise DevError(f"{Path(command[0]).name} can't be started: {error.strerror}") from error
    if done.returncode != 0:
        raise DevError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def tool(name: str) -> Path:
    return VENV / "bin" / name


def replace_process(*command: str | Path) -> None:
    """Become *command*, so that Ctrl-C and SIGTERM reach it and nothing stands between."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(command[0], [str(part) for part in command])  # noqa: S606 - no shell is wanted


# The environment


def install(environment: str) -> None:
    """Make `.venv` hold the locked packages of *environment*, unless it does already.

    The development environment serves to run as well, so `make run` never takes its tools away.
    """
    if is_installed(environment) or (environment == "run" and is_installed("dev")):
        return
    started = time.monotonic()
    say(f"Installing into {VENV.name} from {ENVIRONMENTS[environment]} ...")
    install_uv()
    make_venv()
    # An installation that ends halfway must not count as the one before it.
    stamp_file().unlink(missing_ok=True)
    python = tool("python")
    # Compiled now, a start takes half the time, also where Python is told not to keep what it compiles.
    options = ("--require-hashes", "--compile-bytecode")
    uv("pip", "sync", "--python", python, *options, ENVIRONMENTS[environment])
    uv("pip", "install", "--python", python, "--no-deps", "--editable", ".")
    stamp_file().write_text(stamp(environment))
    say(f"Installed in {time.monotonic() - started:.1f} s.")


def is_installed(environment: str) -> bool:
    file = stamp_file()
    return file.is_file() and file.read_text() == stamp(environment) and tool("python").exists()


def stamp_file() -> Path:
    return VENV / "installed"


def stamp(environment: str) -> str:
    """Return a text that changes when *environment* would be installed differently."""
    digest = hashlib.sha256()
    for file in (ROOT / "pyproject.toml", *(ROOT / lock for lock in LOCKS)):
        digest.update(file.read_bytes())
    # Scripts in an environment hold its full path, so one that was moved is no longer good.
    return f"{environment} {platform.python_version()} {ROOT} {digest.hexdigest()}"


def install_uv() -> None:
    """Put uv, which installs everything else, into `.tools`.

    `--target` works where the system's Python refuses `pip install` (PEP 668) and where
    `python3 -m venv` lacks ensurepip.
    """
    lock = ROOT / UV_LOCK
    copy = TOOLS / UV_LOCK
    if UV.exists() and copy.is_file() and copy.read_bytes() == lock.read_bytes():
        return
    pip("install", "--upgrade", "--target", str(TOOLS), "--require-hashes", "--requirement", str(lock))
    shutil.copyfile(lock, copy)


def pip(*arguments: str) -> str:
    options = ["--disable-pip-version-check", "--no-input"]
    try:
        return read(python_with_pip(), "-m", "pip", *options, *arguments)
    except DevError as error:
        if "No module named pip" in str(error):
            raise DevError("This Python has no pip; on Debian: apt-get install python3-pip") from error
        raise


def python_with_pip() -> Path:
    """Return this Python, or the one that it was made from when it is our own `.venv`, which has no pip."""
    if importlib.util.find_spec("pip"):
        return Path(sys.executable)
    return Path(sys.base_prefix) / "bin" / "python{}.{}".format(*sys.version_info)


def make_venv() -> None:
    """Make `.venv`, unless it is there, for this version of Python and in this place."""
    marks = [f"version_info = {platform.python_version()}", f"made-in = {ROOT}"]
    config = VENV / "pyvenv.cfg"
    if config.is_file() and set(marks) <= set(config.read_text().splitlines()):
        return
    uv("venv", "--quiet", "--clear", "--python", sys.executable, VENV)
    with config.open("a") as file:
        file.write(f"{marks[1]}\n")


def uv(*arguments: str | Path) -> None:
    call(UV, "--quiet", *arguments, env=pip_index() | os.environ)


@functools.cache
def pip_index() -> dict[str, str]:
    """Return the package index that pip is set up for, if any, as a setting of uv's.

    uv doesn't read pip's settings, which is where people name the mirror near them.
    """
    found = re.search(r"^\S+\.index-url='(.+)'$", pip("config", "list"), re.MULTILINE)
    return {"UV_DEFAULT_INDEX": found[1]} if found else {}


def say(text: str) -> None:
    print(text, flush=True)


# Locks


def lock(folder: Path, *options: str) -> None:
    """Compile every lock file into *folder*, keeping the versions of those that lie there already.

    Every package carries its hashes and no line names a registry, so the locks hold on any mirror.
    """
    form = ["--universal", "--python-version", ".".join(map(str, OLDEST_PYTHON))]
    form += ["--generate-hashes", "--no-annotate", "--no-header"]
    for name, sources in LOCKS.items():
        uv("pip", "compile", *sources, *form, *options, "--output-file", folder / name)


def check_locks() -> None:
    """Compile the locks again beside the old ones: they differ only if pyproject.toml asks for more."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in LOCKS:
            shutil.copyfile(ROOT / file, folder / file)
        lock(folder)
        for file in LOCKS:
            expect_same(file, (folder / file).read_text(), remedy="make lock")


def expect_same(committed: str, made: str, *, remedy: str) -> None:
    """Raise DevError with the first differences unless the file *committed* holds *made*."""
    file = ROOT / committed
    old = file.read_text() if file.exists() else ""
    lines = difflib.unified_diff(old.splitlines(), made.splitlines(), committed, "made now", lineterm="", n=1)
    difference = list(lines)
    if difference:
        raise DevError("\n".join([*difference[:40], f"{committed} is out of date: {remedy}"]))


# What `check` checks


def check_openapi() -> None:
    made = read(tool("nianbao"), "openapi")
    expect_same("openapi/openapi.json", made, remedy="nianbao openapi > openapi/openapi.json")


CHECKS: Mapping[str, Callable[[], None]] = {
    "format": lambda: call(tool("ruff"), "format", "--check", "--quiet", "."),
    "lint": lambda: call(tool("ruff"), "check", "--quiet", "."),
    "types": lambda: call(tool("mypy"), "--no-error-summary"),
    "imports": lambda: call(tool("lint-imports"), "--no-logo"),
    "dependencies": lambda: call(tool("deptry"), "--no-ansi", "."),
    "locks": check_locks,
    "openapi": check_openapi,
    "dockerfile": lambda: call(tool("hadolint"), "Dockerfile"),
}


def passes(name: str) -> bool:
    """Run one check; say its name, its time and what is wrong."""
    started = time.monotonic()
    say(f"--- {name}")
    try:
        CHECKS[name]()
    except DevError as error:
        say(str(error))
        result = "FAILED"
    else:
        result = "ok"
    say(f"--- {name}: {result}, {time.monotonic() - started:.1f} s")
    return result == "ok"


# The commands


def setup() -> None:
    """Make the development environment."""
    install("dev")


def run(arguments: Sequence[str]) -> None:
    """Serve with the demo's data; options are the service's own."""
    install("run")
    replace_process(tool("nianbao"), "demo", "--serve", *arguments)


def check() -> None:
    """Run every check, also after one has failed."""
    install("dev")
    failed = [name for name in CHECKS if not passes(name)]
    if failed:
        raise DevError(f"failed: {', '.join(failed)}")


def test(arguments: Sequence[str]) -> None:
    """Run the tests with coverage, or with options of pytest's just the tests these ask for."""
    install("dev")
    pytest = ("-m", "pytest", "-n", "2", "--ignore", "tests/desktop")
    # every command that a test starts would compile the whole service again
    env = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    if arguments:
        call(tool("python"), *pytest, *arguments, env=env)
        return
    with tempfile.TemporaryDirectory() as noted:
        call(tool("python"), *pytest, env=env | {"COVERAGE_PROBES": noted, "PYTHONPATH": str(PROBES)})
        call(tool("python"), "-m", "tests.probes.figures", noted)
    expect_coverage("95")
    # The form and what is true of it: nothing there may go untried.
    expect_coverage("100", "--include", "app/forms/*,app/domain/*")


def expect_coverage(percent: str, *options: str) -> None:
    call(tool("python"), "-m", "coverage", "report", "--fail-under", percent, *options)


def mutate(arguments: Sequence[str]) -> None:
    """Change the code in small ways, one by one: tests must notice 95 % of them (slow)."""
    install("dev")
    # What an earlier run has found would stand, whatever became of the tests since.
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    call(tool("mutmut"), "run", *arguments, env=os.environ | MUTMUT_SETTINGS)
    expect_killed(95, mutants_in(ROOT / "mutants"))


MUTMUT_SETTINGS: Mapping[str, str] = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # the plugins take longer to start than most tests
    "PYTHONDONTWRITEBYTECODE": "",  # a module with all its mutants takes long to compile
    "PYTHONHASHSEED": "0",  # a mutant meets its tests in the same order every time
}
# What mutmut's statuses mean; all others mean that no test has failed.
KILLED = (1, 3)
ENDLESS = (-24, 24, 36, 152)
FATES: Mapping[int, str] = dict.fromkeys(KILLED, "killed") | dict.fromkeys(ENDLESS, "endless")


def mutants_in(folder: Path) -> dict[str, str]:
    """Return what became of every mutant that was tried, by its name: killed, endless or survived."""
    found = [json.loads(file.read_text())["exit_code_by_key"] for file in sorted(folder.rglob("*.meta"))]
    return {
        name: FATES.get(status, "survived")
        for statuses in found
        for name, status in statuses.items()
        if status is not None
    }


def expect_killed(percent: float, mutants: Mapping[str, str]) -> None:
    """Print how many mutants of each package were killed, and the names of those that survived.

    Raises:
        DevError: there are none, or tests noticed fewer: failed, or ran for ever.
    """
    if not mutants:
        raise DevError("no mutants were tried")
    for package in sorted({package_of(name) for name in mutants}):
        say(figures(package, [fate for name, fate in mutants.items() if package_of(name) == package]))
    say(figures("all", list(mutants.values())))
    survivors = [name for name, fate in mutants.items() if fate == "survived"]
    say("\n".join(["Survivors (`.venv/bin/mutmut show NAME`):", *survivors]))
    if 100 * len(survivors) > (100 - percent) * len(mutants):
        raise DevError(f"tests notice less than {percent} % of the mutants")


def package_of(mutant: str) -> str:
    return ".".join(mutant.split(".")[:2])


def figures(name: str, fates: Sequence[str]) -> str:
    killed, endless, survived = (fates.count(fate) for fate in ("killed", "endless", "survived"))
    rate = f"{100 * (killed + endless) / len(fates):.1f} % noticed"
    return f"{name}: {len(fates)} mutants, {killed} killed, {endless} endless, {survived} survived: {rate}"


def doors(arguments: Sequence[str]) -> None:
    """Send 2 000 generated reports through every door, on both databases (NIANBAO_DOORS: another number)."""
    install("dev")
    pytest = ("-m", "pytest", "-n", "2", "--durations", "2", "tests/test_every_door.py")
    call(tool("python"), *pytest, *arguments, env={"NIANBAO_DOORS": "2000"} | os.environ)


def durability(arguments: Sequence[str]) -> None:
    """Kill the service and its databases, cut the power, fill the disk; write down what came of it (slow)."""
    install("dev")
    replace_process(tool("python"), "-m", "tests.durability", *arguments)


def desktop(arguments: Sequence[str]) -> None:
    """Run the tests that need LibreOffice and Chromium; without these programs they fail."""
    install("dev")
    call(tool("python"), "-m", "pytest", "tests/desktop", *arguments)


def bench(arguments: Sequence[str]) -> None:
    """Measure the service's speed."""
    install("dev")
    replace_process(tool("python"), "-m", "bench", *arguments)


def soak(arguments: Sequence[str]) -> None:
    """Let everybody use the service for minutes: does anything fail, grow or stay behind? (--minutes N)."""
    install("dev")
    replace_process(tool("python"), "-m", "bench.soak", *arguments)


def relock(arguments: Sequence[str]) -> None:
    """Write the lock files for pyproject.toml; with --upgrade, to the newest versions."""
    install_uv()
    lock(ROOT, *arguments)


WITHOUT_OPTIONS: Mapping[str, Callable[[], None]] = {"setup": setup, "check": check}
WITH_OPTIONS: Mapping[str, Callable[[Sequence[str]], None]] = {
    "run": run,
    "test": test,
    "mutate": mutate,
    "doors": doors,
    "durability": durability,
    "desktop": desktop,
    "bench": bench,
    "soak": soak,
    "lock": relock,
}


def main(arguments: Sequence[str]) -> int:
    commands = {**WITH_OPTIONS, **WITHOUT_OPTIONS}
    described = "\n".join(f"  {name:10} {function.__doc__}" for name, function in commands.items())
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description=f"commands:\n{described}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=commands, metavar="command")
    chosen, rest = parser.parse_known_args(arguments)
    if sys.version_info < OLDEST_PYTHON:
        return fail(f"Python 3.11 or newer is needed; this is {platform.python_version()}.")
    if rest and chosen.command in WITHOUT_OPTIONS:
        parser.error(f"{chosen.command} takes no options")
    try:
        if chosen.command in WITHOUT_OPTIONS:
            WITHOUT_OPTIONS[chosen.command]()
        else:
            WITH_OPTIONS[chosen.command](rest)
    except DevError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def fail(text: str) -> int:
    print(f"dev.py: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
