"""Addresses and the networks that they lie in."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest

from app.auth.networks import address_in, is_within, networks_in, without_port

INSIDE = networks_in(["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"])


@pytest.mark.parametrize(
    "address", ["10.1.0.0", "10.1.255.255", "192.0.2.7", "2001:db8:ffff::1", "::ffff:10.1.2.3"]
)
def test_an_address_lies_in_the_network_that_holds_it(address: str) -> None:
    assert is_within(address, INSIDE)


@pytest.mark.parametrize(
    "address",
    ["10.2.0.0", "192.0.2.8", "2001:db9::1", "::ffff:10.2.0.0", "::1", "", "unknown", "10.1.0.1:80", "10.1"],
)
def test_another_address_and_what_is_none_lie_in_none(address: str) -> None:
    assert not is_within(address, INSIDE)
    assert not is_within(address, ())


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "中", "10.0.0.0-10.0.0.9"], ids=ascii)
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        networks_in(["10.0.0.0/8", text])


def test_an_ipv4_address_that_ipv6_carries_is_the_ipv4_address() -> None:
    assert address_in("::ffff:10.0.0.1") == IPv4Address("10.0.0.1")
    assert address_in("10.0.0.1") == IPv4Address("10.0.0.1")
    assert address_in("::1") == IPv6Address("::1")
    assert address_in("testclient") is None


@pytest.mark.parametrize(
    ("hop", "address"),
    [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1:4711", "2001:db8::1:4711"),
        ("[::ffff:192.0.2.1]:80", "::ffff:192.0.2.1"),
    ],
)
def test_a_port_behind_an_address_is_left_out(hop: str, address: str) -> None:
    """Of an IPv6 address without brackets nothing is: it can't be told from the address."""
    assert without_port(hop) == address


@pytest.mark.parametrize(
    "hop",
    [
        "",
        "unknown",
        "unknown:80",
        "[unknown]:80",
        "192.0.2.1:",
        "192.0.2.1:http",
        "192.0.2.256:80",
        "192.0.2.1:80:80",
        "[2001:db8::1]80",
        "[2001:db8::1",
        "2001:db8::1]:80",
    ],
)
def test_what_is_no_address_with_a_port_stays_as_it_is(hop: str) -> None:
    assert without_port(hop) == hop
