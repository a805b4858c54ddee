"""The page about who may do what, and about the weaknesses that programs like this one are known for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.roles import DEFAULT_DAYS, MOST_DAYS, Right, Role
from app.main import create_app
from app.settings import Settings
from docs.matrix import API, Line, Outcome, Relation, lines
from docs.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Risk:
    """A line of the OWASP API Security Top 10 of 2023.

    Attributes:
        number: as OWASP counts.
        name: as OWASP calls it.
        answer: what is done about it here.
        tests: that hold it, as `file::name`.
    """

    number: int
    name: str
    answer: str
    tests: tuple[str, ...]


_CALLS = "tests/test_matrix.py::test_each_call_comes_out_as_the_table_says"
_FUZZ = "tests/test_openapi_fuzz.py::test_every_answer_is_as_described"

RISKS = (
    Risk(
        1,
        "Broken object level authorization",
        "What a caller doesn't reach is never selected: the condition is part of each query "
        "(`app/auth/rights.py`). It is answered as what isn't there is.",
        (
            _CALLS,
            "tests/test_matrix.py::test_postgresql_reaches_as_far_as_sqlite",
            "tests/test_reach.py::test_lists_of_reports_show_what_is_reached_and_nothing_else",
            "tests/test_reach.py::test_a_former_county_reaches_a_towns_reports_of_its_own_time_and_no_later_ones",
        ),
    ),
    Risk(
        2,
        "Broken authentication",
        "Tokens of 256 random bits, kept as digests, with an end; tokens of an identity provider "
        "only with its signature, for this service and in their time. Failures are counted by "
        "address, and too many lock it out for a while.",
        (
            _FUZZ,
            "tests/auth/test_tokens.py::test_a_token_names_itself_and_carries_256_bits_and_a_checksum",
            "tests/routers/test_access.py::test_its_secret_is_nowhere_else",
            "tests/routers/test_access.py::test_a_revoked_token_is_refused_from_the_next_call_on",
            "tests/routers/test_access.py::test_who_fails_too_often_is_shut_out_even_with_a_good_token",
            "tests/routers/test_access.py::test_the_gateway_itself_is_never_shut_out",
            "tests/auth/test_oidc.py::test_an_unsigned_token_is_refused",
            "tests/auth/test_oidc.py::test_a_public_key_is_no_secret",
            "tests/auth/test_oidc.py::test_a_token_is_refused_outside_its_time",
            "tests/test_settings.py::test_the_key_is_never_shown",
        ),
    ),
    Risk(
        3,
        "Broken object property level authorization",
        "Answers are made from their own schemas, never from rows; a body with a member that it may "
        "not have is refused. Nobody gives out more than they have: an administrator's tokens reach "
        "no further than the administrator.",
        (
            "tests/routers/test_bad_input.py::test_an_unknown_member_is_refused_with_the_name_that_was_probably_meant",
            "tests/test_reach.py::test_an_administrator_issues_tokens_for_their_own_part_of_the_tree_only",
            "tests/test_reach.py::test_a_token_that_was_issued_reaches_no_further_than_whoever_issued_it",
        ),
    ),
    Risk(
        4,
        "Unrestricted resource consumption",
        "A request's address, headers and body, the time that each takes, a text's length, a page's "
        "items and the faults that are listed have their limits; JSON has a depth. A body is read after "
        "its sender is known. Waiting for the database ends with 503. Requests in flight, one address's "
        "share of them and workbooks in the making are limited too: the rest is refused at once.",
        (
            "tests/edge/test_connections.py::test_a_head_that_never_ends_is_given_up",
            "tests/edge/test_connections.py::test_a_head_is_not_taken_in_for_ever",
            "tests/edge/test_connections.py::test_a_body_that_doesn_t_come_in_time_is_given_up",
            "tests/edge/test_connections.py::test_whoever_isn_t_known_is_refused_before_their_body_is_read",
            "tests/edge/test_limits.py::test_headers_may_be_so_many_and_so_long",
            "tests/edge/test_limits.py::test_who_finds_no_free_connection_is_asked_to_come_again",
            "tests/storage/test_engine.py::test_a_statement_that_takes_too_long_is_stopped",
            "tests/routers/test_bad_input.py::test_a_body_over_the_limit_is_refused_whether_its_length_is_announced_or_not",
            "tests/routers/test_bad_input.py::test_a_flood_of_faults_is_cut_and_says_so",
            "tests/schemas/test_strict_json.py::test_64_levels_are_read_and_65_are_too_many",
            "tests/edge/test_admission.py::test_whoever_finds_no_room_is_told_at_once_to_come_again",
            "tests/edge/test_admission.py::test_one_address_does_not_shut_the_others_out",
            "tests/services/test_refusals.py::test_made_up_paths_and_addresses_of_one_line_don_t_fill_the_trail",
        ),
    ),
    Risk(
        5,
        "Broken function level authorization",
        "An operation that isn't in the table of operations isn't served, and each has the right "
        "that it takes there. Whoever judges figures never writes them, and accepting takes a second "
        "person.",
        (
            "tests/test_matrix.py::test_the_table_names_each_operation_that_is_served_once_and_no_other",
            _CALLS,
            "tests/domain/test_lifecycle.py::test_writing_takes_one_right_and_judging_another",
        ),
    ),
    Risk(
        6,
        "Unrestricted access to sensitive business flows",
        "A report goes from state to state by steps that each take a right; one that breaks a "
        "mandatory rule or has an unexplained finding is never 上报, one that has been is never removed.",
        (
            "tests/domain/test_lifecycle.py::test_the_steps_are_these_and_no_others",
            "tests/test_model.py::test_the_service_does_what_the_model_says",
            "tests/routers/test_workflow.py::test_who_submitted_cannot_accept_whatever_token_they_come_with",
            "tests/routers/test_explanations.py::test_whoever_wrote_or_explained_can_t_accept",
            "tests/storage/test_guards.py::test_a_report_that_was_submitted_is_never_dropped",
            "tests/services/test_audit_trail.py::test_any_flipped_byte_is_found_where_it_is",
            "tests/services/test_audit_writers.py::test_twenty_writers_in_a_county_make_one_chain",
            "tests/routers/test_reports.py::test_a_draft_with_broken_rules_cannot_be_submitted",
            "tests/routers/test_reports.py::test_only_a_draft_that_was_never_submitted_can_be_removed",
        ),
    ),
    Risk(
        7,
        "Server side request forgery",
        "Webhooks are the only addresses of callers that are called. They must be public and HTTPS, or "
        "lie in a network that the operator named; each address that a name leads to is judged at each "
        "attempt, and the one judged is connected to. No redirect is followed, no proxy used, and of the "
        "answer nothing but the status is shown. Of the identity provider, no redirect is followed and no "
        "address in a token.",
        (
            "tests/auth/test_destinations.py::test_an_address_that_is_not_public_may_not",
            "tests/auth/test_destinations.py::test_what_leads_inside_or_may_be_read_in_two_ways_is_refused_at_once",
            "tests/jobs/test_sending.py::test_what_is_called_is_the_address_that_was_judged_whatever_the_name_leads_to_by_then",
            "tests/jobs/test_sending.py::test_a_redirect_is_not_followed",
            "tests/routers/test_webhooks.py::test_this_machine_is_refused_unless_the_operator_allows_it",
            "tests/auth/test_oidc.py::test_keys_in_the_token_or_behind_its_addresses_are_not_followed",
            "tests/auth/test_oidc.py::test_a_redirect_is_not_followed",
        ),
    ),
    Risk(
        8,
        "Security misconfiguration",
        "Without any setting the service stays on the machine's own address. A wrong setting stops "
        "the start and is named without its secret. What goes wrong inside is answered with a "
        "request's number and no more, and logged without a word of what was sent; the documentation "
        "loads nothing from elsewhere. Every answer carries security headers; pages of other origins may "
        "call only if they are named; `TRACE` isn't answered.",
        (
            "tests/edge/test_headers.py::test_every_answer_says_that_it_is_no_page_to_be_framed_or_guessed_at",
            "tests/edge/test_headers.py::test_nobody_elses_page_may_call_unless_it_is_named",
            "tests/edge/test_connections.py::test_methods_that_are_not_ours_are_refused_and_nothing_is_echoed",
            "tests/edge/test_limits.py::test_nothing_is_said_of_a_failure_but_its_number",
            "tests/edge/test_logs.py::test_no_line_holds_what_was_sent",
            "tests/test_settings.py::test_without_any_setting_the_service_stays_on_this_machine",
            "tests/test_settings.py::test_all_wrong_settings_are_named_at_once_and_no_password_is_repeated",
            "tests/routers/test_service.py::test_the_documentation_needs_nothing_from_outside",
        ),
    ),
    Risk(
        9,
        "Improper inventory management",
        "One version of the API; its description is made from the routes, and each route must stand "
        "in the table above.",
        (
            "tests/test_matrix.py::test_the_table_names_each_operation_that_is_served_once_and_no_other",
            "tests/test_matrix.py::test_each_line_of_the_matrix_has_a_sample",
            "tests/routers/test_service.py::test_every_operation_describes_its_failures_as_problems",
        ),
    ),
    Risk(
        10,
        "Unsafe consumption of APIs",
        "What an identity provider answers counts only if it is of the right kind and size and comes "
        "in time; documents that are read in are data, and text that looks like a formula stays text.",
        (
            "tests/auth/test_oidc.py::test_only_a_proper_answer_counts",
            "tests/auth/test_oidc.py::test_a_slow_answer_is_given_up",
            "tests/routers/test_imports.py::test_a_document_that_is_no_report_is_refused",
            "tests/documents/test_workbook.py::test_text_stays_text",
        ),
    ),
)

_INTRODUCTION = f"""\
<!-- Made by `python -m docs.generate`: don't edit it here. -->

