"""What people are told of each rule: sentences with named fields, as `str.format` has them.

A message's name begins with what it tells: an outcome (`kept`, `broken`, `not_evaluated`), that a request is
turned away (`refused`), or only a piece (`part`) that stands in a field of another.  After a dot follows what
is special about it; the plain name is the usual case.

Fields that many of them have: {cell} and {missing} name cells, {place} any other place, {found} is what
stands there, {expected} what should, {difference} is never below 0.  {title} is the rule's own and {notice}
the form's, so both are known before any report is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from string import Formatter

_MISSING = "{missing}没有填，没法核对“{title}”"
_UNWRITTEN = {"not_evaluated.unwritten": "{place}没有写，没法核对“{title}”"}
_SHOWN = "{cell} {found}"

_RANGE = {
    "kept": "{title}",
    "broken": "{cell}填的是 {found}，应在 {least} 到 {most} {unit}之间",
    "broken.no_number": "{cell}写的是“{found}”，不是{expected}，先空着，请核对后填写",
    "not_evaluated": "还有 {count} 格没有填，没法核对“{title}”",
}

_BALANCE = {
    "kept": "{place}：{expression}，相符",
    "broken": "{place}：{found}，应等于 {expected}，相差 {difference}",
    "not_evaluated": "{place}：{missing}没有填，没法核对“{expression}”",
}

_SPEAKS = "“{place}”写到了{subject}"
_SPEAKS_NOT = "“{place}”没有写到{subject}，请补写"

_UNREAD = "{count} 格都没有读到"
_NO_TELLING = "没法断定哪个数属于哪一列，先空着，请对照原件填写"
_TWICE = "出现了不止一次，而且不相同，先空着"

_CARRIED = "{year} 年度报告“结转下年度”行“{column}”列"
_CARRIED_KEPT = f"{_SHOWN}，{_CARRIED}是 {{before}}"
_STOCK = f"{_SHOWN}，上一年度 {{before}} + 本年制发 {{issued}} − 本年废止 {{repealed}} = {{expected}}"
_ITEMS = f"{_SHOWN}，{{year}} 年度报告 {{before}} {{change}} = {{expected}}"
_INHERITED = {
    "part.inherited": "{found}（{origin}）",
    "not_evaluated.inherited": "{reason}，没法与 {year} 年度报告的{cell}核对",
}
_THEN_MISSING = {
    "not_evaluated": "{missing}没有填，没法与 {year} 年度的报告核对",
    "not_evaluated.last_year": "{year} 年度报告的{missing}没有填，没法与本年度核对",
}
_ISSUED = f"{_SHOWN}，现行有效 {{in_force}} + 本年废止 {{repealed}} = {{expected}}"
_PENDING = f"{_SHOWN}，本年新收 {{received}}"
_CASES = "表四各类总计合计 {cases} 件，表三本年新收、上年结转合计 {requests} 件"
_FEE = "“{place}”写收取信息处理费 {fee} 元，{cell}"
_FEE_KEPT = f"{_FEE}填的是 {{found}} {{unit}}"
_ALIKE = " {before} 年度报告的相同（不计数字和名称），超过 {most}%；请按本机关 {year} 年的实际情况写"
_TOO_MUCH = f"{_SHOWN} {{unit}}，{{threshold}} {{most}} {{unit}}"
_MEDIAN = f"{_SHOWN}，前 {{count}} 年的中位数是 {{usual}}"
_PEERS = f"{_SHOWN}，同级同类的 {{peers}} 个机关中 99% 不超过 {{most}}"
_CHECK_JUMP = "；请核对是不是填错"
_CHECK_COPIED = "：{found}；请核对是不是套用了别处的文字"
_LENGTH = "“{place}”有 {found} 字"

MESSAGES: Mapping[str, Mapping[str, str]] = {
    "R01": {
        "kept": "“{place}”已写",
        "broken": "“{place}”没有写，请补上这一部分的文字",
        "broken.no_heading": "没有找到标题“{place}”",
        "broken.no_section": "没有找到标题“{place}”，这一部分的文字没有读入",
        "broken.repeated": "标题“{place}”出现了 {count} 次，请看是不是多余或者写错了",
        "broken.order": "各部分的顺序与格式不同，文件里依次是{found}",
    },
    "R02": {
        "broken": "表格里有 {other}（{which}）的栏目{found}；{when}应使用 {expected} 的表格",
        "broken.no_form": "没有 {year} 年度的报告格式，这份文件不能存成报告；请核对年度",
        "broken.table": (
            "{table}是 {other} 的表格（{found}）；{when}应使用 {expected} 的表格，请换用 {which}的表格填写"
        ),
        "refused": (
            "文件里的{table}不是 {year} 年度的报告格式，不能存成草稿；请换用 {which}的表格（{expected}）填写"
        ),
    },
    "R03": {
        "broken.table": f"没有找到{{table}}，{_UNREAD}",
        "broken.row": f"{{table}}缺少“{{row}}”行，{_UNREAD}",
        "broken.group": f"{{table}}缺少“{{row}}”一组，{_UNREAD}",
        "broken.column": f"{{place}}缺少“{{column}}”列，{_UNREAD}",
        "broken.column_in_part": f"{{place}}缺少“{{column}}”列（{{rows}} 行上方的表头里没有），{_UNREAD}",
        "broken.column_of_group": "{table}“{row}”下面缺少“{column}”列，没有读到",
        "broken.no_values": "{table}只有表头，没有找到数",
        "broken.heading": "{table}缺少标题“{heading}”",
        "broken.heading_alone": "{table}缺少标题“{heading}”；它下面的 {count} 行都已按各自的名称读入",
        "broken.row_twice": f"{{table}}的“{{row}}”行{_TWICE}",
        "broken.table_twice": f"{{table}}的数{_TWICE}",
        "broken.strange_row": "文件第 {line} 行“{found}”不是{table}的行，没有读入",
        "broken.strange_column": "{table}表头里的“{found}”不是这张表的列，没有读入",
        "broken.untold": f"{{table}}{{names}}有 {{count}} 个数，表头有 {{columns}} 列，{_NO_TELLING}",
        "broken.run_together": f"{{table}}{{names}}数与行名连在一起，{_NO_TELLING}",
    },
    "R04": {
        "kept": "{count} 格都已填",
        "broken": "{cell}没有填；数为零请填 0",
    },
    "R05": _RANGE,
    "R06": _RANGE,
    "R07": _BALANCE,
    "R08": _BALANCE,
    "R09": _BALANCE,
    "R10": _BALANCE,
    "R11": {
        "kept": _CARRIED_KEPT,
        "broken": f"{_CARRIED_KEPT}，相差 {{difference}}；机构合并、上年更正等情况请在出错说明里写明",
        "not_evaluated": "{cell}没有填，没法与上一年度的报告核对",
        "not_evaluated.last_year": f"{_CARRIED}没有填，没法与本年度核对",
        **_INHERITED,
    },
    "R12": {
        "kept": _STOCK,
        "broken": f"{_STOCK}，相差 {{difference}}；清理、移交等情况请在出错说明里写明",
        **_THEN_MISSING,
        **_INHERITED,
    },
    "R13": {
        "kept": _ISSUED,
        "broken": f"{_ISSUED}，制发的多出 {{difference}} 件；请核对现行有效件数",
        "not_evaluated": _MISSING,
    },
    "R14": {
        "kept": "“规章”一行都是 0",
        "broken": (
            "{found}：规章只有国务院部门、省级和设区的市（自治州）人民政府可以制定；"
            "行政规范性文件请填在下一行"
        ),
        "not_evaluated": _MISSING,
    },
    "R15": {"kept": _SPEAKS, "broken": _SPEAKS_NOT, **_UNWRITTEN},
    "R16": {
        "kept": _SPEAKS,
        "broken": "“{place}”的监督保障部分没有写到{subject}，请补写；没有发生的也要写明",
        **_UNWRITTEN,
    },
    "R17": {"kept": _SPEAKS, "broken": _SPEAKS_NOT, **_UNWRITTEN},
    "R18": {
        "kept": _PENDING,
        "broken": f"{_PENDING}，结转的多出 {{difference}} 件；请核对有没有超期未办结的",
        "not_evaluated": _MISSING,
    },
    "R20": {
        "kept": _ITEMS,
        "broken": f"{_ITEMS}，相差 {{difference}}；事项划转、清理等情况请在出错说明里写明",
        **_THEN_MISSING,
        **_INHERITED,
    },
    "R21": {
        "kept": _FEE_KEPT,
        "broken": f"{_FEE_KEPT}，至少应是 {{expected}} 万元；请核对有没有漏填，也核对单位",
        "not_evaluated": f"{_FEE}没有填，没法核对",
        **_UNWRITTEN,
    },
    "R22": {
        "kept": _SHOWN,
        "kept.missing": "{cell} （没有填）",
        "broken": f"{_SHOWN}，“{{place}}”没有写到收费通知；请写明发出收费通知、逾期未缴的情况",
        "not_evaluated": "{cell}没有填，没法核对“{place}”要不要写收费通知",
        **_UNWRITTEN,
    },
    "R23": {
        "kept": _SHOWN,
        "broken": f"{_SHOWN}：2024 年起，对不予公开不服的先申请行政复议，请核对是不是应填在“复议后起诉”",
        "not_evaluated": _MISSING,
    },
    "R24": {
        "kept": _CASES,
        "broken": f"{_CASES}：没有申请却有复议或诉讼，请核对是不是漏填了申请",
        "not_evaluated": _MISSING,
        "not_evaluated.last_year": (
            f"{_CASES}；{{year}} 年度报告的本年新收、上年结转没有填全，没法核对当年或上一年有没有申请"
        ),
        "not_evaluated.no_last_year": f"{_CASES}；没有 {{year}} 年度的报告，没法核对上一年有没有申请",
        "kept.secrets": _SHOWN,
        "broken.secrets": f"{_SHOWN}：乡级机关很少有国家秘密，请核对",
    },
    "R25": {
        "kept": "“{place}”写到了信息处理费",
        "broken": "“{place}”没有写收取信息处理费的情况；没有收取的，也请写明“没有收取信息处理费”",
        **_UNWRITTEN,
    },
    "R26": {
        "kept": "文字里说 {said}；{shown}，相符",
        "kept.open": "文字里说 {said}；{shown}，没有发现不符",
        "kept.office": "文字里说 {said}；{shown}，文字只说政府办公室，没有超过表格的数",
        "broken": "文字里说 {said}；{shown}，相差 {difference}",
        "not_evaluated": "文字里说 {said}；{missing}没有填，没法核对",
        "not_evaluated.parts": (
            "文字里说 {said}；{missing}没有填，已填的 {count} 格（{names}）合计 {sum}，没法核对"
        ),
        "not_evaluated.parts_are_zero": (
            "文字里说 {said}；{missing}没有填，已填的 {count} 格（{names}）都是 0，没法核对"
        ),
        "part.said": "{number} {unit}（{quotes}）",
        "part.said_again": "，又说 {number} {unit}（{quotes}）",
        "part.shown": "{cell}填的是 {found}",
        "part.shown_together": "{cell}合计 {found}",
        "part.beside": "，{cell}填的是 {found}",
        "part.beside_missing": "，{cell}没有填",
    },
    "R27": {
        "broken.own": f"{{place}}的文字有 {{percent}}% 与本机关{_ALIKE}",
        "broken.other": f"{{place}}的文字有 {{percent}}% 与“{{agency}}”{_ALIKE}",
        **_UNWRITTEN,
    },
    "R28": {
        "kept": _SHOWN,
        "broken": f"{_TOO_MUCH}；请核对是不是多打了数字",
        "broken.money": f"{_TOO_MUCH}；请核对是不是把元当成了万元",
        "broken.same_digits": f"{_FEE_KEPT}，数字相同、单位不同；请核对是不是把元当成了万元",
        "not_evaluated": _MISSING,
    },
    "R29": {
        "kept": _MEDIAN,
        "broken.more": f"{_MEDIAN}，增加了 {{difference}}{_CHECK_JUMP}",
        "broken.less": f"{_MEDIAN}，减少了 {{difference}}{_CHECK_JUMP}",
        "not_evaluated": _MISSING,
        "kept.peers": f"{_PEERS}{{counted}}",
        "broken.peers": f"{_PEERS}{{counted}}{_CHECK_JUMP}",
        "part.counted": "（{day} 统计）",
    },
    "R30": {
        "kept": "文字里没有发现别的机关的名称、别的级别的说法、没有填写的占位文字",
        "broken.body": f"“{{place}}”里有别的机关的名称{_CHECK_COPIED}",
        "broken.level": f"“{{place}}”里有别的级别的说法{_CHECK_COPIED}",
        "broken.placeholder": f"“{{place}}”里有没有填写的占位文字{_CHECK_COPIED}",
        **_UNWRITTEN,
    },
    "R31": {
        "not_evaluated.no_year": (
            "不知道是哪一年度的报告，与年度有关的规则（{rules}）没有核对；请在标题里写明年度，或者读入时指明年度"
        ),
        "kept": "{place}里没有别的年份",
        "broken": "{place}里有别的年份{found}，报告年度是 {year} 年；请核对是不是沿用了往年的文字",
        "kept.period": "统计期限是{expected}",
        "broken.period": "{place}写的统计期限是“{found}”，应是{expected}",
        **_UNWRITTEN,
    },
    "R32": {
        "kept": "标题合乎格式",
        "broken": "标题写的是“{found}”，应是“{expected}”；请核对机关名称（用全称）、年度和用语",
        "broken.no_title": "没有标题；格式是“{expected}”",
    },
    "R33": {
        "kept": "引用的是{notice}",
        "broken": "“{place}”引用了{found}；{year} 年度的报告依据{notice}和国务院令第711号",
        **_UNWRITTEN,
    },
    "R34": {
        "kept": f"{_LENGTH}，不超过 {{most}} 字",
        "broken": f"{_LENGTH}，超过 {{most}} 字，多出 {{difference}} 字；请精简",
        **_UNWRITTEN,
    },
    "R35": {
        "kept": "文字里没有发现公民身份号码、银行卡号、手机号码",
        "broken.identity_number": "“{place}”里有公民身份号码 {count} 处（{found}）；公布前请删去",
        "broken.bank_card": "“{place}”里有银行卡号 {count} 处（{found}）；公布前请删去",
        "broken.mobile_number": "“{place}”里有手机号码 {count} 处（{found}）；公布前请改用单位的办公电话",
        **_UNWRITTEN,
    },
    "R36": {
        "kept": "“{place}”里申请的数量单位是“件”",
        "broken": "“{place}”里申请的数量单位写的是“条”，应写“件”",
        "broken.no_title": "没有找到报告的标题，单位和年度没法从文件里得知",
        "broken.heading": "第{section}部分的标题写的是“{found}”，格式里是“{expected}”",
        "broken.word": "{table}的“{found}”是{whose}，按“{read_as}”读入；格式里写的是“{expected}”",
        "broken.line_unread": "{place}还有 1 行文字没有读入：“{found}”",
        "broken.lines_unread": "{place}还有 {count} 行文字没有读入：“{found}”等",
        "broken.control": "文字里有 {count} 个看不见的控制字符，已经去掉",
        "broken.lost": "文字里有 {count} 个字符已经损坏（显示为“\ufffd”），请对照原件补正",
        "part.above_title": "标题之前",
        "part.beside_table": "“{heading}”的表格以外",
        **_UNWRITTEN,
    },
    "R37": {
        "refused": "“{agency}”{year} 年度的报告已经有了；要修改，请先读取，再用 PUT 或 PATCH",
        "refused.document": "“{agency}”{year} 年度的报告已经有了；要用这份文件替换，请带上 If-Match",
    },
    "R40": {
        "refused": "{title}：“{agency}”{year} 年度的汇总还差 {count} 个单位：{missing}；请催报、审核或免报",
        "refused.unit": "“{agency}”没有审核通过的报告，也没有免报：{reason}",
    },
}
"""Every message by its name, by rule.  A rule that isn't here says nothing of its own."""

Field = str | int
Ready = tuple[str, Callable[[Mapping[str, Field]], object]]


def _made_ready(template: str) -> Ready:
    """Take a template apart once: its text with a %s for each field, and what picks the fields.

    `str.format` would do so each time, and judging writes fifty messages a report.
    """
    pieces = list(Formatter().parse(template))
    text = "".join(
        literal.replace("%", "%%") + ("" if field is None else "%s") for literal, field, *_ in pieces
    )
    fields = [field for _, field, *_ in pieces if field is not None]
    return text, itemgetter(*fields) if fields else lambda _: ()


READY: Mapping[str, Mapping[str, Ready]] = {
    rule: {name: _made_ready(template) for name, template in templates.items()}
    for rule, templates in MESSAGES.items()
}
"""The same, ready to be filled in."""
