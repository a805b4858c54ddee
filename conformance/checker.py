"""A second, independent judge of a report's numbers: slow, plain, and sharing no line with the service.

It reads a body of `POST /validations` as sent, and says what a reader of the rules would say of R04-R14, R18,
R20, R23, R24, R28 and R29, on the form of the report's year.  Standard library only.
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
DOCUMENTS = ["regulations", "normative_documents"]
DECIDED = ["licensing", "penalties", "coercion"]
COURSES = ["reconsideration", "litigation_direct", "litigation_after_reconsideration"]
ENDS = ["affirmed", "reversed", "other", "pending"]
FEES = "disclosure.fees.amount"
YUAN_10_000 = 10**6
MOST_FEES = 10**7 * YUAN_10_000
MOST_FEES_OF_MANY = 10**9 * YUAN_10_000
MOST_COUNT = 10**12 - 1

LAST_FORMER_YEAR = 2020
"""Reports of 2019 and 2020 are made on the form of 2019."""
SPENT = "disclosure.procurement.spent"
YUAN = 100
MOST_SPENT = 10**11 * YUAN
MOST_SPENT_BY_MANY = 10**13 * YUAN
FORMER_TABLE_2 = {
    **dict.fromkeys(DOCUMENTS, ("made", "newly_disclosed", "disclosed")),
    **dict.fromkeys(["licensing", "other_services"], ("items_before", "items_change", "decided")),
    **dict.fromkeys(["penalties", "coercion"], ("items_before", "items_change", "decided")),
    "fees": ("items_before", "items_change"),
    "procurement": ("projects", "spent"),
}
TABLE_2 = {
    **dict.fromkeys(DOCUMENTS, ("issued", "repealed", "in_force")),
    **dict.fromkeys(DECIDED, ("decisions",)),
    "fees": ("amount",),
}
DIVIDED = [row for row in OUTCOMES if row.startswith("closed_")]


def is_former(year: int) -> bool:
    """Tell whether reports of a year are made on the form of 2019."""
    return year <= LAST_FORMER_YEAR


def outcomes_of(year: int) -> list[str]:
    """Name the outcome rows: 21; of which 其他处理 was one row on the form of 2019, so 19."""
    return [row for row in OUTCOMES if row not in DIVIDED] + ["closed"] if is_former(year) else OUTCOMES


def rows_of(year: int) -> list[str]:
    """Name the rows of 表三: 25, on the form of 2019 23."""
    return ["received", "pending_at_start", *outcomes_of(year), "processed", "pending_at_end"]


def all_cells(year: int) -> list[str]:
    """Name the 200 cells: 10 in 表二, 175 in 表三, 15 in 表四; on the form of 2019 22, 161 and 15."""
    table_2 = FORMER_TABLE_2 if is_former(year) else TABLE_2
    cells = [f"disclosure.{row}.{column}" for row, columns in table_2.items() for column in columns]
    cells += [f"requests.{row}.{column}" for row in rows_of(year) for column in COLUMNS]
    cells += [f"proceedings.{course}.{end}" for course in COURSES for end in [*ENDS, "total"]]
    return cells


class Numbers:
    """The numbers of one report; None where a cell is missing."""

    def __init__(self, body: Body, year: int) -> None:
        """Take what was sent; a total that wasn't sent at all is worked out where its parts are there."""
        self.year = year
        self.cells = all_cells(year)
        self.sent = {code: _read(body, code) for code in self.cells if _is_sent(body, code)}
        self.known = dict(self.sent)
        for row in rows_of(year):
            if row != "processed":
                self._work_out(f"requests.{row}.total", [f"requests.{row}.{kind}" for kind in KINDS])
        for column in COLUMNS:
            parts = [f"requests.{row}.{column}" for row in outcomes_of(year)]
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
    if value is None or code not in MONEY:
        return value if value is None else int(value)
    return int(Decimal(str(value)) * MONEY[code])


MONEY = {FEES: YUAN_10_000, SPENT: YUAN}
"""Cells of money, with the 分 in one of what they are stated in."""


def findings(body: Body) -> set[Finding]:
    """Return all that isn't kept, or can't be evaluated, of the rules in `RULES`."""
    year: int = body["year"]
    numbers, beside = Numbers(body, year), body.get("beside") or {}
    before = None if beside.get("last_year") is None else Numbers(beside["last_year"], year - 1)
    return {
        *_r04_filled(numbers),
        *_r05_counts(numbers),
        *_r06_money(numbers, beside),
        *_r07_flow(numbers),
        *_r08_outcomes(numbers),
        *_r09_applicants(numbers),
        *_r10_proceedings(numbers),
        *([] if before is None else _r11_carried(numbers, before)),
        *([] if before is None or is_former(before.year) else _r12_stock(numbers, before)),
        *([] if is_former(year) else _r13_issued(numbers)),
        *_r14_regulations(numbers, beside),
        *_r18_pending(numbers),
        *([] if before is None or not is_former(year) else _r20_items(numbers, before)),
        *(_r23_direct(numbers) if year >= FIRST_YEAR_OF_R23 else []),
        *_r24_without_requests(numbers, before),
        *_r24_secrets(numbers, beside),
        *_r28_level(numbers, beside),
        *_r28_same_digits(numbers, body),
        *_r29_jumps(numbers, beside),
    }


