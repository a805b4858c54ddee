"""The judgement itself: it must see every loss, or all that is built on it is worth nothing."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.durability.ledger import Ledger, Promise, State, Verdict, judge, judge_all

KEY = ("1", 2021)
CREATED = State("draft", 1, 7, ("report.create",), (), '"1-1"')
SAVED = State("draft", 2, 8, ("report.create", "report.save"), (), '"1-2"')
SUBMITTED = State("submitted", 2, 8, (*SAVED.acts, "report.submit"), ("submit",), '"1-3"')
ASKED = replace(SUBMITTED, etag=None)


@pytest.mark.parametrize("stored", [SAVED, SUBMITTED], ids=["nothing of it", "all of it"])
def test_what_was_never_answered_may_be_there_or_not(stored: State) -> None:
    assert judge(Promise(SAVED, (None, CREATED), ASKED), stored) is Verdict.KEPT


@pytest.mark.parametrize("stored", [None, CREATED], ids=["no report", "an earlier one"])
def test_what_was_answered_and_is_gone_is_lost(stored: State | None) -> None:
    assert judge(Promise(SAVED, (None, CREATED), ASKED), stored) is Verdict.LOST


@pytest.mark.parametrize(
    "stored",
    [
        replace(SUBMITTED, acts=SAVED.acts),
        replace(SUBMITTED, steps=()),
        replace(SUBMITTED, status="draft"),
        replace(SUBMITTED, number=7),
        replace(SUBMITTED, version=1),
        replace(SAVED, etag='"1-1"'),
        replace(SAVED, number=None),
    ],
)
def test_what_is_neither_before_nor_after_is_half_applied(stored: State) -> None:
    assert judge(Promise(SAVED, (None, CREATED), ASKED), stored) is Verdict.HALF_APPLIED


def test_a_report_that_nobody_asked_for_is_half_applied() -> None:
    assert judge(Promise(), CREATED) is Verdict.HALF_APPLIED
    assert judge(Promise(None, (), replace(CREATED, etag=None)), CREATED) is Verdict.KEPT
    assert judge(Promise(None, (), replace(CREATED, etag=None)), None) is Verdict.KEPT


def test_every_report_is_judged_whether_promised_or_there() -> None:
    promises = {KEY: Promise(SAVED, (CREATED,)), ("2", 2021): Promise(SAVED), ("3", 2021): Promise(SAVED)}
    stored = {KEY: CREATED, ("3", 2021): SAVED, ("4", 2021): SAVED}
    assert judge_all(promises, stored) == {Verdict.LOST: 2, Verdict.KEPT: 1, Verdict.HALF_APPLIED: 1}


def test_a_ledger_knows_what_was_promised_at_any_moment() -> None:
    ledger, moments = Ledger({KEY: CREATED}), [time.monotonic_ns()]
    for note, state in ((ledger.intend, replace(SAVED, etag=None)), (ledger.acknowledge, SAVED)):
        note(KEY, state)
        moments.append(time.monotonic_ns())
    before, asked, told = (ledger.promises(moment)[KEY] for moment in moments)
    assert before == Promise(CREATED)
    assert asked == Promise(CREATED, (), replace(SAVED, etag=None))
    assert told == ledger.promises()[KEY] == Promise(SAVED, (CREATED,))
    assert [ledger.acknowledged(moment) for moment in moments] == [0, 0, 1]


def test_what_was_refused_must_not_be_there() -> None:
    ledger = Ledger({KEY: SAVED})
    ledger.intend(KEY, ASKED)
    ledger.refuse(KEY)
    promise = ledger.promises()[KEY]
    assert judge(promise, SAVED) is Verdict.KEPT
    assert judge(promise, SUBMITTED) is Verdict.HALF_APPLIED
