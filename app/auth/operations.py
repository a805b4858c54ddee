"""What each operation of the API takes: the one table that the description, the documents and tests go by.

A route that isn't here isn't served.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.roles import Right


class Subject(StrEnum):
    """What an operation is about, and so which agencies decide whether somebody reaches it."""

    NOTHING = "nothing"
    AGENCY = "agency"
    NAMED = "named"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation takes.

    Attributes:
        right: which one must have; None where nobody needs to sign in.
        subject: the agency in the path, one that the body or a parameter names, whatever of a list one
            reaches, or nothing that belongs to an agency.
    """

    right: Right | None
    subject: Subject


OPEN = Access(None, Subject.NOTHING)
_READS = Access(Right.READ, Subject.AGENCY)
_FILES = Access(Right.FILE, Subject.AGENCY)
_COORDINATES = Access(Right.COORDINATE, Subject.AGENCY)
_SIGNED_IN = Access(Right.READ, Subject.NOTHING)
_WEBHOOKS = Access(Right.MANAGE_WEBHOOKS, Subject.LIST)

OPERATIONS: dict[str, Access] = {
    "list_forms": OPEN,
    "get_form": OPEN,
    "get_form_schema": OPEN,
    # whoever asks how the rules are set for an agency must reach it
    "list_rules": OPEN,
    "validate_report": _SIGNED_IN,
    "create_agency": Access(Right.MANAGE_AGENCIES, Subject.NAMED),
    "list_agencies": Access(Right.READ, Subject.LIST),
    "import_agencies": Access(Right.MANAGE_AGENCIES, Subject.NAMED),
    "get_agency": _READS,
    "replace_agency": Access(Right.MANAGE_AGENCIES, Subject.AGENCY),
    "delete_agency": Access(Right.MANAGE_AGENCIES, Subject.AGENCY),
    "get_agency_subtree": _READS,
    "list_rule_settings": _READS,
    "set_rule": Access(Right.MANAGE_RULES, Subject.AGENCY),
    "create_report": Access(Right.FILE, Subject.NAMED),
    "save_batch": Access(Right.FILE, Subject.NAMED),
    "list_reports": Access(Right.READ, Subject.LIST),
    "get_report": _READS,
    "replace_report": _FILES,
    "patch_report": _FILES,
    "delete_report": _FILES,
    "get_findings": _READS,
    # each action has its own right: `app.domain.lifecycle`
    "take_action": _READS,
    "list_steps": _READS,
    "list_options": _READS,
    "list_suggestions": _READS,
    "list_zeros": _READS,
    "state_zeros": _FILES,
    "list_comments": _READS,
    "add_comment": Access(Right.COMMENT, Subject.AGENCY),
    "list_explanations": _READS,
    "give_explanations": _FILES,
    "review_explanations": Access(Right.REVIEW, Subject.AGENCY),
    "list_versions": _READS,
    "get_version": _READS,
    "compare_versions": _READS,
    "list_report_audit": Access(Right.READ_AUDIT, Subject.AGENCY),
    "export_report_file": _READS,
    "get_report_table": _READS,
    "replace_report_table": _FILES,
    "patch_report_table": _FILES,
    "get_report_row": _READS,
    "replace_report_row": _FILES,
    "patch_report_row": _FILES,
    "get_report_narrative": _READS,
    "replace_report_narrative": _FILES,
    "patch_report_narrative": _FILES,
    "import_document": _SIGNED_IN,
    "get_report_source": _READS,
    "get_roll_up": _READS,
    "list_coverage": _READS,
    "export_roll_up_file": _READS,
    "reconcile_roll_up": _READS,
    "list_adjustments": _READS,
    "adjust_roll_up": _COORDINATES,
    "withdraw_adjustment": _COORDINATES,
    "get_finalisation": _READS,
    "finalise_roll_up": _COORDINATES,
    "reopen_roll_up": _COORDINATES,
    "list_finalisations": _READS,
    "list_frozen_sources": _READS,
    "get_collection": _READS,
    "put_collection": _COORDINATES,
    "list_collection_units": _READS,
    "grant_exception": _COORDINATES,
    "list_exceptions": _READS,
    "revoke_exception": _COORDINATES,
    "get_progress": _READS,
    "send_reminders": _COORDINATES,
    "list_reminders": _READS,
    "list_changes": Access(Right.READ, Subject.LIST),
    "get_me": _SIGNED_IN,
    "issue_token": Access(Right.MANAGE_TOKENS, Subject.NAMED),
    "list_tokens": Access(Right.MANAGE_TOKENS, Subject.LIST),
    "rotate_token": Access(Right.MANAGE_TOKENS, Subject.LIST),
    "revoke_token": Access(Right.MANAGE_TOKENS, Subject.LIST),
    "create_link": _SIGNED_IN,
    "create_webhook": Access(Right.MANAGE_WEBHOOKS, Subject.NAMED),
    "list_webhooks": _WEBHOOKS,
    "get_webhook": _WEBHOOKS,
    "delete_webhook": _WEBHOOKS,
    "rotate_webhook": _WEBHOOKS,
    "resume_webhook": _WEBHOOKS,
    "ping_webhook": _WEBHOOKS,
    "list_deliveries": _WEBHOOKS,
    "redeliver": _WEBHOOKS,
    "redeliver_given_up": _WEBHOOKS,
    "list_audit": Access(Right.READ_AUDIT, Subject.LIST),
    "verify_audit": Access(Right.READ_AUDIT, Subject.LIST),
}
