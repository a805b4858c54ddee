"""What the forms since 国办公开办函〔2019〕60号 print alike: each label stands here once."""

from app.forms.model import Axis, Block, Indicator, Section, Sum, Table, leaves_of

TITLE = "{agency}{year}年政府信息公开工作年度报告"
PERIOD = "{year}年1月1日至{year}年12月31日"

CONTENT = "信息内容"
REGULATIONS = Axis("regulations", "规章")
LICENSING = Axis("licensing", "行政许可")
PENALTIES = Axis("penalties", "行政处罚")
COERCION = Axis("coercion", "行政强制")
FEES = Axis("fees", "行政事业性收费")


def article_20(item: str) -> str:
    """Return the heading of the block about one item of 第二十条 of the 条例."""
    return f"第二十条第（{item}）项"


_DENIED = Axis(
    "denied",
    "（三）不予公开",
    children=(
        Axis("denied_state_secret", "1.属于国家秘密", "属于国家秘密"),
        Axis("denied_prohibited_by_law", "2.其他法律行政法规禁止公开", "其他法律行政法规禁止公开"),
        Axis("denied_security_stability", "3.危及“三安全一稳定”", "危及“三安全一稳定”"),
        Axis("denied_third_party", "4.保护第三方合法权益", "保护第三方合法权益"),
        Axis("denied_internal_affairs", "5.属于三类内部事务信息", "属于三类内部事务信息"),
        Axis("denied_deliberative", "6.属于四类过程性信息", "属于四类过程性信息"),
        Axis("denied_enforcement_file", "7.属于行政执法案卷", "属于行政执法案卷"),
        Axis("denied_administrative_query", "8.属于行政查询事项", "属于行政查询事项"),
    ),
)
_UNAVAILABLE = Axis(
    "unavailable",
    "（四）无法提供",
    children=(
        Axis("unavailable_not_held", "1.本机关不掌握相关政府信息", "本机关不掌握相关政府信息"),
        Axis("unavailable_needs_creation", "2.没有现成信息需要另行制作", "没有现成信息需要另行制作"),
        Axis("unavailable_unclear", "3.补正后申请内容仍不明确", "补正后申请内容仍不明确"),
    ),
)
_REFUSED = Axis(
    "refused",
    "（五）不予处理",
    children=(
        Axis("refused_petition", "1.信访举报投诉类申请", "信访举报投诉类申请"),
        Axis("refused_repeated", "2.重复申请", "重复申请"),
        Axis("refused_publication", "3.要求提供公开出版物", "要求提供公开出版物"),
        Axis("refused_excessive", "4.无正当理由大量反复申请", "无正当理由大量反复申请"),
        Axis(
            "refused_reissue",
            "5.要求行政机关确认或重新出具已获取信息",
            "要求行政机关确认或重新出具已获取信息",
        ),
    ),
)


def closed(*children: Axis) -> Axis:
    """Return the heading of the other outcomes, whether it is divided into rows or is one row."""
    return Axis("closed", "（六）其他处理", "" if children else "其他处理", children)


_ORGANISATIONS = Axis(
    "organisations",
    "法人或其他组织",
    children=(
        Axis("business", "商业企业"),
        Axis("research", "科研机构"),
        Axis("public_welfare", "社会公益组织"),
        Axis("legal_service", "法律服务机构"),
        Axis("other_organisation", "其他"),
    ),
)
_NATURAL_PERSON = Axis("natural_person", "自然人")
_APPLICANTS = (_NATURAL_PERSON, *_ORGANISATIONS.leaves())
_APPLICANT_CODES = tuple(leaf.code for leaf in _APPLICANTS)


