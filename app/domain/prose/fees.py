"""What 六 says of 信息处理费, beside the tables: R21, R22, R25; and R28 where both have the same digits."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.prose.bare import bare_text
from app.domain.prose.parts import any_of
from app.domain.prose.personal import masked
from app.domain.prose.texts import OTHER_MATTERS, broken, kept, unjudged, written
from app.domain.results import Outcome, Result
from app.domain.rules import RULES
from app.domain.values import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.claims import PlacedClaim
    from app.domain.content import Content
    from app.domain.messages import Field
    from app.domain.prose.texts import Text

FEES, UNPAID = "disclosure.fees.amount", "requests.closed_fee_unpaid.total"
PROCESSING_FEE = "processing_fee"
IN_FEES, NOTICE = "fees", "fee_notice"
_FEN = 100
_OTHER_FEES = "物业|停车|水电|社[会保]|医保|学费|出让|党费|工会|意见|建议"
_FEE = any_of(
    f"""
    处理费 公开费 成本费 收(?<!事业性收)(?<!事业收)(?<!出让收)费(?!公路|站) 缴(?<!社保缴)(?<!医保缴)费
    收取(?!~(?:{_OTHER_FEES}))
    费(?<!办公费)(?<!印刷费)(?<!运行费)(?<!维护费)(?<!三公费)用 免费(?:提供|公开|答复|办理|获取|查阅|复制)
    均免费 免收
    收钱 收缴(?!~(?:{_OTHER_FEES})) 没收?收钱 收支情
    """
)
_NOTICE = any_of(
    """
    收费[^，。；]{0,8}(?:通知|告知|文书) 缴费[^，。；]{0,8}(?:通知|告知|文书)
    缴款[^，。；]{0,8}(?:通知|告知) 缴纳[^，。；]{0,8}(?:通知|告知)
    处理费[^，。；]{0,8}(?:通知|告知|文书) 通知~[费缴付] 计收 按[件页量]~收 催缴 应[收缴]
    逾期~[缴付交] 未按~[缴付交] 未[缴付](?!费用) 拒[缴付] 发出~收费 下达~收费 送达~收费
    """
)
_NO_NOTICE = re.compile(
    "(?:没有|未(?!按|缴|付)|无)(?:发出|发送|下达|出具|制发|送达|开具|产生|发生|向)?[^，。；]{0,8}(?:通知|告知书?|计收|应收)"
)


def judge_fees(content: Content, claims: Sequence[PlacedClaim]) -> Iterator[Result]:
    """Hold 六 to R21, R22 and R25."""
    text = written(content, OTHER_MATTERS)
    if text is None:
        yield from _unwritten(content)
        return
    yield from _within_fees(content, text, claims)
    yield from _notices(content, text)
    rule = RULES["R25"]
    if _FEE.search(bare_text(text.text).said):
        yield kept(rule, PROCESSING_FEE, rule.say("kept", place=text.name), text.pointer)
    else:
        yield broken(rule, PROCESSING_FEE, rule.say("broken", place=text.name), text.pointer)


def _unwritten(content: Content) -> Iterator[Result]:
    """Tell what can't be judged while 六 isn't written: R22 can, where there is nothing to tell there."""
    yield from unjudged(content, RULES["R21"], IN_FEES, [OTHER_MATTERS])
    if UNPAID in content.form.cells and content.values.get(UNPAID) == 0:
        yield _with_notice(content, Outcome.KEPT, "kept", found=0)
    else:
        yield from unjudged(content, RULES["R22"], NOTICE, [OTHER_MATTERS])
    yield from unjudged(content, RULES["R25"], PROCESSING_FEE, [OTHER_MATTERS])


def _within_fees(content: Content, text: Text, claims: Sequence[PlacedClaim]) -> Iterator[Result]:
    """R21: what was collected is part of the 行政事业性收费.  R28: 1260 元 isn't 1260 万元."""
    here = [claim for pointer, claim in claims if pointer == text.pointer and claim.kind == PROCESSING_FEE]
    most = max(here, key=lambda claim: claim.number, default=None)
    if most is None or not most.number or FEES not in content.form.cells:
        return
    cell, value = content.form.cells[FEES], content.values.get(FEES)
    yuan = f"{most.number // _FEN}.{most.number % _FEN:02}".removesuffix(".00")
    quotes = (masked(most.sentence),)
    rule = RULES["R21"]
    result = Result(rule, IN_FEES, Outcome.KEPT, "", cell.pointer, (FEES,), quotes=quotes)
    if value is None:
        result.outcome = Outcome.NOT_EVALUATED
        result.message = rule.say("not_evaluated", place=text.name, fee=yuan, cell=cell.label)
        yield result
        return
    result.left, result.right = value, most.number
    result.outcome = Outcome.BROKEN if value < most.number else Outcome.KEPT
    result.message = rule.say(
        result.outcome,
        place=text.name,
        fee=yuan,
        cell=cell.label,
        found=to_text(cell.measure, value),
        unit=cell.measure.unit,
        expected=to_text(cell.measure, most.number),
    )
    yield result
    if value * _FEN == most.number * 10**cell.measure.places:
        message = RULES["R28"].say(
            "broken.same_digits",
            place=text.name,
            fee=yuan,
            cell=cell.label,
            found=to_text(cell.measure, value),
            unit=cell.measure.unit,
        )
        yield replace(result, rule=RULES["R28"], outcome=Outcome.BROKEN, message=message)


def _notices(content: Content, text: Text) -> Iterator[Result]:
    """R22: who closes a request because a fee wasn't paid has sent a notice, and 六 says so."""
    if UNPAID not in content.form.cells:
        return
    value = content.values.get(UNPAID)
    mentions = _NOTICE.search(_NO_NOTICE.sub("", bare_text(text.text).said)) is not None
    if value is None and mentions:
        yield _with_notice(content, Outcome.KEPT, "kept.missing")
    elif value is None:
        yield _with_notice(content, Outcome.NOT_EVALUATED, "not_evaluated", place=text.name)
    elif value and not mentions:
        result = _with_notice(content, Outcome.BROKEN, "broken", found=value, place=text.name)
        result.pointer = text.pointer
        yield result
    else:
        yield _with_notice(content, Outcome.KEPT, "kept", found=value)


def _with_notice(content: Content, outcome: Outcome, name: str, **fields: Field) -> Result:
    rule, cell = RULES["R22"], content.form.cells[UNPAID]
    message = rule.say(name, cell=cell.label, **fields)
    return Result(rule, NOTICE, outcome, message, cell.pointer, (UNPAID,))
