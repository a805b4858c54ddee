"""What the API's description says, in Chinese, of the values that a member may have."""

from __future__ import annotations

from collections.abc import Mapping

MEANT: Mapping[str, str] = {
    "Act": "做了什么，或被拒绝的是什么",
    "Action": "办理报告的一步",
    "AgencyKind": "机关的种类",
    "AgencyLevel": "机关的层级",
    "Basis": "从哪个状态起计入汇总",
    "Branches": "下级按什么分开统计",
    "Cause": "差异可能的原因",
    "Comparison": "报告的一格与汇总数相比",
    "CoverageState": "机关在汇总里的情况",
    "DeliveryState": "一次推送的状态",
    "Effect": "猜测所说的单位是怎么算错的",
    "ExceptionKind": "对一个单位的例外",
    "ExplanationState": "出错说明审核的情况",
    "Fate": "一段文字的变动",
    "Format": "进度的格式",
    "Hindrance": "推送为什么没有回应",
    "Keeper": "规则由谁核对",
    "Level": "规则的级别：强制性、核实性、提示性",
    "Of": "排名的对象",
    "Operation": "机构调整的方式",
    "Outcome": "核对的结果",
    "Part": "汇总按什么分组",
    "ProgressState": "单位报送的进度",
    "Rankable": "有没有名次",
    "ReportScope": "报告只说本机关，还是已经汇总了下级",
    "Reporters": "期限相同的一类机关",
    "Right": "一项权限",
    "Role": "角色",
    "Shape": "写成网页还是 Word 文件",
    "SourceChange": "定稿之后来源报告的变动",
    "Standing": "应报名单固定之后单位的情况",
    "Status": "报告的状态",
    "Tree": "按哪一天的机构汇总",
    "UnitChange": "定稿之后应报单位的变动",
}
"""By the name of their type."""
