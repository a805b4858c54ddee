"""The form of 国办公开办函〔2021〕30号, for report years from 2021 on: 3 tables, 200 cells, 42 balances."""

from app.forms.model import Axis, Block, Indicator, Measure, ReportForm, Section, Sum, Table

FEE = Measure("fee", "万元", places=6, most=10**7 * 10**6, most_in_aggregate=10**9 * 10**6)
"""Money, stored in 分 (1 万元 = 10⁶ 分), so that sums are exact."""

_DOCUMENTS = (
    Axis("issued", "本年制发件数"),
    Axis("repealed", "本年废止件数"),
    Axis("in_force", "现行有效件数"),
)
_DECISIONS = (Axis("decisions", "本年处理决定数量"),)
_CONTENT = "信息内容"

DISCLOSURE = Table(
    code="disclosure",
    number="二",
    blocks=(
        Block(
            heading="第二十条第（一）项",
            corner=_CONTENT,
            columns=_DOCUMENTS,
            rows=(Axis("regulations", "规章"), Axis("normative_documents", "行政规范性文件")),
        ),
        Block(
            heading="第二十条第（五）项",
            corner=_CONTENT,
            columns=_DECISIONS,
            rows=(Axis("licensing", "行政许可"),),
        ),
        Block(
            heading="第二十条第（六）项",
            corner=_CONTENT,
            columns=_DECISIONS,
            rows=(Axis("penalties", "行政处罚"), Axis("coercion", "行政强制")),
        ),
        Block(
            heading="第二十条第（八）项",
            corner=_CONTENT,
            columns=(Axis("amount", "本年收费金额（单位：万元）", "本年收费金额", measure=FEE),),
            rows=(Axis("fees", "行政事业性收费"),),
        ),
    ),
)

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
_CLOSED = Axis(
    "closed",
    "（六）其他处理",
    children=(
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
    ),
)
_OUTCOMES = (
    Axis("granted", "（一）予以公开", "予以公开"),
    Axis(
        "partially_granted",
        "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
        "部分公开",
    ),
    _DENIED,
    _UNAVAILABLE,
    _REFUSED,
    _CLOSED,
)
_OUTCOME_CODES = tuple(leaf.code for outcome in _OUTCOMES for leaf in outcome.leaves())

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
_APPLICANT_CODES = ("natural_person", *(leaf.code for leaf in _ORGANISATIONS.leaves()))

REQUESTS = Table(
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
                    children=(*_OUTCOMES, Axis("processed", "（七）总计")),
                ),
                Axis("pending_at_end", "四、结转下年度继续办理", "结转下年度"),
            ),
        ),
    ),
    sums=(
        Sum("flow", "R07", "rows", ("received", "pending_at_start"), ("processed", "pending_at_end")),
        Sum("outcomes", "R08", "rows", ("processed",), _OUTCOME_CODES),
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


FORM = ReportForm(
    version="2021",
    name="政府信息公开工作年度报告格式（2021年起）",
    notice="国办公开办函〔2021〕30号",
    first_year=2021,
    last_year=None,
    title="{agency}{year}年政府信息公开工作年度报告",
    period="{year}年1月1日至{year}年12月31日",
    sections=(
        Section("overview", "一", "一、总体情况"),
        Section("disclosure", "二", "二、主动公开政府信息情况", DISCLOSURE),
        Section("requests", "三", "三、收到和处理政府信息公开申请情况", REQUESTS),
        Section("proceedings", "四", "四、政府信息公开行政复议、行政诉讼情况", PROCEEDINGS),
        Section("problems", "五", "五、存在的主要问题及改进情况"),
        Section("other_matters", "六", "六、其他需要报告的事项"),
    ),
    indicators=(
        _share_of_processed("granted", "公开率", "granted"),
        _share_of_processed("partially_granted", "部分公开率", "partially_granted"),
        _share_of_processed("denied", "不予公开率", *(leaf.code for leaf in _DENIED.leaves())),
        _share_of_decided("reconsideration_reversed", "复议纠错率", "reconsideration"),
        _share_of_decided(
            "litigation_reversed", "诉讼败诉率", "litigation_direct", "litigation_after_reconsideration"
        ),
    ),
)
