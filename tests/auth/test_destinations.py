"""Where webhooks may go."""

from __future__ import annotations

import pytest

from app.auth.destinations import Destination, DestinationRefused, choose_addresses, read_destination
from app.auth.networks import networks_in

OWN = networks_in(["10.9.0.0/16", "fd00:9::/32", "127.0.0.0/8"])

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
NOT_PUBLIC = [
    "0.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called_by_https(address: str) -> None:
    assert choose_addresses([address], (), is_tls=True) == [address]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_may_not(address: str) -> None:
    with pytest.raises(DestinationRefused):
        choose_addresses([address], (), is_tls=True)


def test_one_bad_address_spoils_the_good_ones() -> None:
    with pytest.raises(DestinationRefused, match=r"169\.254\.169\.254"):
        choose_addresses(["8.8.8.8", "169.254.169.254"], (), is_tls=True)


@pytest.mark.parametrize("address", ["10.9.1.1", "fd00:9::1", "::ffff:10.9.1.1"])
@pytest.mark.parametrize("is_tls", [True, False])
def test_a_network_of_the_operators_own_may_be_called_also_without_tls(address: str, is_tls: bool) -> None:  # noqa: FBT001
    assert choose_addresses([address], OWN, is_tls=is_tls) == [address]


def test_beyond_it_nothing_goes_out_without_tls() -> None:
    with pytest.raises(DestinationRefused, match="https"):
        choose_addresses(["8.8.8.8"], OWN, is_tls=False)


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        (
            "https://a.example/x?y=1",
            Destination(is_tls=True, host="a.example", port=443, target="/x?y=1", authority="a.example"),
        ),
        (
            "HTTPS://A.example:8443",
            Destination(is_tls=True, host="a.example", port=8443, target="/", authority="A.example:8443"),
        ),
        (
            "https://[2606:4700::1]:444/",
            Destination(
                is_tls=True, host="2606:4700::1", port=444, target="/", authority="[2606:4700::1]:444"
            ),
        ),
        (
            "http://10.9.0.1/",
            Destination(is_tls=False, host="10.9.0.1", port=80, target="/", authority="10.9.0.1"),
        ),
        (
            "http://inner.example/",
            Destination(is_tls=False, host="inner.example", port=80, target="/", authority="inner.example"),
        ),
        (
            "http://localhost:8080/",
            Destination(is_tls=False, host="localhost", port=8080, target="/", authority="localhost:8080"),
        ),
    ],
)
def test_an_address_is_taken_apart(url: str, destination: Destination) -> None:
    assert read_destination(url, OWN) == destination


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "//hooks.example/",
        "https:///path",
        "https://",
        "https://user@hooks.example/",
        "https://user:secret@hooks.example/",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://hooks.example/#part",
        "https://hooks.example/a b",
        "https://hooks.example/\n",
        "https://hooks.example\\@10.0.0.1/",
        "https://推送.example/",
        "https://[::1/",
        "https://[not]/",
        "https://-a.example/",
        "https://a..example/",
        "https://2130706433/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://a.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://a.localhost/",
        "http://hooks.example/",
        "http://8.8.8.8/",
    ],
)
def test_what_leads_inside_or_may_be_read_in_two_ways_is_refused_at_once(url: str) -> None:
    with pytest.raises(DestinationRefused):
        read_destination(url, ())
