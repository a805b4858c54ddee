"""A second, independent judge of a report's numbers: slow, plain, and sharing no line with the service.

It reads a body of `POST /validations` as sent, and says what a reader of the rules would say of R04-R14, R18,
R23, R24, R28 and R29, and of R20 where the year is one of the former form's.  Standard library only.
Amounts of money are whole 分 (1 万元 = 1 000 000 分).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

Body = dict[str, Any]
BROKEN, OPEN = "broken", "not_evaluated"


class Finding(NamedTuple):
    """A rule that isn't kept at one place, or can't be evaluated there."""

    rule: str
    code: str
    outcome: str


RULES = (
    "R04 R05 R06 R07 R08 R09 R10 R11 R12 R13 R14 R18 R20 R23 R24 R28 R29".split()  # noqa: SIM905 - as the rules are named
)

KINDS = ["natural_person", "business", "research", "public_welfare", "legal_service", "other_organisation"]
COLUMNS = [*KINDS, "total"]
OUTCOMES = [
    "granted",
    "partially_granted",
    "denied_state_secret",
    "denied_prohibited_by_law",
    "denied_security_stability",
    "denied_third_party",
    "denied_internal_affairs",
    "denied_deliberative",
    "denied_enforcement_file",
    "denied_administrative_query",
    "unavailable_not_held",
    "unavailable_needs_creation",
    "unavailable_unclear",
    "refused_petition",
    "refused_repeated",
    "refused_publication",
    "refused_excessive",
    "refused_reissue",
    "closed_not_corrected",
    "closed_fee_unpaid",
    "closed_other",
]
ROWS = ["received", "pending_at_start", *OUTCOMES, "processed", "pending_at_end"]
DOCUMENTS = ["regulations", "normative_documents"]
DECIDED = ["licensing", "penalties", "coercion"]
COURSES = ["reconsideration", "litigation_direct", "litigation_after_reconsideration"]
ENDS = ["affirmed", "reversed", "other", "pending"]
FEES = "disclosure.fees.amount"
YUAN_10_000 = 10**6
MOST_FEES = 10**7 * YUAN_10_000
MOST_FEES_OF_MANY = 10**9 * YUAN_10_000
MOST_COUNT = 10**12 - 1


def all_cells() -> list[str]:
    """Name the 200 cells: 10 in 表二, 175 in 表三, 15 in 表四."""
    cells = [
        f"disclosure.{row}.{column}" for row in DOCUMENTS for column in ("issued", "repealed", "in_force")
    ]
    cells += [f"disclosure.{row}.decisions" for row in DECIDED]
    cells += [FEES]
    cells += [f"requests.{row}.{column}" for row in ROWS for column in COLUMNS]
    cells += [f"proceedings.{course}.{end}" for course in COURSES for end in [*ENDS, "total"]]
    return cells


class Numbers:
    """The numbers of one report; None where a cell is missing."""

    def __init__(self, body: Body) -> None:
        """Take what was sent; a total that wasn't sent at all is worked out where its parts are there."""
        self.sent = {code: _read(body, code) for code in all_cells() if _is_sent(body, code)}
        self.known = dict(self.sent)
        for row in ROWS:
            if row != "processed":
                self._work_out(f"requests.{row}.total", [f"requests.{row}.{kind}" for kind in KINDS])
        for column in COLUMNS:
            parts = [f"requests.{row}.{column}" for row in OUTCOMES]
            self._work_out(f"requests.processed.{column}", parts)
        for course in COURSES:
            self._work_out(f"proceedings.{course}.total", [f"proceedings.{course}.{end}" for end in ENDS])

    def _work_out(self, total: str, parts: list[str]) -> None:
        values = [self.known.get(part) for part in parts]
        if total not in self.sent and None not in values:
            self.known[total] = sum(value for value in values if value is not None)

    def __getitem__(self, code: str) -> int | None:
        """Return what stands in a cell, None where nothing does."""
        return self.known.get(code)

    def all_of(self, codes: list[str]) -> list[int] | None:
        """Return what stands in these cells, None as soon as one is missing."""
        values = [self.known.get(code) for code in codes]
        found = [value for value in values if value is not None]
        return found if len(found) == len(codes) else None