Every call but those for the form and its rules needs a token (令牌): `Authorization: Bearer …`. A
token names a holder (持有人), a role (角色), an agency (机关), or none for all of them, and a day on which
it ends: after {DEFAULT_DAYS} days where nobody says otherwise, after {MOST_DAYS} at the latest. It
reaches its agency and all below it, as the tree stands. A year's reports it also reaches as the
tree stood on 31 December of that year: a county (县) answers for its total of that year, even if a
town has moved since.

What isn't allowed is refused:

- 401: no token, or none that is good.
- 404: an agency that the token doesn't reach, just as one that isn't there.
- 403: an agency that it reaches, but the role hasn't the right (权限).
- 422: a body or a parameter names an agency that the token doesn't reach, just as an unknown one.
  Whoever hasn't the right at all gets 403, whatever is named.

Everybody may replace or revoke their own token. How to report a weakness, and what there is
besides, stands in [../SECURITY.md](../SECURITY.md)."""

_MATRIX = f"""\
Each cell says what comes of a call that is right in every other way, for four agencies: **the
token's own**, one **below** it, one **above** it and one **beside** it; one value stands for all
four. `{Outcome.DONE}`: done. `{Outcome.NOT_SHOWN}`: the list doesn't show it. A number: refused with
that status. Paths begin with `{API}`. The last column is for somebody without a token.

