"""The real service does what a model of a few hundred lines of plain Python says, whatever people try.

Hypothesis makes people of several roles and reaches take steps, allowed ones and others; each answer's status
is foretold by the model, and after each step what can be seen is held to it.  Between the steps requests come
again by their keys, the service is stopped and started, and a copy is kept by the feed of changes.

NIANBAO_MODEL_EXAMPLES asks for that many scripts for each database, others each time; without it the run is
short and always the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self, TypeAlias, cast

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from app.domain.roles import Role
from app.main import create_app
from app.settings import Settings
from app.writing import REPLAYED
from tests.api import API, address, state_of
from tests.desk import Desk, holder_of
from tests.model import Model
from tests.model_terms import (
    BALANCED,
    COUNTED,
    IMPLAUSIBLE,
    RIGHTS,
    STEPS,
    SYSTEM,
    Content,
    Entry,
    Item,
    Token,
    Verdict,
)
from tests.plans import AcceptOwn, Again, Deliver, Doubt, Follow, Plan, Proceed, Restart, Work
from tests.services.trees import clear
from tests.stage import Call, Stage
from tests.steps import (
    AGENCIES,
    AGGREGATES,
    CAST,
    TOTAL,
    TOWNS,
    Batch,
    Create,
    Delete,
    Explain,
    Issue,
    Look,
    Move,
    Patch,
    Put,
    Remark,
    Review,
    Revoke,
    Step,
    Take,
    agency_body,
    cells_in,
    token_body,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response

Happening: TypeAlias = "Step | Plan | Again | Restart | Follow"
"""What may happen next."""

EXAMPLES = int(os.environ.get("NIANBAO_MODEL_EXAMPLES", "0"))
SHORT, STEPS_EACH = 3, 25
LARGEST_PAGE = 200
OPERATOR = holder_of(Role.ADMINISTRATOR)
OVERSEER = Token(holder_of(Role.SYSTEM), "system", None)
AUDITOR = Token(holder_of(Role.REVIEWER), "reviewer", None)
TOTALS = [(top, basis) for top in ("P", "A", "B") for basis in COUNTED]
RUN = settings(
    max_examples=EXAMPLES or SHORT,
    stateful_step_count=STEPS_EACH,
    derandomize=not EXAMPLES,
    database=None,
    # a script that fails is told as it is: making it shorter takes minutes
    phases=[Phase.generate],
    # steps call a whole service
    suppress_health_check=list(HealthCheck),
)

WHO = st.integers(0, len(CAST) + 2)
AGENCY = st.sampled_from([*AGENCIES, *TOWNS])
NUMBER = st.sampled_from((0, 1, 7, 10**5, IMPLAUSIBLE))
CONTENT = st.builds(Content, NUMBER | st.none(), st.sampled_from((BALANCED,) * 5 + (4, None)))
CHANGE = st.tuples(st.just("licensing"), NUMBER | st.none()) | st.tuples(
    st.just("received"), st.sampled_from((BALANCED, BALANCED, 5, None))
)
DRAFT = st.booleans()
TAG = st.sampled_from(("current",) * 6 + ("any", "stale", "none"))
NEW_TAG = st.sampled_from(("none",) * 3 + ("current",) * 4 + ("stale", "any"))

CREATE = st.builds(Create, WHO, AGENCY, CONTENT, DRAFT)
PUT = st.builds(Put, WHO, AGENCY, CONTENT, DRAFT, NEW_TAG)
PATCH = st.builds(Patch, WHO, AGENCY, CHANGE, st.sampled_from((False, False, True)), TAG)
DELETE = st.builds(Delete, WHO, AGENCY, TAG)
TAKE = st.builds(
    Take,
    WHO,
    AGENCY,
    st.sampled_from(list(STEPS)),
    st.sampled_from((True, True, True, False)),
    st.sampled_from(("none", "none", "current", "stale")),
)
PLACE = st.sampled_from((*TOWNS, "A1", "A1", "A"))
PROCEED = st.builds(Proceed, PLACE, st.integers(0, 50))
WORK = st.builds(Work, PLACE, NUMBER, st.integers(0, 50))
ACCEPT_OWN = st.builds(AcceptOwn, NUMBER)
ITEMS = st.lists(st.builds(Item, AGENCY, CONTENT, NEW_TAG), min_size=1, max_size=4).map(tuple)
BATCH = st.builds(Batch, WHO, ITEMS, st.booleans(), DRAFT)
DELIVER = st.builds(Deliver, st.sets(AGENCY, min_size=1).map(sorted).map(tuple), NUMBER, st.integers(0, 50))
AGAIN = st.builds(Again, st.integers(0, 50))
FOLLOW = st.builds(Follow, st.integers(1, 5))
RESTART = st.just(Restart())
TEXT = st.sampled_from(("已与登记台账逐条核对，没有填错", "经县局复核，数字属实，没有填错", "没有填错"))
EXPLAIN = st.builds(Explain, WHO, PLACE, TEXT, st.sampled_from(("none", "current", "current", "stale")))
REVIEW = st.builds(
    Review, WHO, PLACE, st.sampled_from(list(Verdict)), st.sampled_from(("none", "current", "stale"))
)
DOUBT = st.builds(Doubt, PLACE, st.integers(0, 50))
REMARK = st.builds(Remark, WHO, AGENCY, st.sampled_from((TOTAL, TOTAL, "requests.recieved.total")))
MOVE = st.builds(Move, WHO, st.sampled_from(TOWNS), st.sampled_from(list(AGENCIES)), TAG)
CORRECT_PLACE = st.builds(Move, st.just(6), st.sampled_from(TOWNS), AGENCY, st.just("current"))
HOLDER = st.sampled_from(("Li Wei", "ＬＩ ＷＥＩ", "赵敏", "郑新"))
ISSUE = st.builds(Issue, WHO, HOLDER, st.sampled_from(list(RIGHTS)), AGENCY | st.none())
REVOKE = st.builds(Revoke, WHO, WHO)
LOOK = st.builds(Look, WHO, AGENCY, st.sampled_from(list(Look.PATHS)), st.sampled_from(list(COUNTED)))


@dataclass
class Play:
    """The model and one application or two, which take the same steps.

    Attributes:
        stages: the applications.
        model: what they are held to.
        taken: how many steps were taken.
    """

    stages: list[Stage]
    model: Model = field(init=False)
    taken: int = 0

    def __post_init__(self) -> None:
        """Empty the databases, then let the operator register the agencies and hand out the tokens."""
        for stage in self.stages:
            state = cast("FastAPI", stage.client.app).state
            state.refusals.flush()
            clear(state.database)
        self.model = Model({}, frozenset(TOWNS), frozenset(AGGREGATES))
        for code, parent in AGENCIES.items():
            self._send(Call("PUT", f"{API}/agencies/{code}", agency_body(code, parent)), 201)
            self.model.parents[code] = parent
            self.model.trail.append(Entry(SYSTEM, "agency.create", OPERATOR, code))
        for token in CAST:
            wanted = token_body(token.holder, token.role, token.agency)
            self._send(Call("POST", f"{API}/tokens", wanted), 201)
            self.model.tokens.append(replace(token))
            self.model.trail.append(Entry(SYSTEM, "token.issue", OPERATOR, token.agency))

    def _send(self, call: Call, status: int) -> Response:
        return self._compare(status, [stage.send(call, None) for stage in self.stages])

    def _compare(self, status: int, answers: list[Response]) -> Response:
        """Hold the answers to the status foretold and to each other."""
        told = [stage.told(answer) for stage, answer in zip(self.stages, answers, strict=True)]
        assert {each[0] for each in told} == {status}, told
        assert told == told[:1] * len(told)
        return answers[0]

    def do(self, wanted: Happening) -> None:
        """Let something happen."""
        match wanted:
            case Restart():
                self.restart()
            case Again(choice):
                self.send_again(choice)
            case Follow(limit):
                self.follow(limit)
            case _:
                self.take(wanted)

    def restart(self) -> None:
        """Stop and start the service: it tells of refusals that came again, and forgets nothing."""
        for stage in self.stages:
            stage.service.restart()
        self.model.flush()

    def send_again(self, choice: int) -> None:
        """Send a request again by its key: the answer is the first one, and nothing happens."""
        if not self.stages[0].sent:
            return
        place = choice % len(self.stages[0].sent)
        token = self.model.tokens[self.stages[0].sent[place].who]
        status = self.model.status_of(token, lambda *_: 0)
        for stage in self.stages:
            sent = stage.sent[place]
            again = stage.client.request("POST", **sent.request)
            if status:
                assert again.status_code == status
            else:
                assert (again.status_code, again.content) == (sent.answer.status_code, sent.answer.content)
                assert again.headers[REPLAYED] == "true"
        self.follow(LARGEST_PAGE)

    def follow(self, limit: int) -> None:
        """Hold a copy that is kept by the feed of changes to the model."""
        for stage in self.stages:
            stage.follow(limit)
            assert (stage.agencies, stage.reports) == self.model.copy()

    def take(self, wanted: Step | Plan) -> None:
        """Take a step: every answer must be the model's."""
        step = wanted.step_in(self.model) if isinstance(wanted, Plan) else wanted
        if step is None:
            return
        self.taken += 1
        who = step.who % len(self.model.tokens)
        token, calls = self.model.tokens[who], [step.call(stage) for stage in self.stages]
        tag = getattr(step, "tag", "none")
        status = self.model.status_of(token, step.expect)
        pairs = zip(self.stages, calls, strict=True)
        answer = self._compare(status, [stage.send(call, who, tag) for stage, call in pairs])
        if isinstance(step, Batch) and answer.is_success:
            step.check(self.model, answer.json())
        if isinstance(step, Look) and status == 200:
            step.check(self.model, token, answer.json())
        if isinstance(step, Create | Put | Patch | Take | Explain | Review) and answer.is_success:
            Look(who, step.agency, "report", "").check(self.model, token, answer.json())

    def look(self, what: str, agency: str, who: int | None = None, basis: str = "submitted") -> None:
        """Hold what somebody sees to the model; without *who*, somebody who sees everything."""
        look = Look(0, agency, what, basis)
        outsider = AUDITOR if what == "audit" else OVERSEER
        token = outsider if who is None else self.model.tokens[who]
        calls = [look.call(stage) for stage in self.stages]
        status = self.model.status_of(token, look.expect)
        answers = [stage.send(call, who) for stage, call in zip(self.stages, calls, strict=True)]
        answer = self._compare(status, answers)
        if status == 200:
            look.check(self.model, token, answer.json())

    def check(self, agency: str) -> None:
        """Hold to the model the trail, a total, and something of what somebody sees, in turn."""
        self.check_trail()
        top, basis = TOTALS[self.taken % len(TOTALS)]
        self.look("total", top, basis=basis)
        what = ("report", "actions", "reports", "agencies", "versions", "explanations")[self.taken % 6]
        self.look(what, agency, self._somebody())

    def _somebody(self) -> int | None:
        live = [who for who, token in enumerate(self.model.tokens) if not token.is_revoked]
        return live[self.taken % len(live)] if live else None

    def check_trail(self) -> None:
        """Hold the chains to be whole, and to have an entry for each act."""
        for stage in self.stages:
            checked = stage.client.get(f"{API}/audit/verification").json()
            assert checked["intact"], checked
            assert {chain["chain"]: chain["number"] for chain in checked["chains"]} == self.model.chains()

    def check_all(self) -> None:
        """Hold everything to the model: each total, and of each report all that there is."""
        for top, basis in TOTALS:
            self.look("total", top, basis=basis)
        for who in (None, self._somebody()):
            self.look("agencies", "P", who)
            self.look("reports", "P", who)
        for agency in self.model.reports:
            for what in ("report", "actions", "versions", "comments", "explanations"):
                self.look(what, agency)
            self._check_contents(agency)
        self.look("audit", "P")
        self.check_trail()
        self.follow(LARGEST_PAGE)

    def _check_contents(self, agency: str) -> None:
        report = self.model.reports[agency]
        for number, content in enumerate(report.contents, 1):
            shown = self._send(Call("GET", address(agency, rest=f"/versions/{number}")), 200).json()
            assert cells_in(shown["report"]) == content
        tag = state_of(self._send(Call("GET", address(agency)), 200))
        assert tag.strip('"').rpartition("-")[2] == str(report.revision)


