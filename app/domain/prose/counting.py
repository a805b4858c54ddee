"""What a figure counts: the objects and the verb that govern it, in its own clause or left open before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from app.domain.prose.grammar import DECISIONS, OBJECTS, PROCEEDINGS, REQUESTS, STOCK, STRANGE, VERBS

if TYPE_CHECKING:
    from app.domain.prose.grammar import Around, Lexeme, Thread
    from app.domain.prose.marks import Figure


class Heads(NamedTuple):
    """What governs a figure: objects of which there are so many, and what was done with them."""

    objects: list[str]
    verb: str | None


_HEADS = OBJECTS | VERBS | STRANGE
_CASES = {*DECISIONS, *PROCEEDINGS}
_BOTH = re.compile("(?:收到|新收|接收|受理)[并及和、](?:依法|按时|及时|全部)*(?:办结|答复|回复)")
_TOTAL = re.compile("(?:.{0,6}(?:本年度?|全年|Y|共|合计|总计|总数|数量|为)){1,4}$")
_LIST = re.compile("(?:、|和|及|与|或|以及|案件|决定|被?提起|被?申请)*")
_OF_ITS_OWN = re.compile(
    "的?(?:答复[的后]|引发|引起|工作|投诉|举报|行政|复议|诉讼|咨询|补正|材料|渠道|制度|流程)"
)
_GOES_ELSEWHERE = tuple("占比较同")
_TAKEN = re.compile("作出|实施|办理|办结|下达|做出")
_ALL = re.compile("均|已|都|全")
_OTHERS_CASE = re.compile("代理|办结|审结|审理|受理|应诉|参加|办理|裁决")
_COUNT_OF = re.compile(
    "(?:总数量|总数|总量|数量|件数|量|数)(?:共|为|是|有|达|仅|均)*(?:共计|合计)?[:：]?$"
    "|^(?:本年度?|全年|年度|Y|，)*(?:共计|合计|总计|共|为|均为|是)+$|(?:均为|为)$"
)
_CLOSING = ("processed", "granted")
_OTHERS = re.compile("其他|其它|处理|办理")


def kinds_counted(it: Around, thread: Thread, figure: Figure) -> list[str]:
    """Return what a figure counts: nothing, one kind, or several of which there are as many each."""
    heads = _heads(it, thread)
    if heads is None:
        names = {at.name for at in it.left}
        is_named = not names.isdisjoint({"noise", "posted", *VERBS})
        thread.is_strange = is_named and names.isdisjoint({"less", "outcome"})
        return []
    first = heads.objects[0]
    if it.clause.text(it.figure) == "M" or (not figure.number and first in {"fee", "charge"}):
        return _money(first, heads.verb, it)
    if first in REQUESTS and _BOTH.search(_before(it)):
        return ["received", "processed"]
    if first == "normative" and "each" in {at.name for at in it.left}:
        return [STOCK[at.name] for at in it.left if at.name in STOCK]
    kinds = (_kind(name, heads.verb, it, thread, is_zero=not figure.number) for name in heads.objects)
    found = [kind for kind in kinds if kind is not None]
    is_sum = len(found) > 1 and figure.number != 0 and all(at.name != "each" for at in it.left)
    return [] if is_sum else found


def _before(it: Around) -> str:
    return it.clause.marked[it.begin : it.figure.start]


def _heads(it: Around, thread: Thread) -> Heads | None:
    """Return what governs a figure; None where it counts something else."""
    left = [at for at in it.left if at.name in _HEADS]
    near = left[-1].end if left else it.begin
    is_far = it.clause.gap(near, it.figure.start) and not _TOTAL.match(
        it.clause.marked, near, it.figure.start
    )
    ahead = None if is_far else _from_left(it, left)
    if ahead is None:
        return None
    objects, verb = ahead
    if not objects or objects[0] == "topic" or it.left[-1].name in VERBS:
        after = _from_right(it)
        if after is None:
            return None
        objects, verb = after.objects or objects, verb or after.verb
    if verb is None and objects[:1] == ["request"] and thread.is_strange:
        verb = _earlier_verb(it)
    return Heads(objects or [_topic(it, thread, verb)], verb or thread.verb)


def _earlier_verb(it: Around) -> str | None:
    """Return the verb before a stranger's number: 收到咨询5件、政府信息公开申请3件."""
    earlier = [at.name for at in it.clause.lexemes if at.start < it.begin and at.name in VERBS]
    return earlier[-1] if earlier else None


def _topic(it: Around, thread: Thread, verb: str | None) -> str:
    """Return what a figure counts that names nothing: of cases, only where it says that these are all."""
    topic = thread.topic or ""
    if topic not in _CASES or (verb == "processed" and topic in DECISIONS):
        return topic
    return topic if _COUNT_OF.search(_before(it)) else ""


