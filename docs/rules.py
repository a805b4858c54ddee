"""The page about the rules, from their catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.agencies import AgencyKind, AgencyLevel
from app.domain.rules import CATALOGUE, Level, Rule
from app.forms import FORMS
from docs.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEVELS = {
    Level.MANDATORY: "a report that has been 上报 never breaks one.",
    Level.TO_EXPLAIN: "may be 上报 with an explanation.",
    Level.HINT: "shown, never blocks.",
}

_INTRODUCTION = """\
<!-- Made by `python -m docs.generate` from app/domain/rules.py and messages.py: don't edit it here. -->

A result names its rule and the rule's version. The verdict with which a version passed the gate
is kept with that version and never written anew; `GET /api/v1/reports/{agency}/{year}/findings`
shows it beside today's."""

_JUDGED = """\
Judged on: every `report`, only a `document` that is read in, or kept by the `service` itself. A
rule with a source is laid down there; one without is good practice. So they read for the form
in force; `GET /api/v1/rules?year=` has them for any year."""

_SETTINGS = """\
An administrator may set how hard a 核实性 or 提示性 rule is, and its thresholds, for an agency and
all below it: `POST /api/v1/agencies/{code}/rule-settings` with `rule`, `level` (`W`, `I` or
`null`), `thresholds`, `reason` and `valid_from`. The nearest agency that has set a level or a
threshold decides it, by the tree on 31 December of the report's year; of an agency's own
settings of a rule the latest that has begun counts, and one that sets nothing restores what
holds above. 强制性 rules are the same everywhere, and so is R35. Every setting stays on record
(`GET` on the same address), in the audit trail and in the feed of changes. `GET
/api/v1/rules?year=&agency=` shows what holds for an agency.

The thresholds, whole numbers in their unit, where nobody has set them:"""

_MESSAGES = """\
The `message` of every result is one of its rule's templates with the fields filled in, word for
word. A name begins with the result's outcome: `kept`, `broken`, `not_evaluated`. `refused` is
said where a request is turned away for the rule's sake, and a `part` stands in a field of other
messages. After the dot follows which case it is. `{cell}` and `{missing}` name cells, `{place}`
any other place; `{found}` is what stands there, `{expected}` what should, and `{difference}` is
never below 0. R19 has no message: no result and no refusal is its."""


def rules_page() -> str:
    """Return the page about the rules."""
    parts = [*_rule_parts(), *_setting_parts(), *_message_parts()]
    return "\n\n".join(["# The rules", _INTRODUCTION, *parts]) + "\n"


def _rule_parts() -> Iterator[str]:
    levels = dict.fromkeys(rule.level for rule in CATALOGUE)
    yield "\n".join(f"- {level.label} ({level}): {_LEVELS[level]}" for level in levels)
    yield _JUDGED
    rows = (
        (
            rule.id,
            f"{rule.level.label} ({rule.level})",
            rule.title_on(FORMS[-1]),
            _whom(rule),
            _years(rule),
            f"`{rule.keeper}`",
            rule.source_on(FORMS[-1]) or "",
        )
        for rule in CATALOGUE
    )
    yield table_of(("Rule", "Level", "What it asks", "Of whom", "Years", "Judged on", "Source"), rows)


def _whom(rule: Rule) -> str:
    named = [level.label for level in AgencyLevel if level in rule.levels]
    named += [kind.label for kind in AgencyKind if kind in rule.kinds]
    return "、".join(named)


def _years(rule: Rule) -> str:
    first, last = rule.first_year or "", rule.last_year or ""
    return f"{first}–{last}" if first or last else ""


def _setting_parts() -> Iterator[str]:
    yield "## What a county may set"
    yield _SETTINGS
    rows = (
        (rule.id, f"`{code}`", threshold.title, str(threshold.default), threshold.unit)
        for rule in CATALOGUE
        for code, threshold in rule.thresholds.items()
    )
    yield table_of(("Rule", "Threshold", "What it is", "Unless set", "Unit"), rows)


def _message_parts() -> Iterator[str]:
    yield "## What they say"
    yield _MESSAGES
    shared: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for rule in CATALOGUE:
        shared.setdefault(tuple(rule.messages_on(FORMS[-1]).items()), []).append(rule.id)
    rows = (
        (" ".join(rules), f"`{name}`", text) for messages, rules in shared.items() for name, text in messages
    )
    yield table_of(("Rule", "Message", "Template"), rows)