def _is_sent(body: Body, code: str) -> bool:
    """Tell whether the cell, its row or its table was sent, be it as null."""
    place: Any = body
    for name in code.split("."):
        if place is None:
            return True
        if name not in place:
            return False
        place = place[name]
    return True


def _read(body: Body, code: str) -> int | None:
    table, row, column = code.split(".")
    value = ((body[table] or {}).get(row) or {}).get(column)
    if value is None or code != FEES:
        return value if value is None else int(value)
    return int(Decimal(str(value)) * YUAN_10_000)


def findings(body: Body) -> set[Finding]:
    """Return all that isn't kept, or can't be evaluated, of the rules in `RULES`.

    Of a report on the former form that is R20 alone.
    """
    if body["year"] <= LAST_YEAR_OF_R20:
        return set(_r20_items(body, (body.get("beside") or {}).get("last_year")))
    numbers, beside = Numbers(body), body.get("beside") or {}
    before = None if beside.get("last_year") is None else Numbers(beside["last_year"])
    return {
        *_r04_filled(numbers),
        *_r05_counts(numbers),
        *_r06_fees(numbers, beside),
        *_r07_flow(numbers),
        *_r08_outcomes(numbers),
        *_r09_applicants(numbers),
        *_r10_proceedings(numbers),
        *([] if before is None else _r11_carried(numbers, before)),
        *([] if before is None else _r12_stock(numbers, before)),
        *_r13_issued(numbers),
        *_r14_regulations(numbers, beside),
        *_r18_pending(numbers),
        *(_r23_direct(numbers) if body["year"] >= FIRST_YEAR_OF_R23 else []),
        *_r24_without_requests(numbers, before),
        *_r24_secrets(numbers, beside),
        *_r28_level(numbers, beside),
        *_r29_jumps(numbers, beside),
    }


def _r04_filled(numbers: Numbers) -> list[Finding]:
    return [Finding("R04", code, BROKEN) for code in all_cells() if numbers[code] is None]


def _r05_counts(numbers: Numbers) -> list[Finding]:
    counts = [code for code in all_cells() if code != FEES]
    wrong = []
    for code in counts:
        value = numbers[code]
        if value is not None and not 0 <= value <= MOST_COUNT:
            wrong.append(Finding("R05", code, BROKEN))
    if not wrong and numbers.all_of(counts) is None:
        return [Finding("R05", "all", OPEN)]
    return wrong


def _r06_fees(numbers: Numbers, beside: Body) -> list[Finding]:
    fees = numbers[FEES]
    most = MOST_FEES_OF_MANY if beside.get("report_scope") == "aggregate" else MOST_FEES
    if fees is None:
        return [Finding("R06", "all", OPEN)]
    return [] if 0 <= fees <= most else [Finding("R06", FEES, BROKEN)]


def _equal(rule: str, code: str, numbers: Numbers, left: list[str], right: list[str]) -> list[Finding]:
    one, other = numbers.all_of(left), numbers.all_of(right)
    if one is None or other is None:
        return [Finding(rule, code, OPEN)]
    return [] if sum(one) == sum(other) else [Finding(rule, code, BROKEN)]


def _r07_flow(numbers: Numbers) -> list[Finding]:
    found = []
    for column in COLUMNS:
        into = [f"requests.received.{column}", f"requests.pending_at_start.{column}"]
        out = [f"requests.processed.{column}", f"requests.pending_at_end.{column}"]
        found += _equal("R07", f"requests.flow.{column}", numbers, into, out)
    return found


def _r08_outcomes(numbers: Numbers) -> list[Finding]:
    found = []
    for column in COLUMNS:
        parts = [f"requests.{row}.{column}" for row in OUTCOMES]
        total = [f"requests.processed.{column}"]
        found += _equal("R08", f"requests.outcomes.{column}", numbers, total, parts)
    return found


def _r09_applicants(numbers: Numbers) -> list[Finding]:
    found = []
    for row in ROWS:
        parts = [f"requests.{row}.{kind}" for kind in KINDS]
        total = [f"requests.{row}.total"]
        found += _equal("R09", f"requests.applicants.{row}", numbers, total, parts)
    return found


