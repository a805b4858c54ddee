"""The words by which one knows what a section speaks of: five parts, 考核/评议/追责, problems, fees.

Each word begins with a plain character, so that the rest of a text is passed over quickly.  In the lists
~ stands for up to twelve characters of the same clause, # for a number.  They are searched in prose without
space and quotation marks (`app.domain.prose.bare`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLAUSE, _NUMBER = "[^，。；]{0,12}", "[0-9一二两三四五六七八九十百千万余多]{1,8}"
NEVER = re.compile("(?!)")


def any_of(words: str) -> re.Pattern[str]:
    """Return a pattern of words that are written down with space between them."""
    return re.compile("|".join(words.split()).replace("~", _CLAUSE).replace("#", _NUMBER))


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that a section must speak of.

    Attributes:
        code: of the result.
        name: in Chinese.
        words: by which one knows that prose speaks of it.
        heads: by which one knows it of a heading that has something beneath it: looser.
    """

    code: str
    name: str
    words: re.Pattern[str]
    heads: re.Pattern[str] = NEVER


FIVE_PARTS = (
    Subject(
        "overview.disclosure",
        "主动公开",
        any_of(
            """
            主动公[开布示] 主动发布 主动向社会 向社会公[开布示] 对外公[开布示] 信息发布量 信息公开量
            公(?<!申请公)[开布示](?!申请|平台|[渠目指制属工查栏专])[^。；申]{0,40}?#[条件篇份期则宗项次个]
            发布[^。；申]{0,40}?#[条件篇份期则宗项次个] 上传[^。；申]{0,20}?#[条件篇份]
            发布(?:各类|政府|政务)?信息 公(?<!申请公)开(?:各类|政府|政务|相关)信息(?!的?申请)
            """
        ),
        any_of("公(?<!申请公)(?<!信息公)(?<!政务公)开(?![渠平申目])"),
    ),
    Subject(
        "overview.requests",
        "依申请公开",
        any_of(
            """
            依申请 申请公开 公开申请 公开的申请 申请~(?:公开|信息) 信息~申请 零申请 无申请 无人申请 申请#件
            收到~申请 受理~申请 新收~申请 接到~申请 办理~申请 处理~申请 答复~申请 没有~申请
            来函 来信 要求公开 群众~申请 公众~申请 公民~申请
            """
        ),
        any_of("申请 受理"),
    ),
    Subject(
        "overview.management",
        "政府信息管理",
        any_of(
            """
            信息(?:资源)?的?(?:公开)?(?:规范化?|动态|日常)?管理 规范信息 源头管理 源头认定 全生命周期
            保密审[查核] 涉密审查 保密工作 保密放 失泄?密 泄密 不涉密 隐私 个人信息保护
            发布审[核查批签] 公开审[核查批签] 信息审[核查批签] 内容审[核查批签] 统一审核 严格审[核查] 审签
            签[批字]
            审[核查批签](?:把关|发布|制度|机制|流程|程序|岗|后) 三[级审] 先审 逐级~[审签]
            谁公开 谁审核 谁起草 谁制定 统一归口 信息资源 审核 审查 审定 审校 一校 三校 校对 把关 严把 把好
            归集 装订 登记[簿册] 保密
            信息~目录 公开~目录 标准目录 公开属性 文件的?(?:清理|管理|动态|废改立) 清理~文件 立改废 废改立
            信息的?(?:采集|收集|整理|归档) 归档 存档 台账 过期信息 问题信息 更正错误
            错别字~[排核]查 错链~[排核]查 错敏
            """
        ),
        any_of("管(?<!监督管)(?<!安全管)(?<!物业管)(?<!社会管)(?<!城市管)(?<!应急管)理"),
    ),
    Subject(
        "overview.platforms",
        "政府信息公开平台建设",
        any_of(
            """
            平台 网站~(?:建设|改版|维护|管理|运[营维行]|[栏页]|升级|访问|整合) 网站和~新媒体
            依托~网站 利用~网站 发挥~网站
            公众号~(?:建设|维护|管理|推|运[营维行]|更新|发[布文]|整合|编发|粉丝|关注)
            新媒体~(?:建设|维护|管理|推|运[营维行]|更新|发布|整合)
            微信~(?:建设|维护|管理|推|运[营维]|更新|发[布文])
            微博 客户端 抖音 视频号 微信群 推文 主阵地 主渠道 公开阵地 公开载体 公开渠道 渠道建设 阵地建设
            公开栏 公示栏 公告栏 宣传栏 公开专[区栏] 公开角 查[询阅](?:点|机|终端|处) 电子屏 显示屏 led
            橱窗 大屏 播出 大喇叭 广播 融媒体
            """
        ),
        any_of("平台 渠道 载体 阵地 网站 新媒体"),
    ),
    Subject(
        "overview.supervision",
        "监督保障",
        any_of(
            """
            监督(?!管理[局委总所]) 考核 考评 评议 督查 督导 督办 抽查 巡查 调度 通报 培训 业务学习
            追责 问责 追究 组织领导 领导小组 专班 专人 专职 亲自抓 负总责 责任制 责任落实 落实~责任 压实~责任
            组织保障 工作保障 制度保障 保障措施 保障有力 经费
            """
        ),
        any_of("监督(?!管理) 保障 考核 评议"),
    ),
)
SUPERVISION = (
    Subject(
        "assessment",
        "工作考核",
        any_of(
            """
            考(?<!教师考)(?<!中考考)(?<!高考考)(?<!医师考)(?<!技能考)(?<!学业考)核(?!招聘) 考评 实绩
            绩(?<!预算绩)(?<!资金绩)(?<!项目绩)(?<!财政绩)效(?!目标|自评)
            等次 评定 述职 奖惩 目标管理 目标责任 目标任务 年[度终]测评 评比 评先 评优
            """
        ),
    ),
    Subject(
        "review",
        "社会评议",
        any_of(
            """
            评议 评判 评(?<!效评)价 满意 测评 民意调查 问卷 好差评 好评 打分 票决 监督员
            群众~(?:评价|评分|点评|投票) 公众~(?:评价|评分|点评|投票) 社会~(?:评价|评分|点评|投票)
            职工~评价 居民~评价 企业~评价 网民~(?:评价|投票) 市民~评价 用户~评价
            听取~(?:群众|公众|职工|居民)~意见
            """
        ),
    ),
    Subject(
        "accountability",
        "责任追究",
        any_of(
            """
            责任[^，。；]{0,4}追(?<!安全生产责任追)究 追究~责任 被追究 未追究 追究(?:情[况形]|事[项件])
            追责 问责 处分 约谈 失职 渎职 违纪 受到~(?:处理|批评) 被处[理分罚]
            """
        ),
    ),
)
COMPLAINTS = Subject(
    "problems",
    "存在的主要问题",
    any_of(
        """
        问题 不足 短板 差距 薄弱 弱项 欠缺 欠佳 有待 困难 滞后 参差 单一 单调 压力 紧张 脱节 拖延 迟缓
        不(?![断仅但是得论忘同低少超折留定变止予])
        仍需 还需 还要 尚需 需(?:要)?进一步 亟[需待] 距离 老套 陈旧 断档 时断
        偏[弱少低慢窄] 慢 缺(?<!补缺) 弱(?!势) 难(?![点得题]) 少(?<!减少)(?<!至少)(?![数年儿])
        差(?![错别旅异])
        """
    ),
)
IMPROVEMENTS = Subject(
    "improvements",
    "改进情况",
    any_of(
        """
        改进 整改 整治 改正 下一步 下阶段 接下来 今后 来年 明年 将 为此 对此 努力 对策 措施 举措 打算 计划
        工作重点 重点工作 工作思路 加强 强化 加大 完善 健全 优化 提升 提高 规范(?!性) 补齐 解决
        专人 安排 拟(?!制) 改[用为] 现已 已经 编了 开了 做了 办了 建了 配了 配[齐强备] 充实 增[设加派配]
        新增 调整 补充 聘请 派员
        制定 印发 编[印制写] 制作 出台 建立 组建 推[出行] 采取 举办 组织~(?:培训|学习) 培训#
        开展(?!~[不少]) 通过~(?:方式|形式|学习|培训)
        """
    ),
)
