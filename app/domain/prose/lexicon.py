"""The words in which reports state figures, as data: what each piece of a marked sentence is.

Words stand between spaces.  The first that fits is taken, so longer ones stand before the shorter ones that
begin them.  Each begins with a character, or with one of several in square brackets.
"""

from __future__ import annotations

import re
from itertools import groupby
from operator import itemgetter
from statistics import mode

_NO_CASE = (
    "(?!机关|决定|法|局|委员会|意见|答复|应诉|机构|案卷|和?(?:行政)?应诉|工作|能力|渠道|权利|纠错|纠正率|败诉"
    "|体制|化解|期间|期限|程序|、诉讼权|风险|书)"
)
_CASE = f"{_NO_CASE}(?:申请|案件|事项|案)?+(?!机关|决定|书)"
_NO_DECISION = (
    "(?!信息|公示|目录|清单|结果|案卷|法|标准|双公示|类|办理|窗口|服务|裁量|等信用|过程|执法|程序|依据|流程"
    "|申请|领域|改革|平台|网上)"
)
_DECISION = "(?:处理决定|类事项|类案件|类决定|决定书|决定|事项|案件|业务|案|件)?+"
_FORCE = "(?:措施和强制执行|措施和行政强制执行|措施|执行)?+"
_NO_REQUEST = (
    "(?!人|渠道|流程|制度|专区|窗口|系统|平台|栏目|受理点|材料|文件|目录|登记|规范|方式|指南|条件|时间|表格"
    "|样例|机制|台账|答复书|答复文书|处理|工单|量大|理由|后|行政|复议|提起|被)"
)
_REQUEST = f"(?:事项|件数|件(?!次)|书|表|案件|信息)?+{_NO_REQUEST}"
_NO_ANSWER = "(?!率|结果|书|函|文书|意见|工作|规范|时限|期限|质量|时间|口径|流程|内容|告知)"
_TOPIC = "(?:的?申请)?(?:办理|处理|答复)?(?:方面|情况|工作|制度|年度)"