def _r10_proceedings(numbers: Numbers) -> list[Finding]:
    found = []
    for course in COURSES:
        parts = [f"proceedings.{course}.{end}" for end in ENDS]
        total = [f"proceedings.{course}.total"]
        found += _equal("R10", f"proceedings.outcomes.{course}", numbers, total, parts)
    return found


def _r11_carried(numbers: Numbers, before: Numbers) -> list[Finding]:
    found = []
    for column in COLUMNS:
        now, then = (
            numbers[f"requests.pending_at_start.{column}"],
            before[f"requests.pending_at_end.{column}"],
        )
        if now is None or then is None:
            found.append(Finding("R11", f"requests.carried.{column}", OPEN))
        elif now != then:
            found.append(Finding("R11", f"requests.carried.{column}", BROKEN))
    return found


def _r12_stock(numbers: Numbers, before: Numbers) -> list[Finding]:
    found = []
    for row in DOCUMENTS:
        code, then = f"disclosure.stock.{row}", before[f"disclosure.{row}.in_force"]
        now = numbers.all_of([f"disclosure.{row}.{column}" for column in ("in_force", "issued", "repealed")])
        if now is None or then is None:
            found.append(Finding("R12", code, OPEN))
        elif now[0] != then + now[1] - now[2]:
            found.append(Finding("R12", code, BROKEN))
    return found


def _r13_issued(numbers: Numbers) -> list[Finding]:
    found = []
    for row in DOCUMENTS:
        values = numbers.all_of(
            [f"disclosure.{row}.{column}" for column in ("issued", "in_force", "repealed")]
        )
        if values is None:
            found.append(Finding("R13", f"disclosure.issued.{row}", OPEN))
        elif values[0] > values[1] + values[2]:
            found.append(Finding("R13", f"disclosure.issued.{row}", BROKEN))
    return found


def _r14_regulations(numbers: Numbers, beside: Body) -> list[Finding]:
    level, kind = beside.get("level"), beside.get("kind")
    if level is None or kind is None or level == "nation":
        return []
    if kind == "government" and level in {"province", "prefecture"}:
        return []
    cells = [f"disclosure.regulations.{column}" for column in ("issued", "repealed", "in_force")]
    if any(numbers[cell] for cell in cells):
        return [Finding("R14", "disclosure.regulations", BROKEN)]
    return [Finding("R14", "disclosure.regulations", OPEN)] if numbers.all_of(cells) is None else []


def _r18_pending(numbers: Numbers) -> list[Finding]:
    found = []
    for column in COLUMNS:
        end, new = numbers[f"requests.pending_at_end.{column}"], numbers[f"requests.received.{column}"]
        if end is None or new is None:
            found.append(Finding("R18", f"requests.pending.{column}", OPEN))
        elif end > new:
            found.append(Finding("R18", f"requests.pending.{column}", BROKEN))
    return found


LAST_YEAR_OF_R20 = 2020
WITH_ITEMS = ["licensing", "other_services", "penalties", "coercion", "fees"]


def _r20_items(body: Body, before: Body | None) -> list[Finding]:
    found = []
    for row in WITH_ITEMS if before is not None else []:
        now = _items(body, row).get("items_before")
        then, change = (_items(before or {}, row).get(name) for name in ("items_before", "items_change"))
        if now is None or then is None or change is None:
            found.append(Finding("R20", f"disclosure.items.{row}", OPEN))
        elif now != then + change:
            found.append(Finding("R20", f"disclosure.items.{row}", BROKEN))
    return found


def _items(body: Body, row: str) -> Body:
    found: Body = (body.get("disclosure") or {}).get(row) or {}
    return found


FIRST_YEAR_OF_R23 = 2024


def _r23_direct(numbers: Numbers) -> list[Finding]:
    code = "proceedings.litigation_direct.total"
    value = numbers[code]
    if value is None:
        return [Finding("R23", code, OPEN)]
    return [Finding("R23", code, BROKEN)] if value > 0 else []