class Running:
    """An application that never locks anybody out and whose clock for refusals stands, and its client."""

    client: Desk

    def __init__(self, database_url: str) -> None:
        self._settings = Settings(database_url=database_url, lockout_failures=10**6)

    def __enter__(self) -> Self:
        app = create_app(self._settings)
        app.state.refusals.now = lambda: 0.0
        self.client = Desk(app, raise_server_exceptions=False)
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__()

    def restart(self) -> None:
        """Close the application and make it anew on the same database."""
        self.__exit__()
        self.__enter__()


ALLOWED = [*[PROCEED] * 8, *[WORK] * 3, *[DOUBT] * 6, *[CORRECT_PLACE] * 2, *[DELIVER] * 2]
OTHERWISE = [*[AGAIN] * 3, FOLLOW, RESTART]
TRIED = [
    ACCEPT_OWN,
    BATCH,
    CREATE,
    PUT,
    PATCH,
    DELETE,
    TAKE,
    EXPLAIN,
    REVIEW,
    REMARK,
    MOVE,
    ISSUE,
    REVOKE,
    LOOK,
]
ANYTHING = st.one_of(ALLOWED + TRIED + OTHERWISE)


class Office(RuleBasedStateMachine):
    """People at work on one database."""

    def __init__(self, service: Running) -> None:
        super().__init__()
        self.play = Play([Stage(service)])

    @rule(step=ANYTHING)
    def do(self, step: Happening) -> None:
        self.play.do(step)
        self.play.check(getattr(step, "agency", None) or TOWNS[0])

    def teardown(self) -> None:
        self.play.check_all()


