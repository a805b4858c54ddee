import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Errors are what all of the code can say, so they need no more than it has everywhere.
PURE = {
    "app/forms": {"app.forms"},
    "app/domain": {"app.domain", "app.forms", "app.errors"},
    "app/errors.py": set[str](),
}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write the import in full"
            yield str(node.module)


@pytest.mark.parametrize("place", PURE)
def test_the_form_and_what_is_true_of_it_need_only_the_standard_library(place: str) -> None:
    path = ROOT / place
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert files
    for file in files:
        foreign = {name for name in imported(file) if name.partition(".")[0] not in sys.stdlib_module_names}
        ours = {name for name in foreign if any((f"{name}.").startswith(f"{own}.") for own in PURE[place])}
        assert foreign == ours, file