LEXICON: tuple[tuple[str, str, str], ...] = (
    ("stop", "[，；：（）。！？,;:()!?]", ""),
    ("figure", "[NMA]", ""),
    ("time", "[YPFH]", ""),
    ("now", "今年 本年度? 全年 当年 年内 年度内", ""),
    ("person", "申请人 被申请人", ""),
    # things that are counted, and are none of ours
    ("noise", "党内规范性文件 党委规范性文件", ""),
    (
        "noise",
        "规范性文件",
        "(?:目录|库|栏目|管理|清理|备案|草案|合法性|审查|专栏|公开|发布|信息|意见|解读|制定)",
    ),
    (
        "noise",
        """
        规章 建议 提案 信访 投诉 举报 热线 工单 咨询 留言 来信 来电 来访 信件 锦旗 意见 问题 通报 简报
        要点 培训 会议 解读 未经复议 复议后 先复议 经复议 纠错 纠正 败诉 维持 撤销 驳回 撤回 审结 审理
        胜诉 监督意见 负面 舆情 罚款 罚没 行政应诉 应诉 行政诉讼法 行政复议法 申请表 申请渠道 申请流程
        公开信箱 公开指南 公开目录 公开栏 会商 协调 联合答复 联合办理 投入 预算 资金 经费 补正 延期
        疑难 重复 反复 逾期 涉密 批文 文书 答复书 告知书 通知书 模板 栏目 链接 稿件 处罚类 许可类
        不服 责任追究 追究 考核 评议 督查 检查 抽查 工作秘密 征求意见
        """,
        "",
    ),
    ("outcome", "不予公开 部分公开 无法提供 不予处理 其他处理 不予提供 无法公开 不予 主动公开 属于", ""),
    (
        "less",
        """
        应收 减免 免收 免除 缓收 免缴 减征 返还 退还 标准 涉及金额 降低 取消 精简 减少 增加 增长 下降
        上升 净增 下放 净减 少收 多收
        """,
        "",
    ),
    ("fee", "政府信息公开的?信息处理费用? 信息(?:公开)?处理费用? 政府信息处理费用?", ""),
    ("fee", "政府信息公开的? 政务公开的? 信息公开的? 此项 该项? 任何(?:形式的)? 相关", "(?:收费|费用)"),
    ("fee", "检索费 复制费 邮寄费", ""),
    ("charge", "行政事业性收费 行政事业收费 行政性收费", ""),
    ("topic", "政府信息公开 政务公开 信息公开 政府信息 依申请公开", _TOPIC),
    (
        "reconsideration",
        """
        被申请(?:行政)?复议 被提起(?:行政)?复议 被提出(?:行政)?复议 申请(?:行政)?复议 提起(?:行政)?复议
        提出(?:行政)?复议 行政复议 复议
        """,
        _CASE,
    ),
    (
        "litigation",
        """
        被提起(?:行政)?诉讼 提起(?:行政)?诉讼 被行政诉讼 被诉讼 被起诉 行政诉讼 诉讼 起诉
        """,
        f"{_NO_CASE}(?:案件|事项|案)?+",
    ),
    ("litigation", "被诉(?!人) 行政诉案 诉案", ""),
    (
        "request",
        """
        政府信息公开的?申请 政务公开的?申请 信息公开的?申请 政府信息的?申请
        依申请公开的?(?:政府信息公开|政府信息|信息)?的?申请 公开申请
        依申请公开的?(?:政府信息|信息|事项|件|案件)? 申请(?:政府)?信息公开 申请公开的?(?:政府)?信息
        公开(?:政府)?信息的申请
        """,
        _REQUEST,
    ),
    (
        "bare",
        "申请(?:事项|件数|件(?!次)|书|表|信息)?+(?:总数|数量|总量|数)?",
        f"{_NO_REQUEST}(?!国家|法院|公开|办理|依)",
    ),
    ("normative", "行政规范性文件 规范性文件", ""),
    ("licensing", f"行政许可{_DECISION}", _NO_DECISION),
    ("penalties", f"行政处罚{_DECISION}", _NO_DECISION),
    ("coercion", f"行政强制{_FORCE}{_DECISION}", _NO_DECISION),
    # what was done
    (
        "granted",
        "予以公开(?:的答复)?+ 同意公开(?:的答复)?+ 准予公开(?:的答复)?+ 依法公开(?!的答复)",
        "(?!答复)",
    ),
    (
        "received",
        """
        新收到? 收到 新增(?=申请|政府信息公开申请|依申请公开|N) 接收到? 接到 共收(?![取缴费])
        受(?<!专区受)理(?!点|窗口|渠道|机制|条件)
        """,
        "",
    ),
    ("collected", "收取 收缴 征收 实收 收入 入库 收费(?!项目|标准|通知|条件|事项|流程|情况|依据)", ""),
    (
        "processed",
        """
        办理结果(?:总计|合计)? 办结 办理完毕 办理完结 办毕 答复 回复 处理完毕 结案 办完 办理答复
        """,
        _NO_ANSWER,
    ),
    ("carried", "结转 跨年 转入 转至 转到 转来 顺延 延至 延续 遗留", ""),
    (
        "left",
        """
        尚在 仍在 待办 待答复 未到答复期 未到期 剩余 剩下 其余 尚有 另有 还有 仍有 余下 余(?=N)
        尚未办结 未办结 正在办理 办理中 在办
        """,
        "",
    ),
    ("issued", "制发 制定 出台 印发 制订", ""),
    ("issued", "新制作 制作 新增", "(?=行政规范|规范)"),
    ("repealed", "公布废止 宣布废止 公布失效 宣布失效 废止 失效", ""),
    ("in_force", "现行有效 继续有效 保留有效", ""),
    (
        "posted",
        """
        公(?<!信息公)开(?=行政许可|行政处罚|行政强制|规范|文件|各类|政府信息(?!公开)|[^，。；N]{0,8}信息(?!公开))
        公示 公布 发布 推送 上传 录入 归集 清理
        """,
        "",
    ),
    (
        "negative",
        """
        尚未 暂未 尚无 暂无 未有 未 没有 没 无有 无(?!偿|障|效|法|正当|理)
        """,
        "(?:再|曾)?(?:发生|出现|产生)?过?",
    ),
    ("negative", "不存在 零(?=申请|收件|复议|诉讼|行政|结转|收费)", ""),
    ("each", "各(?=N|为|有|A) 均(?=为|是|有) 都(?=为|是) 分别", ""),
    ("together", "共计 合计 总计 共(?=N|有|为) 总共 总数", ""),
    ("part", "其中", ""),
    ("includes", "含(?<!不含) 包含(?<!不包含) 包括(?<!不包括) 连同", ""),
    (
        "supposed",
        """
        如(?!期|实|下|何) 若 凡 应当 应于 确保 是否 有无 预计 计划 拟 力争 争取 目标 可以 每件 不得
        要求(?=申请) 下一步
        """,
        "",
    ),
    (
        "channel",
        """
        网络 网上 在线 平台 网站 信函 来函 邮寄 当面 现场 传真 邮件 邮箱 书面 口头 电话 线上 线下 窗口
        自然人 商业企业 科研机构 公益组织 法律服务 企业 专区
        """,
        "",
    ),
    ("every", "等 等多种 等各种 等多个 等不同 多种 各种 各类 任何 不同", "(?:方式|形式|渠道|途径)"),
    (
        "office",
        """
        [区县市省州旗镇乡](?:人民)?政府办公?(?:室|厅) [区县市](?:人民)?政府办 人民政府办公?[室厅]
        政府办公?[室厅] 政府办 [区县市]府办公?室? 办公厅 党政办公?室? 党政综合办公室 [区县市]政务公开办
        """,
        "",
    ),
    (
        "area",
        "全[省市县区州旗镇乡]各级 各级",
        "(?:行政机关|各部门|部门|政府|机关)",
    ),
    ("area", "[省市县区州旗](?:人民)?政府[及和与](?:各|所属|其)", "(?:工作|组成)?(?:部门|单位|机关)"),
    ("area", "全[省市县区州旗镇乡]各行政机关 各行政机关 全[省市县区州旗](?:行政机关)? 我省", ""),
    (
        "foreign",
        "各 其他 其它 所属 下属 下辖",
        "[^，。；N]{0,3}(?:乡镇|镇乡|部门|单位|机关|街道|镇街|乡|局|区县|县区|县|区)",
    ),
    (
        "foreign",
        """
        [县市区]直(?:各)?(?:部门|单位|机关) 乡镇 镇街 垂管单位 [省市县区州](?:人民)?政府本级 [省市县区州]本级
        """,
        "",
    ),
    (
        "own",
        """
        我[镇乡县局办委市区街院站所校中处单机] 本[镇乡县局办委市区街院站所校中处单机](?![^关位]?级)
        全[镇乡局委街院站校] 全系统
        """,
        "",
    ),
    ("list", "[、和及与或] 以及 并", ""),
)


