"""An identity provider for tests: a process that publishes its keys and signs whatever it is told to."""

from __future__ import annotations

import gzip
import json
import secrets
import ssl
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, cast

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/jwks"
AUDIENCE = "nianbao"
TOKEN_LIFE_S = 300
ALGORITHMS = {"RS256": "rsa", "RS384": "rsa", "PS256": "rsa", "ES256": "ec"}


@dataclass(frozen=True)
class RunningProvider:
    """A provider's process, as tests see it; no two answers or keys are shared between processes.

    Attributes:
        issuer: its address, which tokens and the discovery document name.
    """

    issuer: str
    process: subprocess.Popen[str]
    client: httpx.Client

    def token(self, **changes: object) -> str:
        """Return a token that is good but for the claims given."""
        return self.sign(self.claims(**changes))

    def claims(self, **changes: object) -> dict[str, object]:
        """Return the claims of a county's reviewer, with these instead or as well."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + TOKEN_LIFE_S,
            "sub": "zhang-san",
            "nianbao_role": "county-reviewer",
            "nianbao_agency": "640300",
            **changes,
        }

    def sign(self, claims: object, alg: str = "RS256", headers: Mapping[str, object] | None = None) -> str:
        """Return a token with just these claims; a header that is None is left out, `kid` included."""
        return str(self._post("/sign", {"alg": alg, "claims": claims, "headers": headers or {}}))

    def jwks(self) -> list[dict[str, object]]:
        """Return the keys in use, without counting as a fetch."""
        return cast("list[dict[str, object]]", self._post("/keys"))

    def rotate(self) -> None:
        """Replace all keys, under new ids."""
        self._post("/rotate")

    def fetches(self) -> Counter[str]:
        """Return how often each path was asked for since the last reset."""
        return Counter(cast("dict[str, int]", self._post("/fetches")))

    def answer(
        self, path: str, body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """From now on answer so; *body* goes out as JSON unless it is a string."""
        text = body if isinstance(body, str) else json.dumps(body)
        self._post("/answer", {"path": path, "answer": [status, headers or {}, text]})

    def publish(self, *keys: object) -> None:
        """From now on give out these keys."""
        self.answer(JWKS, {"keys": keys})

    def hold(self) -> None:
        """Let those who fetch wait for the release."""
        self._post("/hold")

    def release(self) -> None:
        self._post("/release")

    def reset(self) -> None:
        """Answer as at the beginning again, and count anew; the keys stay."""
        self._post("/reset")

    def stop(self) -> None:
        """End the process: nobody answers any more."""
        self.process.terminate()
        self.process.wait(timeout=30)

    def _post(self, path: str, order: object = None) -> object:
        return cast("object", self.client.post(path, content=json.dumps(order)).raise_for_status().json())


@contextmanager
def running_provider(certificate: Path | None = None) -> Iterator[RunningProvider]:
    """Run a provider until the block ends, with TLS if given a PEM file of a private key and its certificate.

    Raises:
        RuntimeError: it didn't start.
    """
    command = [sys.executable, __file__, *([str(certificate)] if certificate else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            issuer = process.stdout.readline().strip()
            if not issuer:
                raise RuntimeError(f"the identity provider didn't start: {process.wait()}")
            # without TLS there is nobody to trust
            verify = ssl.create_default_context(cafile=certificate) if certificate else False
            with httpx.Client(base_url=issuer, trust_env=False, timeout=30, verify=verify) as client:
                yield RunningProvider(issuer, process, client)
        finally:
            process.terminate()


class Server(ThreadingHTTPServer):
    """What the process knows: its keys, what it answers, and who asked."""

    issuer: str
    daemon_threads = True  # a held answer doesn't outlive the process

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.generation = 0
        self.gate = Event()
        self.rotate()
        self.reset()

    def rotate(self) -> None:
        self.generation += 1
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())

    def reset(self) -> None:
        self.asked: list[str] = []  # appended to by many threads, which a counter wouldn't bear
        self.answers: dict[str, tuple[int, dict[str, str], str]] = {}
        self.gate.set()

    def keys(self) -> list[dict[str, object]]:
        return [
            {
                **RSAAlgorithm.to_jwk(self.rsa.public_key(), as_dict=True),
                "kid": f"rsa-{self.generation}",
                "alg": "RS256",
                "use": "sig",
            },
            {
                **ECAlgorithm.to_jwk(self.ec.public_key(), as_dict=True),
                "kid": f"ec-{self.generation}",
                "alg": "ES256",
                "use": "sig",
            },
        ]

    def answer(self, path: str) -> tuple[int, dict[str, str], str]:
        if path in self.answers:
            return self.answers[path]
        documents: dict[str, object] = {
            DISCOVERY: {"issuer": self.issuer, "jwks_uri": self.issuer + JWKS},
            JWKS: {"keys": self.keys()},
        }
        return (200, {}, json.dumps(documents[path])) if path in documents else (404, {}, "")

    def sign(self, alg: str, claims: object, headers: Mapping[str, object]) -> str:
        kind = ALGORITHMS[alg]
        header = {"kid": f"{kind}-{self.generation}", **headers}
        given = {name: value for name, value in header.items() if value is not None}
        key = self.rsa if kind == "rsa" else self.ec
        return jwt.PyJWS().encode(json.dumps(claims).encode(), key, alg, given)

    def obey(self, order: str, details: dict[str, object]) -> object:
        match order:
            case "/sign":
                return self.sign(**details)  # type: ignore[arg-type]  # whatever the test sent
            case "/keys":
                return self.keys()
            case "/fetches":
                return Counter(self.asked)
            case "/answer":
                self.answers[str(details["path"])] = cast(
                    "tuple[int, dict[str, str], str]", details["answer"]
                )
            case "/rotate":
                self.rotate()
            case "/reset":
                self.reset()
            case "/hold":
                self.gate.clear()
            case "/release":
                self.gate.set()
        return None


class Handler(BaseHTTPRequestHandler):
    """GET is what the service may ask for; POST is the test's orders."""

    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.gate.wait()
        status, headers, text = self.server.answer(self.path)
        body = text.encode()
        # as a proxy in front of it would
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            headers, body = {**headers, "Content-Encoding": "gzip"}, gzip.compress(body)
        self.reply(status, headers, body)

    def do_POST(self) -> None:
        details = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.reply(200, {}, json.dumps(self.server.obey(self.path, details)).encode())

    def reply(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        # the service hangs up on an answer that is too long
        with suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def listen() -> Server:
    """Listen on a port below those that the system hands out, so that nobody takes it once this has ended."""
    while True:
        with suppress(OSError):
            return Server(("127.0.0.1", 20_000 + secrets.randbelow(10_000)))


def main(certificates: list[str]) -> None:
    """Serve until terminated; print the issuer when ready."""
    server = listen()
    for certificate in certificates:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.issuer = f"{'https' if certificates else 'http'}://127.0.0.1:{server.server_port}"
    print(server.issuer, flush=True)  # noqa: T201 - the one who started it reads this
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