def _r24_without_requests(numbers: Numbers, before: Numbers | None) -> list[Finding]:
    code = "proceedings.requests.all"
    cases = numbers.all_of([f"proceedings.{course}.total" for course in COURSES])
    requests = numbers.all_of(["requests.received.total", "requests.pending_at_start.total"])
    if cases is None or requests is None:
        return [Finding("R24", code, OPEN)]
    if sum(cases) == 0 or sum(requests) > 0:
        return []
    if before is None:
        return [Finding("R24", code, BROKEN)]
    # what was received last year decides; unknown, it is never taken as none
    earlier = before["requests.received.total"]
    if earlier is None:
        return [Finding("R24", code, OPEN)]
    return [Finding("R24", code, BROKEN)] if earlier == 0 else []


def _r24_secrets(numbers: Numbers, beside: Body) -> list[Finding]:
    code = "requests.denied_state_secret.total"
    if beside.get("level") != "township":
        return []
    value = numbers[code]
    if value is None:
        return [Finding("R24", code, OPEN)]
    return [Finding("R24", code, BROKEN)] if value > 0 else []


USUAL = {
    "township": {"fees": 1_000, "received": 500, "decisions": 100_000},
    "county": {"fees": 50_000, "received": 5_000, "decisions": 2_000_000},
    "prefecture": {"fees": 500_000, "received": 20_000, "decisions": 20_000_000},
    "province": {"fees": 5_000_000, "received": 50_000, "decisions": 100_000_000},
}
"""What a body of a level hardly ever exceeds: fees in 万元, counts in 件."""

ABOVE = {"township": "county", "county": "prefecture", "prefecture": "province"}


def _r28_level(numbers: Numbers, beside: Body) -> list[Finding]:
    level = beside.get("level")
    if beside.get("report_scope") == "aggregate":
        level = ABOVE.get(str(level))
    if level not in USUAL:
        return []
    usual = USUAL[level]
    bounds = {FEES: usual["fees"] * YUAN_10_000, "requests.received.total": usual["received"]}
    bounds |= {f"disclosure.{row}.decisions": usual["decisions"] for row in DECIDED}
    found = []
    for code, most in bounds.items():
        value = numbers[code]
        if value is None:
            found.append(Finding("R28", code, OPEN))
        elif value > most:
            found.append(Finding("R28", code, BROKEN))
    return found


WATCHED = [
    *(f"requests.{row}.total" for row in ("received", "pending_at_start", "processed", "pending_at_end")),
    *(f"proceedings.{course}.total" for course in COURSES),
    *(f"disclosure.{row}.decisions" for row in DECIDED),
    *(f"disclosure.{row}.in_force" for row in DOCUMENTS),
    FEES,
]
LEAST_JUMP, TIMES = 10, 3


def _r29_jumps(numbers: Numbers, beside: Body) -> list[Finding]:
    earlier = [] if beside.get("last_year") is None else [beside["last_year"]]
    reports = [Numbers(each) for each in [*earlier, *(beside.get("earlier") or [])]]
    found = []
    for code in WATCHED:
        before = sorted(value for report in reports if (value := report[code]) is not None)
        if len(before) >= 2:  # noqa: PLR2004 - one year alone is no measure
            found += _jump(code, numbers[code], before[(len(before) - 1) // 2])
    return found


def _jump(code: str, value: int | None, usual: int) -> list[Finding]:
    """Compare with the median; that of two years is the smaller."""
    if value is None:
        return [Finding("R29", code, OPEN)]
    least = LEAST_JUMP * (YUAN_10_000 if code == FEES else 1)
    is_far = abs(value - usual) >= least
    is_many_times = max(value, usual) >= TIMES * min(value, usual)
    return [Finding("R29", code, BROKEN)] if is_far and is_many_times else []


NUMERALS = "一二三四五六七八九十百千万亿零两〇"
EIGHT = 8


def letters(text: str) -> str:
    """Return the Chinese characters of a text but the numerals: what R27 counts, set phrases apart."""
    return "".join(each for each in text if "㐀" <= each <= "鿿" and each not in NUMERALS)


def eights_shared(ours: str, theirs: str) -> tuple[int, int]:
    """Return how many of our runs of eight letters stand in theirs, and how many there are."""
    ours, theirs = letters(ours), letters(theirs)
    runs = [ours[start : start + EIGHT] for start in range(len(ours) - EIGHT + 1)]
    return sum(run in theirs for run in runs), len(runs)