def _from_left(it: Around, left: list[Lexeme]) -> Heads | None:
    """Read back from a figure: objects in a list, then the verb; None where something strange is nearest."""
    objects: list[str] = []
    verb: str | None = None
    following: Lexeme | None = None
    for lexeme in reversed(left):
        if lexeme.name in STRANGE:
            if _spoils(it, lexeme, following, objects, verb):
                return None
            continue
        if lexeme.name in VERBS:
            verb = verb or lexeme.name
        elif not objects or (verb is None and following is not None and _is_listed(it, lexeme, following)):
            objects.append(lexeme.name)
        if objects[-1:] == ["bare"] and _is_of_something(it, lexeme, following):
            return None
        following = lexeme
    if objects == ["bare"] and verb is None and it.clause.gap(it.begin, left[0].start):
        return None
    return Heads(objects, verb)


def _spoils(
    it: Around, stranger: Lexeme, following: Lexeme | None, objects: list[str], verb: str | None
) -> bool:
    """Tell whether a stranger governs the figure, and what stands between is its own."""
    if following is None or (not objects and stranger.end == following.start):
        return True
    return bool(objects) and verb is None and it.clause.marked[stranger.end] not in "、和及"


def _is_of_something(it: Around, lexeme: Lexeme, following: Lexeme | None) -> bool:
    """Tell whether an 申请 after this verb is one for something else: 收到救助申请."""
    if following is None or following.name != "bare" or lexeme.name not in VERBS:
        return False
    return bool(it.clause.gap(lexeme.end, following.start))


def _is_listed(it: Around, lexeme: Lexeme, following: Lexeme) -> bool:
    return _LIST.fullmatch(it.clause.marked, lexeme.end, following.start) is not None


def _from_right(it: Around) -> Heads | None:
    """Read on from a figure, up to where a list goes on; None where it counts something strange."""
    marked = it.clause.marked
    end = next((at.start for at in it.right if at.name == "list"), it.finish)
    first = next((at for at in it.right if at.start < end and at.name in _HEADS), None)
    text = marked[it.figure.end : end if first is None else first.start]
    if text.startswith(_GOES_ELSEWHERE):
        return Heads([], None)
    is_near = not it.clause.gap(it.figure.end, it.figure.end + len(text))
    if first is None:
        return Heads([], None) if is_near or _ALL.match(text) else None
    if not is_near:
        return None
    if first.name in VERBS:
        return Heads([], first.name if first.name in STOCK or _ALL.search(text) else None)
    if first.name in STRANGE or _OF_ITS_OWN.match(marked, first.end, it.finish):
        return None
    ends = [at.name for at in it.right if at.start > first.start]
    return Heads([first.name], next((verb for verb in _CLOSING if verb in ends), None))


def _money(name: str, verb: str | None, it: Around) -> list[str]:
    is_named = name in it.clause.names
    if name == "charge" and (verb == "collected" or is_named):
        return ["fees"]
    return ["processing_fee"] if name == "fee" and (verb in {"collected", "received"} or is_named) else []


def _kind(name: str, verb: str | None, it: Around, thread: Thread, *, is_zero: bool) -> str | None:
    if name in DECISIONS:
        return None if verb in {"received", "granted"} or _is_posted(it) else name
    if name in PROCEEDINGS:
        return name if is_zero or _is_own_case(it, thread) else None
    if name == "normative":
        return STOCK.get(verb or "")
    if verb == "granted":
        return "granted"
    return _kind_of_request(name, verb, it, thread, is_zero=is_zero) if name in REQUESTS else None


def _is_posted(it: Around) -> bool:
    """Tell whether decisions stand in a list of what was posted: 公示行政许可30件、行政处罚2件."""
    posted = [at.end for at in it.clause.lexemes if at.name == "posted" and at.end <= it.figure.start]
    return bool(posted) and not _TAKEN.search(it.clause.marked, posted[-1], it.figure.start)


def _is_own_case(it: Around, thread: Thread) -> bool:
    return thread.is_open and not thread.cause and not _OTHERS_CASE.search(_before(it))


def _kind_of_request(name: str, verb: str | None, it: Around, thread: Thread, *, is_zero: bool) -> str | None:
    if verb in {"received", "processed"}:
        return verb if name != "bare" or verb == "processed" or thread.is_open else None
    text = _before(it)
    is_total = is_zero or _COUNT_OF.search(text) is not None
    return "received" if is_total and "received" not in thread.counted and not _OTHERS.search(text) else None
