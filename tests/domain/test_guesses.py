"""What somebody probably meant."""

from __future__ import annotations

from app.domain.guesses import LONGEST_NAME, guess

KNOWN = ("overview", "problems", "other_matters")


def test_the_nearest_of_the_known_names_is_guessed() -> None:
    assert guess("overveiw", KNOWN) == "；是不是“overview”？"
    assert guess("problem", iter(KNOWN)) == "；是不是“problems”？"


def test_where_none_is_near_nothing_is_said() -> None:
    assert guess("文字", KNOWN) == ""
    assert guess("overview", ()) == ""


def test_only_the_beginning_of_a_long_name_is_looked_at() -> None:
    name = "x" * LONGEST_NAME
    assert guess(name + "y" * 10_000, [name]) == f"；是不是“{name}”？"
    assert guess("overview" + "y" * 10_000, KNOWN) == ""
