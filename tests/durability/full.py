"""The disk is full while people write: what can't be stored is refused, and reading goes on."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import httpx

from app.domain.roles import Role
from tests.api import API
from tests.desk import WHOLE_TREE, bearer
from tests.durability.disk import Disk
from tests.durability.ledger import Ledger
from tests.durability.process import plant, serving
from tests.durability.stored import look
from tests.durability.writers import wait_for_more, wait_until, writing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.durability.trial import Trial

TOLD = "服务器磁盘已满，没有保存；请告诉管理员，腾出空间后再试"
MOST_ROOM = 200_000
MORE = 5


def fill_disk(trial: Trial, library: Path, folder: Path, times: int) -> None:
    """Let the disk be full for a while, again and again on a new database; judge what is stored then."""
    chance = Random(times)
    for each in range(times):
        disk = Disk(library, folder / f"full-{each}.db")
        url, ledger = plant(f"sqlite:///{disk.database}"), Ledger()
        with serving(url, disk.environment) as service:
            with writing(service.address, ledger, each) as crowd:
                wait_for_more(ledger, MORE)
                disk.fill(chance.randint(0, MOST_ROOM))
                wait_until(crowd.was_refused)
                _expect_to_be_read(service.address)
                disk.make_room()
                back = wait_for_more(ledger, 1)
                wait_for_more(ledger, MORE)
            assert set(crowd.refused) == {TOLD}
            trial.judge(ledger, look(service.address, url), back)


def _expect_to_be_read(service: str) -> None:
    for path in ("/readyz", f"{API}/reports"):
        answer = httpx.get(service + path, headers=bearer(WHOLE_TREE[Role.READER]), trust_env=False)
        assert answer.status_code == httpx.codes.OK, answer.text