def test_the_service_does_what_the_model_says(database_url: str) -> None:
    with Running(database_url) as service:

        class Here(Office):
            def __init__(self) -> None:
                super().__init__(service)

        run_state_machine_as_test(Here, settings=RUN)


def test_what_is_published_counts_wherever_its_agency_moves_until_a_correction_is(database_url: str) -> None:
    onwards, there = Proceed("A1", 0), Move(6, "A1", "B", "current")
    back = replace(there, parent="A")
    script: list[Step | Plan] = [onwards] * 4
    script += [onwards, Work("A1", 7, 1), there, Work("A1", 9, 1), AcceptOwn(5), back, onwards, onwards]
    with Running(database_url) as service:
        play = Play([Stage(service)])
        for step in [*script, there, onwards]:
            play.take(step)
            for top, basis in TOTALS:
                play.look("total", top, basis=basis)
            play.check("A1")
        play.check_all()
    # filed, corrected three times, published twice and opened again
    assert play.model.reports["A1"].published == 4
    assert play.model.reports["A1"].is_revised


def test_an_explanation_is_given_refused_given_anew_and_accepted(database_url: str) -> None:
    told, again = "已与登记台账逐条核对，没有填错", "经县局复核，数字属实，没有填错"
    submit, accept = (
        Take(who, "A1", action, explained=False, tag="none") for who, action in ((0, "submit"), (3, "accept"))
    )
    script: list[Step] = [
        Create(0, "A1", Content(IMPLAUSIBLE, BALANCED), draft=True),
        submit,  # refused: not explained
        Explain(0, "A1", "没有填错", "current"),  # refused: too short
        Explain(0, "A1", told, "current"),
        Explain(0, "A1", told, "current"),  # said already
        submit,
        accept,  # refused: nobody has looked at the explanation
        Review(2, "A1", Verdict.ALL, "current"),  # refused: whoever explained comes by another name
        Review(3, "A1", Verdict.WITHOUT_REASON, "none"),
        Review(3, "A1", Verdict.REFUSED, "current"),
        submit,  # refused: the explanation won't do
        Explain(0, "A1", told, "current"),  # refused: nor the same once more
        Explain(1, "A1", again, "current"),
        submit,
        Review(3, "A1", Verdict.ALL, "current"),
        accept,
        Explain(0, "A1", told, "current"),  # refused: closed
    ]
    with Running(database_url) as service:
        play = Play([Stage(service)])
        for step in script:
            play.take(step)
            play.look("explanations", "A1")
            play.check("A1")
        play.check_all()
    report = play.model.reports["A1"]
    assert report.status == "accepted"
    assert [word.state for word in report.words] == ["refused", "accepted"]


SCRIPTS = st.lists(ANYTHING, min_size=STEPS_EACH, max_size=STEPS_EACH)


def test_both_databases_answer_one_script_alike(sqlite_url: str, postgres_url: str) -> None:
    with Running(sqlite_url) as on_sqlite, Running(postgres_url) as on_postgres:

        @RUN
        @given(script=SCRIPTS)
        def run(script: list[Happening]) -> None:
            play = Play([Stage(on_sqlite), Stage(on_postgres)])
            for step in script:
                play.do(step)
            play.check_all()

        run()
