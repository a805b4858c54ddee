"""Addresses and the networks that they lie in."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


def networks_in(texts: Iterable[str]) -> Networks:
    """Read addresses and networks such as `10.0.0.1` and `10.0.0.0/8`.

    Raises:
        ValueError: one is neither.
    """
    return tuple(ip_network(text) for text in texts)


def is_within(address: str, networks: Networks) -> bool:
    """Tell whether an address lies in one of these networks; what is no address lies in none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
