"""The pytest plugin of mutation testing, which docs/mutation.md explains."""

from __future__ import annotations

import gc
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from hypothesis import Phase, settings
from mutmut.state import state

if TYPE_CHECKING:
    import pytest

# The same in every run, and no more than it takes to fail: nobody reads which example did.
settings.register_profile(
    "mutation",
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("mutation")

called_on_import: set[str] = set()


def under_test() -> str:
    """Return the mutant that mutmut tries, `stats` while it notes which test calls what, or nothing."""
    return os.environ.get("MUTANT_UNDER_TEST", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put property tests last: the others are quicker to tell."""
    items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))


def pytest_collection_finish() -> None:
    called_on_import.update(state()._stats)  # noqa: SLF001 - mutmut has no other door


def pytest_runtest_setup() -> None:
    """Note what a test rests on even if an import, or a test before it, has called it already."""
    if under_test() == "stats":
        state()._stats.update(called_on_import)  # noqa: SLF001 - likewise
        forget_what_is_cached()


def forget_what_is_cached() -> None:
    ours = [module for name, module in sys.modules.items() if name.startswith("app.")]
    for kept in (kept for module in ours for kept in vars(module).values()):
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
    form_class = sys.modules["app.forms.model"].ReportForm
    cached = {name for name, member in vars(form_class).items() if isinstance(member, cached_property)}
    for form in (thing for thing in gc.get_objects() if type(thing) is form_class):
        for name in cached & vars(form).keys():
            del vars(form)[name]


def pytest_sessionfinish(exitstatus: int) -> None:
    """Count a mutant with which tests can't even be collected as killed: mutmut knows status 1 alone."""
    if "__mutmut_" in under_test() and exitstatus > 1:
        os._exit(1)
