"""Hypothesis without deadlines: these machines are shared, and speed is measured elsewhere."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")
