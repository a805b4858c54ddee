"""The application: the one place that knows every part."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from app import __version__
from app.auth.lockout import Lockout
from app.auth.oidc import IdentityProvider
from app.edge.admission import Admission
from app.edge.headers import Origins, SafeHeaders
from app.edge.limits import BodyLimit, HeadLimit
from app.edge.methods import Methods
from app.edge.problems import handle_failures
from app.edge.requests import AccessLog, LastResort, RequestIds
from app.jobs.courier import Courier, Round
from app.jobs.exports import ExportLimits, Exports
from app.jobs.lane import Lane, Limits
from app.jobs.sending import Sender
from app.jobs.worker import Opening
from app.routers import (
    access,
    agencies,
    audit,
    batches,
    changes,
    collections,
    explanations,
    finalisations,
    forms,
    imports,
    parts,
    progress,
    reconciliation,
    reports,
    roll_ups,
    rules,
    service,
    suggestions,
    validations,
    versions,
    webhooks,
    workflow,
)
from app.schemas.openapi import describe
from app.services.access import Gate
from app.services.refusals import RefusalLog
from app.services.retries import Underway
from app.settings import Settings, read_settings
from app.storage.engine import open_database

ROUTERS = (
    forms.router,
    rules.router,
    validations.router,
    agencies.router,
    reports.router,
    suggestions.router,
    batches.router,
    workflow.router,
    explanations.router,
    versions.router,
    parts.router,
    imports.router,
    roll_ups.router,
    finalisations.router,
    reconciliation.router,
    collections.router,
    progress.router,
    changes.router,
    access.router,
    audit.router,
    webhooks.router,
    service.router,
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application; nothing is read from the environment where settings are given."""
    chosen = settings or read_settings()
    app = FastAPI(
        title="年报 nianbao",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = chosen
    app.state.database = open_database(chosen.database_url, chosen.pool_size, chosen.digest, chosen.patience)
    app.state.hashing = chosen.hashing
    app.state.underway = Underway()
    app.state.refusals = RefusalLog(app.state.database)
    app.state.gate = _make_gate(app, chosen)
    app.state.courier = _make_courier(app, chosen)
    app.state.exports = _make_exports(app, chosen)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.mount(service.ASSETS_AT, service.Assets(directory=service.find_assets()), name="assets")
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    handle_failures(app)
    _guard(app, chosen)
    return app


def _guard(app: FastAPI, settings: Settings) -> None:
    """Put the service's edges around it; the last one added sees a request first."""
    app.add_middleware(BodyLimit, most=settings.max_body_bytes, seconds=settings.body_seconds)
    app.add_middleware(Admission, lane=_make_lane(settings), proxies=settings.proxies)
    app.add_middleware(
        HeadLimit,
        most=settings.max_head_bytes,
        most_headers=settings.max_headers,
        longest_address=settings.max_url_bytes,
    )
    app.add_middleware(Methods)
    app.add_middleware(LastResort)
    app.add_middleware(Origins, allowed=settings.origins)
    app.add_middleware(SafeHeaders)
    app.add_middleware(AccessLog)
    app.add_middleware(RequestIds)


def _make_gate(app: FastAPI, settings: Settings) -> Gate:
    provider = settings.provider
    return Gate(
        app.state.database,
        app.state.hashing,
        settings.proxies,
        Lockout(settings.lockout_failures, settings.lockout_seconds),
        app.state.refusals,
        None if provider is None else IdentityProvider(provider),
    )


def _make_courier(app: FastAPI, settings: Settings) -> Courier:
    # without a key there are no webhooks, or none that could be told anything
    workers = settings.webhook_workers if settings.key else 0
    return Courier(Round(app.state.database, settings.key, Sender(settings.reachable)), workers)


def _make_lane(settings: Settings) -> Lane:
    # each that is worked on may need a connection
    running = min(settings.max_running, settings.pool_size)
    return Lane(Limits(running, settings.max_waiting, settings.max_wait_seconds, settings.max_of_one_client))


def _make_exports(app: FastAPI, settings: Settings) -> Exports:
    limits = ExportLimits(
        settings.export_workers,
        settings.export_waiting,
        settings.export_wait_seconds,
        settings.export_seconds,
    )
    opening = Opening(settings.database_url, settings.digest, settings.patience)
    return Exports(app.state.database, opening, limits)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.courier.start()
    yield
    await app.state.exports.end()
    await run_in_threadpool(app.state.courier.stop)
    app.state.refusals.flush()
    app.state.database.engine.dispose()
