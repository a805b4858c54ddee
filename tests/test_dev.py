import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev

REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org|/(?:pypi/)?simple/\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home)/\w")

PYPROJECT = """
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"

[project]
name = "nianbao"
version = "1"
scripts = { nianbao = "app:main" }

[tool.uv.build-backend]
module-name = "app"
module-root = ""
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as small as can be that dev.py looks after: no packages, and uv is there already."""
    folder = tmp_path / "project"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "__init__.py").write_text("def main() -> None:\n    print('served')\n")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    for file in ("dev.py", dev.UV_LOCK):
        shutil.copyfile(dev.ROOT / file, folder / file)
    for lock in dev.ENVIRONMENTS.values():
        (folder / lock).touch()
    (folder / ".tools").symlink_to(dev.TOOLS)
    return folder


def run_dev(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "dev.py", *arguments]
    env = os.environ | {"UV_OFFLINE": "1"}
    return subprocess.run(command, cwd=project, env=env, check=False, capture_output=True, text=True)


def put_program(project: Path, name: str, *, status: int) -> None:
    program = project / ".venv" / "bin" / name
    program.write_text(f"#!/bin/sh\nexit {status}\n")
    program.chmod(0o755)


def test_setup_installs_once(project: Path) -> None:
    first = run_dev(project, "setup")
    assert (first.returncode, first.stderr) == (0, "")
    assert "Installed" in first.stdout
    second = run_dev(project, "setup")
    assert (second.returncode, second.stdout) == (0, "")


@pytest.mark.parametrize("file", ["pyproject.toml", *dev.LOCKS])
def test_a_change_of_what_is_installed_installs_again(project: Path, file: str) -> None:
    before = stamp_in(project)
    with (project / file).open("a") as stream:
        stream.write("# changed\n")
    assert stamp_in(project) != before


def stamp_in(project: Path) -> str:
    code = "import dev; print(dev.stamp('dev'))"
    return subprocess.check_output([sys.executable, "-c", code], cwd=project, text=True)


def test_running_leaves_a_development_environment_alone(project: Path) -> None:
    run_dev(project, "setup")
    assert run_dev(project, "run").stdout == "served\n"


def test_running_alone_installs_what_the_service_needs(project: Path) -> None:
    alone = run_dev(project, "run").stdout
    assert "from requirements.lock" in alone
    assert alone.endswith("served\n")
    assert "from requirements-dev.lock" in run_dev(project, "setup").stdout


def test_a_checkout_that_was_moved_gets_an_environment_that_works(project: Path) -> None:
    run_dev(project, "setup")
    moved = project.rename(project.with_name("moved"))
    assert run_dev(moved, "setup").returncode == 0
    nianbao = moved / ".venv" / "bin" / "nianbao"
    assert subprocess.check_output([nianbao], text=True) == "served\n"


def test_every_check_runs_and_those_that_failed_are_named(project: Path) -> None:
    run_dev(project, "setup")
    for name, status in {"ruff": 1, "mypy": 0, "lint-imports": 1, "deptry": 0, "hadolint": 0}.items():
        put_program(project, name, status=status)
    checked = run_dev(project, "check")
    failed = checked.stderr.splitlines()[-1].removeprefix("dev.py: failed: ").split(", ")
    assert re.findall(r"--- (\w+): (?:ok|FAILED), [\d.]+ s", checked.stdout) == list(dev.CHECKS)
    assert set(failed) & set(dev.CHECKS) == {"format", "lint", "imports", "locks", "openapi"}
    assert checked.returncode == 1


def test_a_file_that_lags_is_shown_with_its_remedy(tmp_path: Path) -> None:
    committed = tmp_path / "committed"
    committed.write_text("old\n")
    dev.expect_same(str(committed), "old\n", remedy="make it")
    with pytest.raises(dev.DevError, match=r"(?s)-old\n\+new\n.*out of date: make it"):
        dev.expect_same(str(committed), "new\n", remedy="make it")


MUTANTS = {
    "app.domain.hints.x_hint_for__mutmut_1": 1,
    "app.domain.hints.x_hint_for__mutmut_2": -24,
    "app.forms.layout.x_grid_of__mutmut_1": 1,
    "app.forms.layout.x_grid_of__mutmut_2": 0,
    "app.forms.layout.x_grid_of__mutmut_3": None,
}


@pytest.fixture
def mutants(tmp_path: Path) -> Path:
    """What mutmut leaves behind of two modules."""
    for module in ("app.domain.hints", "app.forms.layout"):
        found = {name: status for name, status in MUTANTS.items() if name.startswith(module)}
        file = tmp_path / "mutants" / f"{module.replace('.', '/')}.py.meta"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"exit_code_by_key": found}))
    return tmp_path / "mutants"


def test_mutants_are_counted_by_package_and_survivors_named(
    mutants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dev.expect_killed(75, dev.mutants_in(mutants))
    assert capsys.readouterr().out.splitlines() == [
        "app.domain: 2 mutants, 1 killed, 1 endless, 0 survived: 100.0 % noticed",
        "app.forms: 2 mutants, 1 killed, 0 endless, 1 survived: 50.0 % noticed",
        "all: 4 mutants, 2 killed, 1 endless, 1 survived: 75.0 % noticed",
        "Survivors (`.venv/bin/mutmut show NAME`):",
        "app.forms.layout.x_grid_of__mutmut_2",
    ]


def test_too_many_survivors_are_an_error(mutants: Path) -> None:
    with pytest.raises(dev.DevError, match="less than 76 % of the mutants"):
        dev.expect_killed(76, dev.mutants_in(mutants))


def test_no_mutants_at_all_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(dev.DevError, match="no mutants"):
        dev.expect_killed(95, dev.mutants_in(tmp_path))


def test_what_is_tested_is_what_is_served() -> None:
    served, tested = (set(pins(dev.ROOT / dev.ENVIRONMENTS[name])) for name in ("run", "dev"))
    assert served
    assert served < tested


def pins(lock: Path) -> list[str]:
    return re.findall(r"^[\w.-]+==\S+", lock.read_text(), re.MULTILINE)


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.check_output(listing, cwd=dev.ROOT, text=True).rstrip("\0").split("\0")
    files = [file for file in map(dev.ROOT.joinpath, names) if file.is_file()]
    assert files
    for file in files:
        text = file.read_text(errors="replace")
        assert not REGISTRY_HOST.search(text), file
        assert not MACHINE_PATH.search(text), file
