"""Clauses that say that there was none: 未收到……申请, 无行政复议, 零诉讼, 信息处理费：无."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.domain.prose.grammar import DECISIONS, OBJECTS, PROCEEDINGS, STOCK

if TYPE_CHECKING:
    from app.domain.prose.grammar import Clause, Lexeme, Thread

_KINDS = {"charge": "fees", "fee": "processing_fee"} | {name: name for name in (*DECISIONS, *PROCEEDINGS)}
_REQUESTS = {"request", "bare"}
_VERBS_OF_REQUESTS = {"received", "processed", "carried", "granted"}
_ENDING = re.compile(
    "(?:的|表|书|件|事项|案件|案|信息|情况|情形|业务|要求|现象|问题|记录|发生|办理|继续|决定|行为|了|项目|事宜|等|而|被|因此|提起|因|过|或|和|及|、|与|申诉|举报|投诉|信访|[”’」]|赔偿|也|均|年|公开|一起|案例|一例|收费|收取|之|收入|纠纷|方面|有关|相关)*$"
)
_CAUSES = re.compile("(?:工作)?(?:而|所)?(?:引发|引起|产生|导致|被)")
_BLOCKS = {"outcome", "less", "posted", "granted"}


def kinds_denied(clause: Clause, thread: Thread) -> list[tuple[str, int]]:
    """Return the kinds of which a clause with a negation says that there were none, each with its place."""
    place = next(at for at, lexeme in enumerate(clause.lexemes) if lexeme.name == "negative")
    if any(at < place for at in clause.figures):
        return []
    window = _window(clause, place)
    if window is None:
        return []
    if not any(at.name in OBJECTS or at.name in {"carried", "received", "collected"} for at in window):
        return _fronted(clause, place, window)
    return _denied(clause, clause.lexemes[place], window, thread)


def _window(clause: Clause, place: int) -> list[Lexeme] | None:
    """Return what the negation speaks of; None where it speaks of something else, or of a part."""
    window = clause.lexemes[place + 1 :]
    names = [at.name for at in window[:2]]
    if "figure" in names and names[:1] in (["figure"], ["received"]):
        del window[names.index("figure")]
    if any(at.name == "figure" for at in window):
        return None
    window = _without_listed_noise(clause, clause.lexemes[place], window)
    if any(at.name in _BLOCKS or at.name == "noise" for at in window):
        return None
    if any(at.name == "channel" for at in window) and not any(at.name == "every" for at in window):
        return None
    return window


def _without_listed_noise(clause: Clause, negative: Lexeme, window: list[Lexeme]) -> list[Lexeme]:
    """Leave out strangers that stand in a list of their own: 未发生投诉、行政复议."""
    kept: list[Lexeme] = []
    end = negative.end
    for at, lexeme in enumerate(window):
        following = window[at + 1].name if at + 1 < len(window) else "end"
        starts = not clause.gap(end, lexeme.start) and (
            at == 0 or window[at - 1].name in {"list", "noise", "received"}
        )
        if lexeme.name != "noise" or not starts or following not in {"list", "noise", "end"}:
            kept.append(lexeme)
        end = lexeme.end
    return kept


def _fronted(clause: Clause, place: int, window: list[Lexeme]) -> list[tuple[str, int]]:
    """Read 信息处理费收取情况：无 and 行政复议、行政诉讼均无."""
    negative, before = clause.lexemes[place], clause.lexemes[:place]
    if not window and any(at.name == "carried" for at in before):
        return _denied_carried(clause, negative, before)
    end = window[-1].end if window else negative.end
    if not _ENDING.match(clause.marked[end : clause.end]) or any(
        at.name == "figure" for at in clause.lexemes
    ):
        return []
    return [(_KINDS[at.name], negative.start) for at in before if at.name in _KINDS]


def _denied(clause: Clause, negative: Lexeme, window: list[Lexeme], thread: Thread) -> list[tuple[str, int]]:
    names = [at.name for at in window]
    if "carried" in names:
        return _denied_carried(clause, negative, window)
    last = window[-1]
    if not _ENDING.match(clause.marked[last.end : clause.end]):
        return []
    found: list[str] = []
    verb: str | None = None
    end = negative.end
    for name, lexeme in zip(names, window, strict=True):
        if name in _VERBS_OF_REQUESTS or name in STOCK or name == "collected":
            verb = name
        if lexeme.name == "normative" and verb in STOCK:
            found += [STOCK[at.name] for at in window if at.name in STOCK and at.start < lexeme.start]
        kind = _denied_kind(clause, lexeme, verb, end)
        found += [] if kind is None else [kind]
        end = lexeme.end
    if not found and verb == "collected" and thread.topic == "fee":
        found = ["processing_fee"]
    if not found and verb == "received" and thread.topic in {"request", "topic"} and names == ["received"]:
        found = ["received"] if not clause.gap(last.end, clause.end) else []
    return [(kind, negative.start) for kind in dict.fromkeys(found)]


def _denied_kind(clause: Clause, lexeme: Lexeme, verb: str | None, end: int) -> str | None:
    if lexeme.name in _REQUESTS:
        if _CAUSES.match(clause.marked[lexeme.end : clause.end]):
            return None
        strange = clause.gap(end, lexeme.start).removeprefix("N") or verb not in {None, "received"}
        return None if strange else "received"
    return _KINDS.get(lexeme.name)


def _denied_carried(clause: Clause, negative: Lexeme, window: list[Lexeme]) -> list[tuple[str, int]]:
    times = [at.name for at in clause.lexemes if at.name == "time"]
    letters = {clause.text(at) for at in clause.lexemes if at.name == "time"}
    if "F" in letters and "P" not in letters:
        return [("pending_at_end", negative.start)]
    if "P" in letters and "F" not in letters:
        return [("pending_at_start", negative.start)]
    both = len(times) > 1 and sum(at.name == "carried" for at in window) > 1
    kinds = ("pending_at_start", "pending_at_end") if both else ("pending_at_end",)
    return [(kind, negative.start) for kind in kinds]
