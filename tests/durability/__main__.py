"""Tries every kind of crash and writes down what came of it: `make durability` (half an hour).

With names of trials only these are tried, and with `--times` each so often; the page is written only when
everything was tried.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.durability.catalogue import CATALOGUE
from tests.durability.trial import table

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
START, END = "<!-- durability -->", "<!-- /durability -->"


def main(arguments: list[str]) -> int:
    """Try what is asked for; return 0 if all went well."""
    names = {trial.__name__: trial for trial in CATALOGUE}
    parser = argparse.ArgumentParser(prog="durability", description=__doc__)
    parser.add_argument("trials", nargs="*", metavar="trial", help=f"of {', '.join(names)}")
    parser.add_argument("--times", type=int, help="how often each is tried")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.trials) - names.keys():
        parser.error(f"no such trial: {', '.join(sorted(unknown))}")
    tried = []
    for name in asked.trials or names:
        started = time.monotonic()
        tried.append(names[name](asked.times or CATALOGUE[names[name]]))
        say(f"{name}: {time.monotonic() - started:.0f} s", *tried[-1].faults, *tried[-1].broken_chains)
    made = table(tried)
    say(made)
    if not asked.trials:
        PAGE.write_text(with_table(PAGE.read_text(), made))
    return 0 if all(trial.is_good and trial.is_quick for trial in tried) else 1


def with_table(page: str, made: str) -> str:
    """Put a table into the page between its marks."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{made}\n\n{END}{after}"


def say(*lines: str) -> None:
    """Print at once: it takes long."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