An agency that tokens name can't be deleted, so nobody deletes their own: 409."""

_RISKS = """\
The [OWASP API Security Top 10](https://owasp.org/API-Security/editions/2023/en/0x11-t10/) of 2023:
what is done about each, and the tests that hold it."""


def security_page() -> str:
    """Return the page about who may do what."""
    parts = [
        "# Who may do what",
        _INTRODUCTION,
        "## Roles and rights",
        _rights_table(),
        "## Routes, roles and agencies",
        _MATRIX,
        _matrix_table(),
        "## Known weaknesses of APIs",
        _RISKS,
        _risks_table(),
    ]
    return "\n\n".join(parts) + "\n"


def _rights_table() -> str:
    heads = ("Right", *(_headed(role) for role in Role))
    rows = (
        (f"{right.label} `{right}`", *("✓" if right in role.rights else "" for role in Role))
        for right in Right
    )
    return table_of(heads, rows)


def _headed(role: Role) -> str:
    return f"{role.label} `{role}`"


def _matrix_table() -> str:
    every = lines(create_app(Settings.model_construct()))
    heads = ("Call", "Right", *(_headed(role) for role in Role), "nobody")
    return table_of(heads, (tuple(_row(line)) for line in every))


def _row(line: Line) -> Iterator[str]:
    case = f" {line.case}" if line.case else ""
    yield f"`{line.method} {line.path.removeprefix(API)}`{case}"
    yield line.access.right.label if line.access.right else ""
    for caller in (*Role, None):
        outcomes = [line.outcome(caller, relation) for relation in Relation]
        yield outcomes[0].value if len(set(outcomes)) == 1 else " ".join(outcomes)


def _risks_table() -> str:
    rows = (
        (f"API{risk.number}", risk.name, risk.answer, "<br>".join(f"`{test}`" for test in risk.tests))
        for risk in RISKS
    )
    return table_of(("", "Weakness", "What is done", "Tests"), rows)
