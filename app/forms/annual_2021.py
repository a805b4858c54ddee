"""The form of 国办公开办函〔2021〕30号, for report years from 2021 on: 3 tables, 200 cells, 42 balances."""

from app.forms.model import Axis, Block, Measure, ReportForm, Table
from app.forms.since_2019 import (
    COERCION,
    CONTENT,
    FEES,
    INDICATORS,
    LICENSING,
    PENALTIES,
    PERIOD,
    REGULATIONS,
    TITLE,
    article_20,
    closed,
    requests_table,
    sections,
)

FEE = Measure(
    "fee",
    "万元",
    places=6,
    most=10**7 * 10**6,
    most_in_aggregate=10**9 * 10**6,
    name="收费金额",
)
"""Money, stored in 分 (1 万元 = 10⁶ 分), so that sums are exact."""

_DOCUMENTS = (
    Axis("issued", "本年制发件数"),
    Axis("repealed", "本年废止件数"),
    Axis("in_force", "现行有效件数"),
)
NORMATIVE_DOCUMENTS = Axis("normative_documents", "行政规范性文件")
_DECISIONS = (Axis("decisions", "本年处理决定数量"),)

DISCLOSURE = Table(
    code="disclosure",
    number="二",
    blocks=(
        Block(
            heading=article_20("一"),
            corner=CONTENT,
            columns=_DOCUMENTS,
            rows=(REGULATIONS, NORMATIVE_DOCUMENTS),
        ),
        Block(
            heading=article_20("五"),
            corner=CONTENT,
            columns=_DECISIONS,
            rows=(LICENSING,),
        ),
        Block(
            heading=article_20("六"),
            corner=CONTENT,
            columns=_DECISIONS,
            rows=(PENALTIES, COERCION),
        ),
        Block(
            heading=article_20("八"),
            corner=CONTENT,
            columns=(Axis("amount", f"本年{FEE.name}（单位：{FEE.unit}）", f"本年{FEE.name}", measure=FEE),),
            rows=(FEES,),
        ),
    ),
)

REQUESTS = requests_table(
    closed(
        Axis(
            "closed_not_corrected",
            "1.申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请",
            "申请人逾期不补正",
        ),
        Axis(
            "closed_fee_unpaid",
            "2.申请人逾期未按收费通知要求缴纳费用、行政机关不再处理其政府信息公开申请",
            "申请人逾期未缴费",
        ),
        Axis("closed_other", "3.其他", "（六）其他处理之其他"),
    )
)

FORM = ReportForm(
    version="2021",
    name="政府信息公开工作年度报告格式（2021年起）",
    notice="国办公开办函〔2021〕30号",
    first_year=2021,
    last_year=None,
    title=TITLE,
    period=PERIOD,
    sections=sections(DISCLOSURE, REQUESTS),
    indicators=INDICATORS,
)
