"""The form of 国办公开办函〔2019〕60号, for report years 2019 and 2020: 3 tables, 198 cells, 40 balances."""

from dataclasses import replace

from app.forms.model import COUNT, Axis, Block, Measure, ReportForm, Table
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

ITEMS = replace(COUNT, code="items", unit="项", name="项目数量")
CHANGE = replace(ITEMS, code="change", least=-ITEMS.most, name="本年增/减")
"""How many items more than the year before, or fewer."""

PROCUREMENT = Measure(
    "procurement",
    "元",
    places=2,
    most=10**11 * 10**2,
    most_in_aggregate=10**13 * 10**2,
    name="采购总金额",
)
"""Money, stored in 分, so that sums are exact."""

MADE = Axis("made", "本年新制作数量")
NORMATIVE_DOCUMENTS = Axis("normative_documents", "规范性文件")
_ITEMS = (
    Axis("items_before", f"上一年{ITEMS.name}", measure=ITEMS),
    Axis("items_change", CHANGE.name, measure=CHANGE),
)
DECIDED = Axis("decided", "处理决定数量")

DISCLOSURE = Table(
    code="disclosure",
    number="二",
    blocks=(
        Block(
            heading=article_20("一"),
            corner=CONTENT,
            columns=(MADE, Axis("newly_disclosed", "本年新公开数量"), Axis("disclosed", "对外公开总数量")),
            rows=(REGULATIONS, NORMATIVE_DOCUMENTS),
        ),
        Block(
            heading=article_20("五"),
            corner=CONTENT,
            columns=(*_ITEMS, DECIDED),
            rows=(LICENSING, Axis("other_services", "其他对外管理服务事项")),
        ),
        Block(
            heading=article_20("六"),
            corner=CONTENT,
            columns=(*_ITEMS, DECIDED),
            rows=(PENALTIES, COERCION),
        ),
        Block(
            heading=article_20("八"),
            corner=CONTENT,
            columns=_ITEMS,
            rows=(FEES,),
        ),
        Block(
            heading=article_20("九"),
            corner=CONTENT,
            columns=(
                Axis("projects", f"采购{ITEMS.name}", measure=ITEMS),
                Axis("spent", PROCUREMENT.name, measure=PROCUREMENT),
            ),
            rows=(Axis("procurement", "政府集中采购"),),
        ),
    ),
)

REQUESTS = requests_table(closed())

FORM = ReportForm(
    version="2019",
    name="政府信息公开工作年度报告格式（2019、2020年）",
    notice="国办公开办函〔2019〕60号",
    first_year=2019,
    last_year=2020,
    title=TITLE,
    period=PERIOD,
    sections=sections(DISCLOSURE, REQUESTS, of_what="（政府信息公开工作）"),
    indicators=INDICATORS,
)
