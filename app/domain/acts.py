"""What the audit trail tells of."""

from __future__ import annotations

from enum import StrEnum

from app.domain.lifecycle import Action


class Act(StrEnum):
    """Something that somebody did, or was refused."""

    REPORT_CREATE = "report.create"
    REPORT_SAVE = "report.save"
    REPORT_DELETE = "report.delete"
    REPORT_SUBMIT = "report.submit"
    REPORT_WITHDRAW = "report.withdraw"
    REPORT_RETURN = "report.return"
    REPORT_ACCEPT = "report.accept"
    REPORT_PUBLISH = "report.publish"
    REPORT_REVISE = "report.revise"
    REPORT_STATE_ZEROS = "report.zeros"
    REPORT_IMPORT = "report.import"
    REPORT_COMMENT = "report.comment"
    REPORT_REJUDGE = "report.rejudge"
    REPORT_EXPLAIN = "report.explain"
    REPORT_REVIEW = "report.review"
    AGENCY_CREATE = "agency.create"
    AGENCY_REPLACE = "agency.replace"
    AGENCY_DELETE = "agency.delete"
    AGENCY_IMPORT = "agency.import"
    AGENCY_SET_RULE = "agency.set_rule"
    ROLLUP_ADJUST = "rollup.adjust"
    ROLLUP_WITHDRAW = "rollup.withdraw"
    ROLLUP_FINALISE = "rollup.finalise"
    ROLLUP_REOPEN = "rollup.reopen"
    COLLECTION_OPEN = "collection.open"
    COLLECTION_CHANGE = "collection.change"
    COLLECTION_EXCEPT = "collection.except"
    COLLECTION_REVOKE = "collection.revoke"
    COLLECTION_REMIND = "collection.remind"
    AGENCY_REORGANISE = "agency.reorganise"
    TOKEN_ISSUE = "token.issue"
    TOKEN_ROTATE = "token.rotate"
    TOKEN_REVOKE = "token.revoke"
    LINK_CREATE = "link.create"
    LINK_USE = "link.use"
    WEBHOOK_CREATE = "webhook.create"
    WEBHOOK_DELETE = "webhook.delete"
    WEBHOOK_ROTATE = "webhook.rotate"
    WEBHOOK_RESUME = "webhook.resume"
    WEBHOOK_DISABLE = "webhook.disable"
    WEBHOOK_PING = "webhook.ping"
    WEBHOOK_REDELIVER = "webhook.redeliver"
    LOGIN_REFUSE = "login.refuse"
    ACCESS_REFUSE = "access.refuse"
    AUDIT_PRUNE = "audit.prune"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _LABELS[self]

    @property
    def is_told(self) -> bool:
        """Whether the feed of changes tells of it."""
        return self.partition(".")[0] in {"report", "agency", "collection", "rollup"}

    @property
    def is_of_report(self) -> bool:
        """Whether it is something that was done to a report."""
        return self.partition(".")[0] == "report"


_LABELS = {
    Act.REPORT_CREATE: "新建报告",
    Act.REPORT_SAVE: "保存报告",
    Act.REPORT_DELETE: "删除草稿",
    Act.REPORT_STATE_ZEROS: "说明缺格为零",
    Act.REPORT_IMPORT: "从文件读入",
    Act.REPORT_COMMENT: "批注",
    Act.REPORT_REJUDGE: "重新核对",
    Act.REPORT_EXPLAIN: "写出错说明",
    Act.REPORT_REVIEW: "审核出错说明",
    Act.AGENCY_CREATE: "登记机关",
    Act.AGENCY_REPLACE: "更正机关",
    Act.AGENCY_DELETE: "删除机关",
    Act.AGENCY_IMPORT: "从表格登记机关",
    Act.AGENCY_SET_RULE: "设定核对规则",
    Act.ROLLUP_ADJUST: "调整汇总数",
    Act.ROLLUP_WITHDRAW: "撤销调整",
    Act.ROLLUP_FINALISE: "汇总定稿",
    Act.ROLLUP_REOPEN: "重开定稿",
    Act.COLLECTION_OPEN: "安排年度收报",
    Act.COLLECTION_CHANGE: "更改收报安排",
    Act.COLLECTION_EXCEPT: "准予延期、解锁或免报",
    Act.COLLECTION_REVOKE: "收回延期、解锁或免报",
    Act.COLLECTION_REMIND: "催报",
    Act.AGENCY_REORGANISE: "机构变动",
    Act.TOKEN_ISSUE: "发放令牌",
    Act.TOKEN_ROTATE: "更换令牌",
    Act.TOKEN_REVOKE: "吊销令牌",
    Act.LINK_CREATE: "生成下载地址",
    Act.LINK_USE: "使用下载地址",
    Act.WEBHOOK_CREATE: "建立推送",
    Act.WEBHOOK_DELETE: "删除推送",
    Act.WEBHOOK_ROTATE: "更换推送密钥",
    Act.WEBHOOK_RESUME: "恢复推送",
    Act.WEBHOOK_DISABLE: "停用推送",
    Act.WEBHOOK_PING: "试推送",
    Act.WEBHOOK_REDELIVER: "重新推送",
    Act.LOGIN_REFUSE: "登录被拒",
    Act.ACCESS_REFUSE: "越权被拒",
    Act.AUDIT_PRUNE: "清理审计记录",
    **{Act(f"report.{action}"): action.label for action in Action},
}
