"""Lanes: who gets a place, who waits, who is told to come again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import TooManyRequests, Unavailable
from app.jobs.lane import Lane, Limits, Place

if TYPE_CHECKING:
    from collections.abc import Coroutine

LONG, SHORT = 60, 0.01


def a_lane(running: int = 2, waiting: int = 10, seconds: float = LONG, of_one_client: int = 20) -> Lane:
    return Lane(Limits(running, waiting, seconds, of_one_client))


async def begin(entering: Coroutine[None, None, Place]) -> asyncio.Task[Place]:
    """Let somebody come up to the lane, and wait there if need be."""
    task = asyncio.create_task(entering)
    await asyncio.sleep(0)
    return task


def test_so_many_are_served_at_once_and_the_next_when_one_leaves() -> None:
    async def scene() -> None:
        lane = a_lane()
        first, _second = await lane.enter("a"), await lane.enter("b")
        third = await begin(lane.enter("c"))
        assert not third.done()
        first.leave()
        assert (await third).client == "c"

    asyncio.run(scene())


def test_leaving_twice_makes_room_once() -> None:
    async def scene() -> None:
        lane = a_lane(running=1)
        first = await lane.enter("a")
        first.leave()
        await lane.enter("b")
        first.leave()
        third = await begin(lane.enter("c"))
        assert not third.done()
        third.cancel()

    asyncio.run(scene())


def test_whoever_finds_the_line_full_is_refused_at_once() -> None:
    async def scene() -> None:
        lane = a_lane(running=1, waiting=1)
        await lane.enter("a")
        waiting = await begin(lane.enter("b"))
        with pytest.raises(Unavailable):
            await lane.enter("c")
        waiting.cancel()

    asyncio.run(scene())


def test_whoever_waits_too_long_is_refused_and_stands_in_nobody_s_way() -> None:
    async def scene() -> None:
        lane = a_lane(running=1, waiting=1, seconds=SHORT)
        first = await lane.enter("a")
        with pytest.raises(Unavailable):
            await lane.enter("b")
        first.leave()
        assert (await lane.enter("c")).client == "c"

    asyncio.run(scene())


def test_one_client_takes_so_many_places_and_no_more() -> None:
    async def scene() -> None:
        lane = a_lane(running=2, of_one_client=2)
        await lane.enter("a")
        second = await begin(lane.enter("a"))
        with pytest.raises(TooManyRequests):
            await lane.enter("a")
        assert (await lane.enter("b")).client == "b"
        second.cancel()

    asyncio.run(scene())


def test_one_client_never_has_every_place() -> None:
    async def scene() -> None:
        lane = a_lane(running=4)
        held = [await begin(lane.enter("slow")) for _ in range(4)]
        assert [each.done() for each in held] == [True, True, True, False]
        assert (await lane.enter("quick")).client == "quick"
        held[3].cancel()

    asyncio.run(scene())


def test_a_place_goes_to_whoever_has_the_fewest() -> None:
    async def scene() -> None:
        lane = a_lane(running=2)
        first, _second = await lane.enter("busy"), await lane.enter("other")
        line = [await begin(lane.enter(client)) for client in ("busy", "busy", "quiet")]
        first.leave()
        await asyncio.sleep(0)
        # nobody has a place of these two: who came first is called
        assert [each.done() for each in line] == [True, False, False]
        (await line[0]).leave()
        await asyncio.sleep(0)
        assert [each.done() for each in line] == [True, True, False]
        _second.leave()
        await asyncio.sleep(0)
        assert line[2].done()

    asyncio.run(scene())


def test_who_has_no_address_counts_against_nobody() -> None:
    async def scene() -> None:
        lane = a_lane(running=4, of_one_client=1)
        assert len({id((await lane.enter(None)).client) for _ in range(4)}) == 4

    asyncio.run(scene())


def test_whoever_hangs_up_while_waiting_leaves_the_line() -> None:
    async def scene() -> None:
        lane = a_lane(running=1, waiting=1)
        first = await lane.enter("a")
        gone = await begin(lane.enter("b"))
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        next_ = await begin(lane.enter("c"))
        first.leave()
        assert (await next_).client == "c"

    asyncio.run(scene())


def test_a_turn_that_comes_as_its_client_hangs_up_goes_to_the_next() -> None:
    async def scene() -> None:
        lane = a_lane(running=1)
        first = await lane.enter("a")
        gone, next_ = await begin(lane.enter("b")), await begin(lane.enter("c"))
        first.leave()
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert (await next_).client == "c"

    asyncio.run(scene())


def test_a_turn_isn_t_given_to_a_client_that_is_hanging_up() -> None:
    async def scene() -> None:
        lane = a_lane(running=1)
        first = await lane.enter("a")
        gone, next_ = await begin(lane.enter("b")), await begin(lane.enter("c"))
        gone.cancel()
        first.leave()
        assert (await next_).client == "c"
        assert gone.cancelled() or (await asyncio.gather(gone, return_exceptions=True))

    asyncio.run(scene())
