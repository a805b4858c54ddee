"""Who is let in at once, who waits, and who is told to come again: before anything of a request is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from app.auth.lockout import line_of
from app.edge.problems import refuse
from app.errors import TooManyRequests, Unavailable
from app.services.access import client_address

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.auth.networks import Networks
    from app.jobs.lane import Lane

ALWAYS = frozenset({"/livez", "/readyz"})
"""What is asked about the service's health is never kept waiting."""


class Admission:
    """Gives each request a place in the lane, and keeps it there until it is answered.

    The place is in the request's state, for routes that wait for something else and want to leave it early.
    """

    def __init__(
        self,
        app: ASGIApp,
        lane: Lane,
        proxies: Networks,
    ) -> None:
        self.app = app
        self.lane = lane
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            place = await self.lane.enter(self._client_of(request))
        except (TooManyRequests, Unavailable) as refusal:
            await (await refuse(request, refusal))(scope, receive, send)
            return
        request.state.place = place
        try:
            await self.app(scope, receive, send)
        finally:
            place.leave()

    def _client_of(self, request: Request) -> str | None:
        """Return the address that a request counts against; None for a gateway that doesn't tell."""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        peer = request.client.host if request.client else ""
        return line_of(client_address(peer, forwarded, self.proxies))