def _r04_filled(numbers: Numbers) -> list[Finding]:
    return [Finding("R04", code, BROKEN) for code in numbers.cells if numbers[code] is None]


def _r05_counts(numbers: Numbers) -> list[Finding]:
    """Only 本年增/减 may be below 0."""
    counts = [code for code in numbers.cells if code not in MONEY]
    wrong = []
    for code in counts:
        value, least = numbers[code], -MOST_COUNT if code.endswith("items_change") else 0
        if value is not None and not least <= value <= MOST_COUNT:
            wrong.append(Finding("R05", code, BROKEN))
    if not wrong and numbers.all_of(counts) is None:
        return [Finding("R05", "all", OPEN)]
    return wrong


def _r06_money(numbers: Numbers, beside: Body) -> list[Finding]:
    """Judge 行政事业性收费 in 万元; on the form of 2019 采购总金额 in 元."""
    code = SPENT if is_former(numbers.year) else FEES
    most = {FEES: MOST_FEES, SPENT: MOST_SPENT}[code]
    if beside.get("report_scope") == "aggregate":
        most = {FEES: MOST_FEES_OF_MANY, SPENT: MOST_SPENT_BY_MANY}[code]
    money = numbers[code]
    if money is None:
        return [Finding("R06", "all", OPEN)]
    return [] if 0 <= money <= most else [Finding("R06", code, BROKEN)]


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
        parts = [f"requests.{row}.{column}" for row in outcomes_of(numbers.year)]
        total = [f"requests.processed.{column}"]
        found += _equal("R08", f"requests.outcomes.{column}", numbers, total, parts)
    return found


def _r09_applicants(numbers: Numbers) -> list[Finding]:
    found = []
    for row in rows_of(numbers.year):
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
    speaks_for_one = kind == "office" and beside.get("report_scope") == "aggregate"
    acts_for_province = str(beside.get("name") or "").endswith(("行政公署", "行署"))
    is_government = kind == "government" or speaks_for_one
    if is_government and level in {"province", "prefecture"} and not acts_for_province:
        return []
    cells = [code for code in numbers.cells if code.startswith("disclosure.regulations.")]
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


WITH_ITEMS = ["licensing", "other_services", "penalties", "coercion", "fees"]


def _r20_items(numbers: Numbers, before: Numbers) -> list[Finding]:
    found = []
    for row in WITH_ITEMS:
        now = numbers[f"disclosure.{row}.items_before"]
        then = before.all_of([f"disclosure.{row}.{name}" for name in ("items_before", "items_change")])
        if now is None or then is None:
            found.append(Finding("R20", f"disclosure.items.{row}", OPEN))
        elif now != sum(then):
            found.append(Finding("R20", f"disclosure.items.{row}", BROKEN))
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
    # what was received or left over last year decides; unknown, it is never taken as none
    last = ["requests.received.total", "requests.pending_at_start.total"]
    earlier = [None, None] if before is None else [before[code] for code in last]
    if any(count is not None and count > 0 for count in earlier):
        return []
    return [Finding("R24", code, OPEN if None in earlier else BROKEN)]


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
    for row in DECIDED:
        bounds |= dict.fromkeys(
            (f"disclosure.{row}.decisions", f"disclosure.{row}.decided"), usual["decisions"]
        )
    bounds = {code: most for code, most in bounds.items() if code in numbers.cells}
    found = []
    for code, most in bounds.items():
        value = numbers[code]
        if value is None:
            found.append(Finding("R28", code, OPEN))
        elif value > most:
            found.append(Finding("R28", code, BROKEN))
    return found


def _r28_same_digits(numbers: Numbers, body: Body) -> list[Finding]:
    """元 in the last section, the same figure in 万元 in the table: read as plainly as it is written."""
    said = (body.get("narratives") or {}).get("other_matters") or ""
    fees = [fee for sentence in said.split("。") for fee in _yuan_of(sentence)]
    value = numbers[FEES]
    if not fees or value is None:
        return []
    most = max(fees)
    return [Finding("R28", "fees", BROKEN)] if most > 0 and most * YUAN_10_000 == value else []


def _yuan_of(sentence: str) -> list[Decimal]:
    """Return what follows 信息处理费 and stands before 元."""
    if any(word in sentence for word in ("没有", "未", "无")):
        return []
    found = []
    for after in sentence.split("信息处理费")[1:]:
        before_unit, unit, _ = after.partition("元")
        digits = before_unit.lstrip("共计合为：")
        if unit and digits and all(letter in "0123456789." for letter in digits):
            found.append(Decimal(digits))
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
    earlier = [] if beside.get("last_year") is None else [Numbers(beside["last_year"], numbers.year - 1)]
    reports = [*earlier, *(Numbers(each, each["year"]) for each in beside.get("earlier") or [])]
    found = []
    for code in [code for code in WATCHED if code in numbers.cells]:
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
