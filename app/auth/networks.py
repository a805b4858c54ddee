"""Addresses and the networks that they lie in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

_WITH_PORT = re.compile(r"([^:]+):[0-9]+|\[([^][]+)\](?::[0-9]+)?")


def networks_in(texts: Iterable[str]) -> Networks:
    """Read addresses and networks such as `10.0.0.1` and `10.0.0.0/8`.

    Raises:
        ValueError: one is neither.
    """
    return tuple(ip_network(text) for text in texts)


def address_in(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address; None where it is none.  An IPv4 address that IPv6 carries is the IPv4 address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def without_port(text: str) -> str:
    """Return the address in `192.0.2.1:4711` or `[2001:db8::1]:4711`; what is neither stays as it is."""
    found = _WITH_PORT.fullmatch(text)
    address = text if found is None else found[1] or found[2]
    return text if address_in(address) is None else address


def is_within(address: str, networks: Networks) -> bool:
    """Tell whether an address lies in one of these networks; what is no address lies in none."""
    known = address_in(address)
    return known is not None and any(known in network for network in networks)


_NOT_PUBLIC = networks_in(
    (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a provider
        "127.0.0.0/8",  # this machine
        "169.254.0.0/16",  # this link, and where clouds tell machines about themselves
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocols
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "2001::/23",  # protocols, Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
"""IANA's registries of special addresses, as far as they are IPv4 or lie within 2000::/3."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address belongs to somebody on the internet, however IPv6 wraps it.

    Python's own `is_global` differs from version to version.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in _GLOBAL_UNICAST:
            return False
    return not any(address in network for network in _NOT_PUBLIC)
