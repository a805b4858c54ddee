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