def requests_table(others: Axis) -> Table:
    """Return 表三, which differs only in whether its other outcomes are divided."""
    outcomes = (
        Axis("granted", "（一）予以公开", "予以公开"),
        Axis(
            "partially_granted",
            "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
            "部分公开",
        ),
        _DENIED,
        _UNAVAILABLE,
        _REFUSED,
        others,
    )
    codes = tuple(leaf.code for leaf in leaves_of(outcomes))
    return Table(
        code="requests",
        number="三",
        blocks=(
            Block(
                corner="（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
                columns=(
                    Axis(
                        "applicants",
                        "申请人情况",
                        children=(_NATURAL_PERSON, _ORGANISATIONS, Axis("total", "总计")),
                    ),
                ),
                rows=(
                    Axis("received", "一、本年新收政府信息公开申请数量", "本年新收"),
                    Axis("pending_at_start", "二、上年结转政府信息公开申请数量", "上年结转"),
                    Axis(
                        "outcomes",
                        "三、本年度办理结果",
                        children=(*outcomes, Axis("processed", "（七）总计")),
                    ),
                    Axis("pending_at_end", "四、结转下年度继续办理", "结转下年度"),
                ),
            ),
        ),
        sums=(
            Sum("flow", "R07", "rows", ("received", "pending_at_start"), ("processed", "pending_at_end")),
            Sum("outcomes", "R08", "rows", ("processed",), codes),
            Sum("applicants", "R09", "columns", ("total",), _APPLICANT_CODES),
        ),
    )


PROCEEDINGS = Table(
    code="proceedings",
    number="四",
    across=True,
    blocks=(
        Block(
            corner="",
            rows=(
                Axis("reconsideration", "行政复议"),
                Axis(
                    "litigation",
                    "行政诉讼",
                    children=(
                        Axis("litigation_direct", "未经复议直接起诉"),
                        Axis("litigation_after_reconsideration", "复议后起诉"),
                    ),
                ),
            ),
            columns=(
                Axis("affirmed", "结果维持"),
                Axis("reversed", "结果纠正"),
                Axis("other", "其他结果"),
                Axis("pending", "尚未审结"),
                Axis("total", "总计"),
            ),
        ),
    ),
    sums=(Sum("outcomes", "R10", "columns", ("total",), ("affirmed", "reversed", "other", "pending")),),
)


def _share_of_processed(code: str, label: str, *rows: str) -> Indicator:
    cells = tuple(f"requests.{row}.total" for row in rows)
    return Indicator(code, label, cells, ("requests.processed.total",))


def _share_of_decided(code: str, label: str, *rows: str) -> Indicator:
    return Indicator(
        code,
        label,
        tuple(f"proceedings.{row}.reversed" for row in rows),
        tuple(f"proceedings.{row}.total" for row in rows),
        less=tuple(f"proceedings.{row}.pending" for row in rows),
    )


def _share_of_applicants(applicant: Axis) -> Indicator:
    received = "requests.received"
    cells = (f"{received}.{applicant.code}",)
    return Indicator(
        f"applicant_{applicant.code}", f"申请人占比（{applicant.label}）", cells, (f"{received}.total",)
    )


INDICATORS = (
    _share_of_processed("granted", "公开率", "granted"),
    _share_of_processed("partially_granted", "部分公开率", "partially_granted"),
    _share_of_processed("denied", "不予公开率", *(leaf.code for leaf in _DENIED.leaves())),
    _share_of_decided("reconsideration_reversed", "复议纠错率", "reconsideration"),
    _share_of_decided(
        "litigation_reversed", "诉讼败诉率", "litigation_direct", "litigation_after_reconsideration"
    ),
    Indicator(
        "carried_over",
        "结转率",
        ("requests.pending_at_end.total",),
        ("requests.received.total", "requests.pending_at_start.total"),
    ),
    *(_share_of_applicants(applicant) for applicant in _APPLICANTS),
)


def sections(disclosure: Table, requests: Table, of_what: str = "") -> tuple[Section, ...]:
    """Return the six sections, with 表二 and 表三 as the form has them; the fifth may say whose problems."""
    return (
        Section("overview", "一", "一、总体情况"),
        Section("disclosure", "二", "二、主动公开政府信息情况", disclosure),
        Section("requests", "三", "三、收到和处理政府信息公开申请情况", requests),
        Section("proceedings", "四", "四、政府信息公开行政复议、行政诉讼情况", PROCEEDINGS),
        Section("problems", "五", f"五、{of_what}存在的主要问题及改进情况"),
        Section("other_matters", "六", "六、其他需要报告的事项"),
    )
