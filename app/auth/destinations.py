"""Where webhooks may go: to public addresses by HTTPS, and into networks that the operator named.

What is judged is the address that is connected to, each time anew; a name may lead elsewhere the next time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.auth.networks import Networks, address_in, is_public, is_within

_NAME = re.compile(r"(?!-)[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*")
_VISIBLE = re.compile(r"[!-~]+")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_PORTS = {"https": 443, "http": 80}
_LOOPBACK = "127.0.0.1"


class DestinationRefused(Exception):  # noqa: N818 - a refusal isn't an error of the program
    """Nothing is sent there; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Destination:
    """The parts of a webhook's address.

    Attributes:
        is_tls: whether it is called by HTTPS.
        host: a name or an address, as certificates have it.
        port: of the service there.
        target: path and query.
        authority: host and port as the Host header has them.
    """

    is_tls: bool
    host: str
    port: int
    target: str
    authority: str


def read_destination(url: str, own: Networks) -> Destination:
    """Take an address apart, as far as it may be called at all.

    Args:
        url: the address.
        own: networks that the operator named.

    Raises:
        DestinationRefused: it may not, wherever its name leads.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as wrong:
        raise DestinationRefused("不是完整的网址") from wrong
    host = parts.hostname or ""
    _refuse_odd(url, parts.scheme, parts.netloc, host)
    if port == 0 or parts.fragment:
        raise DestinationRefused("端口不能是 0，也不要带 #")
    is_tls = parts.scheme == "https"
    literal = _LOOPBACK if _is_this_machine(host) else host
    if address_in(literal) is not None:
        choose_addresses([literal], own, is_tls=is_tls)
    elif not is_tls and not own:
        raise DestinationRefused(_ONLY_HTTPS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(is_tls, host, port or _PORTS[parts.scheme], target, parts.netloc)


_ONLY_HTTPS = "应以 https:// 开头；只有发往 NIANBAO_WEBHOOK_NETWORKS 中的网段才可以用 http://"


def _refuse_odd(url: str, scheme: str, netloc: str, host: str) -> None:
    """Refuse what programs read in more than one way, and what they guess addresses from."""
    if scheme not in _PORTS:
        raise DestinationRefused("应以 https:// 开头")
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise DestinationRefused("只能用 ASCII 字符，不能有空格和反斜杠；中文域名请写成 xn-- 的形式")
    if "@" in netloc:
        raise DestinationRefused("网址里不要写用户名和密码")
    if address_in(host) is None and not _NAME.fullmatch(host):
        raise DestinationRefused("不是正确的域名或地址")
    if address_in(host) is None and _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise DestinationRefused("IPv4 地址应写成 203.0.113.5 这样的四段十进制数")


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def choose_addresses(addresses: Sequence[str], own: Networks, *, is_tls: bool) -> Sequence[str]:
    """Return the addresses that a name leads to, if all of them may be connected to.

    One that may not spoils the others: whoever answers for the name isn't to be trusted with any.

    Raises:
        DestinationRefused: one may not, or there is none.
    """
    if not addresses:
        raise DestinationRefused("域名没有对应的地址")
    for address in addresses:
        if is_within(address, own):
            continue
        if not is_tls:
            raise DestinationRefused(_ONLY_HTTPS)
        known = address_in(address)
        if known is None or not is_public(known):
            raise DestinationRefused(f"{address} 不是公网地址，也不在 NIANBAO_WEBHOOK_NETWORKS 中，不能推送")
    return addresses
