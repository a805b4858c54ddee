"""Who may do what: roles and the rights that each has.  What isn't listed isn't allowed."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """Something that one may do in one's part of the tree of agencies."""

    READ = "read"
    FILE = "file"
    COMMENT = "comment"
    REVIEW = "review"
    PUBLISH = "publish"
    COORDINATE = "coordinate"
    MANAGE_AGENCIES = "manage_agencies"
    MANAGE_RULES = "manage_rules"
    MANAGE_TOKENS = "manage_tokens"
    MANAGE_WEBHOOKS = "manage_webhooks"
    READ_AUDIT = "read_audit"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _RIGHTS[self]


_RIGHTS = {
    Right.READ: "查阅",
    Right.FILE: "填报、上报、撤回、更正",
    Right.COMMENT: "批注",
    Right.REVIEW: "审核、退回",
    Right.PUBLISH: "公布",
    Right.COORDINATE: "安排年度工作（期限、延期、免报、催报、定稿、调整）",
    Right.MANAGE_AGENCIES: "登记、更正机关",
    Right.MANAGE_RULES: "设定核对规则",
    Right.MANAGE_TOKENS: "发放、吊销令牌",
    Right.MANAGE_WEBHOOKS: "管理推送",
    Right.READ_AUDIT: "查阅审计记录",
}


class Role(StrEnum):
    """What somebody is to the agencies below the one that a token names."""

    REPORTER = "reporter"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"
    READER = "reader"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        """As county staff call it."""
        return _ROLES[self]

    @property
    def rights(self) -> frozenset[Right]:
        """What it may do."""
        return RIGHTS[self]


_ROLES = {
    Role.REPORTER: "填报",
    Role.REVIEWER: "审核",
    Role.ADMINISTRATOR: "管理",
    Role.READER: "查阅",
    Role.SYSTEM: "对接系统",
}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.REPORTER: frozenset({Right.READ, Right.FILE, Right.COMMENT, Right.PUBLISH}),
    # whoever judges figures never writes them, and whoever hands out tokens does neither
    Role.REVIEWER: frozenset(
        {Right.READ, Right.COMMENT, Right.REVIEW, Right.PUBLISH, Right.COORDINATE, Right.READ_AUDIT}
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Right.READ,
            Right.MANAGE_AGENCIES,
            Right.MANAGE_RULES,
            Right.MANAGE_TOKENS,
            Right.MANAGE_WEBHOOKS,
            Right.READ_AUDIT,
        }
    ),
    Role.READER: frozenset({Right.READ}),
    Role.SYSTEM: frozenset({Right.READ, Right.FILE, Right.MANAGE_WEBHOOKS}),
}
"""The rights of each role."""


def roles_with(right: Right) -> list[Role]:
    """Return the roles that have a right."""
    return [role for role in Role if right in role.rights]


DEFAULT_DAYS = 90
"""For how long a token is good where nobody says otherwise."""

MOST_DAYS = 366
"""For how long one can be good."""
