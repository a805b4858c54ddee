"""Python runs this at the start of every process that finds this folder on its path (PYTHONPATH)."""

from contextlib import suppress

# elsewhere, as in a project that a test has made, there is nothing of ours to measure
with suppress(ModuleNotFoundError):
    from tests.probes.probing import start

    start()