def _by_beginning() -> dict[str, list[tuple[str, str]]]:
    """Return the words by the character that they begin with: what each is, and how it goes on."""
    words: dict[str, list[tuple[str, str]]] = {}
    for name, begun, tail in LEXICON:
        for word in begun.split():
            beginnings, after = word[1:].split("]", 1) if word[0] == "[" else (word[0], word[1:])
            for beginning in beginnings:
                words.setdefault(beginning, []).append((name, after + tail))
    return words


def _compiled() -> tuple[re.Pattern[str], dict[str, str], tuple[str, ...]]:
    """Return a pattern of all words, what most words are by their beginning, and what its groups are.

    Words that begin with other characters never compete, so their order is free.  With each character once,
    and alone at the head of its words, most of a text is passed over quickly.  An empty group at the end of
    words tells what they are, where they aren't what most of their beginning are: the fewer, the quicker.
    """
    usual, names, ways = {}, [""], []
    for beginning, words in _by_beginning().items():
        runs = [(name, "|".join(after for _, after in run)) for name, run in groupby(words, itemgetter(0))]
        usual[beginning] = mode(name for name, _ in runs)
        others = [name for name, _ in runs if name != usual[beginning]]
        endings = (f"(?:{ends}){'' if name == usual[beginning] else '()'}" for name, ends in runs)
        ways.append(f"{re.escape(beginning)}(?:{'|'.join(endings)})")
        names += others
    return re.compile("|".join(ways)), usual, tuple(names)


LEXEME, USUAL, NAMES = _compiled()
"""What a match is says `NAMES` of its last group; where it has none, `USUAL` of its first character."""

_FILLERS = """
    因有效期届满自动 因有效期届满 到期自动 自动
    在法定期限内 在规定时限内 在规定期限内 临时占道等 今年以来 其他各类 申请提出 人民币 总金额 按规定
    等各类 答复的 一共 下达 个人 为零 事项 产生 人员 仅有 今年 件数 任何 作出 依法 信息 全区 全县 全市
    全年 全部 公众 公开 公民 共有 共计 关于 其他 其它 决定 办理 单位 及时 发生 各为 各有 各界 各种 各类
    合计 同时 团体 在办 均为 均已 均是 如期 媒体 完成 实施 实际 审查 宣布 导致 居民 工作 已经 年内 年底
    年末 应由 度内 开展 引发 引起 当年 形式 总数 总的 总计 总量 总额 情况 情形 截至 所有 报告 按时 按期
    提交 提供 提出 提起 政府 数量 方面 有关 期间 本年 机关 村民 案件 法人 涉及 目前 相关 社会 累计 组织
    继续 群众 行政 要求 递交 通过 部门 都是 金额 需要 : 不 与 为 之 也 书 了 于 亦 人 仅 以 件 份 共 其
    内 再 到 单 又 另 只 各 向 因 在 均 对 尚 已 年 并 度 得 总 我 数 新 时 是 有 期 未 本 条 此 涉 由
    的 笔 等 类 经 者 而 被 该 达 过 都 量 ：
"""
FILLER = re.compile(f"(?:{'|'.join(_FILLERS.split())})*+")
"""Words that may stand between a verb, what it speaks of and its number without making it something else."""
