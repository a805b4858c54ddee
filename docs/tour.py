"""The tour in the READMEs: what it tells the reader to type, what that prints, and how to run it.

In a block fenced as `console`, a line that begins with `$ ` is a command, one that begins with `> ` goes on
with it, and the lines after it are what it prints.  `…` in these stands for whatever differs from run to run.
The tokens that the demonstration prints are in the environment, as if the reader had copied them.

`python -m docs.tour` runs it all and writes what is printed now into both READMEs.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
START_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 120
ANYTHING = "…"

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_STEP = re.compile(r"^\$ (?P<command>.*\n(?:> .*\n)*)(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_ADDRESS = re.compile(r"running on http://127\.0\.0\.1:(\d+)")
_EXPORT = re.compile(r"^ *export (\w+)=(\S+)", re.MULTILINE)
_SECRET = re.compile(r"\bnb_\w+")


class TourError(Exception):
    """The tour can't be run."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command, as typed and without the signs before its lines, and what it prints."""

    command: str
    output: str

    def prints(self, actual: str) -> bool:
        """Tell whether *actual* is what the tour says."""
        pattern = ".*".join(re.escape(part) for part in self.output.split(ANYTHING))
        return re.fullmatch(pattern, actual) is not None

    def written(self) -> str:
        """Return the step as it stands in a README."""
        return "$ " + self.command.replace("\n", "\n> ") + "\n" + self.output


def steps_in(text: str) -> list[Step]:
    """Return the steps of a README's tour."""
    found = (match for block in _BLOCK.findall(text) for match in _STEP.finditer(block))
    return [Step(match["command"].rstrip("\n").replace("\n> ", "\n"), match["output"]) for match in found]


def run_tour(steps: Sequence[Step], folder: Path) -> list[str]:
    """Run the tour in an empty folder, on a new demonstration; return what each step prints."""
    for name, target in (("app", ROOT / "app"), (".venv", Path(sys.prefix))):
        (folder / name).symlink_to(target)
    with _serving(folder) as demonstration:
        return [without_secrets(printed) for printed in _typed(steps, demonstration, folder)]


def without_secrets(text: str) -> str:
    """Return a text without the tokens in it, which are random and nobody's business."""
    return _SECRET.sub(f"nb_{ANYTHING}", text)


@dataclass(frozen=True, slots=True)
class _Demonstration:
    """What a demonstration says when it starts: where it is, and its tokens by the variables' names."""

    port: int
    tokens: dict[str, str]


@contextmanager
def _serving(folder: Path) -> Iterator[_Demonstration]:
    """Serve a new demonstration on a free port of this machine, as `make run` does on 8000."""
    settings = {
        "NIANBAO_DATABASE_URL": f"sqlite:///{folder}/nianbao.db",
        "NIANBAO_PORT": "0",
        # a temporary folder may lie in memory
        "NIANBAO_ALLOW_UNSAFE_DATABASE": "true",
    }
    command = [str(folder / ".venv" / "bin" / "nianbao"), "demo", "--serve"]
    log = folder / "log"
    with log.open("wb") as stream:
        # the command is our own
        server = subprocess.Popen(command, stdout=stream, stderr=stream, env=os.environ | settings)  # noqa: S603
    try:
        yield _Demonstration(_port_of(server, log), dict(_EXPORT.findall(log.read_text())))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _port_of(server: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < deadline:
        found = _ADDRESS.search(log.read_text())
        if found:
            return int(found[1])
        time.sleep(0.05)
    raise TourError(f"the service didn't start:\n{log.read_text()}")


def _typed(steps: Sequence[Step], demonstration: _Demonstration, folder: Path) -> list[str]:
    """Give the commands to one shell, as a reader does, so that what one sets the next can use."""
    end = "--- end of a step ---"
    commands = (f"{step.command}\nprintf '%s\\n' {shlex.quote(end)}" for step in steps)
    script = "\n".join(commands).replace("127.0.0.1:8000", f"127.0.0.1:{demonstration.port}")
    done = subprocess.run(  # noqa: S603 - the commands are those of our own README
        ["/bin/bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=os.environ | demonstration.tokens | {"no_proxy": "127.0.0.1"},
        stdout=subprocess.PIPE,
        timeout=COMMAND_TIMEOUT_S,
        check=False,
        text=True,
    )
    return done.stdout.split(f"{end}\n")[: len(steps)]


def told_anew(text: str, outputs: Sequence[str]) -> str:
    """Return a README whose tour prints *outputs*; a step that is right already stays as it is."""
    printed = iter(outputs)

    def step_anew(match: re.Match[str]) -> str:
        (step,) = steps_in(f"```console\n{match[0]}```")
        actual = next(printed)
        return match[0] if step.prints(actual) else Step(step.command, actual).written()

    return _BLOCK.sub(lambda block: _STEP.sub(step_anew, block[0]), text)


def main() -> None:
    """Run the tour and write what it prints into both READMEs."""
    with tempfile.TemporaryDirectory() as name:
        outputs = run_tour(steps_in(READMES[0].read_text()), Path(name))
    for readme in READMES:
        readme.write_text(told_anew(readme.read_text(), outputs))


if __name__ == "__main__":
    main()
