"""Which addresses a message of a company may go to: those of the public internet, and no others."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING, Final

from tiebeam.operations.alerts.own.model import ChannelRefusedError

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

LOOKUP_SECONDS_MAX: Final = 5.0
# What carries an IPv4 address within an IPv6 one; a gateway would unpack it behind our back.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32_BITS: Final = 0xFFFF_FFFF


def fault_of(address: str) -> str | None:
    """Return why nothing is sent to an IP address, as a word (`loopback` …); None when it may be."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unreadable"
    return next((why for one in (found, *_within(found)) if (why := _why(one))), None)


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, ipaddress.IPv4Address):
        return []
    nat64 = ipaddress.IPv4Address(int(address) & _LOW_32_BITS) if address in _NAT64 else None
    teredo = address.teredo or ()
    return [one for one in (address.ipv4_mapped, address.sixtofour, nat64, *teredo) if one is not None]


def _why(address: IPv4Address | IPv6Address) -> str | None:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return None  # What it stands for is judged in its place.
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    return None if address.is_global else "private"


async def require_public(host: str) -> None:
    """Look a host up, and raise ChannelRefusedError when any of its addresses is not a public one."""
    try:
        async with asyncio.timeout(LOOKUP_SECONDS_MAX):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # A timeout is an OSError as well.
        raise ChannelRefusedError(
            "The channel's host cannot be found.", action="Correct the host in the URL, or try again later."
        ) from None
    why = next((why for one in found if (why := fault_of(str(one[4][0])))), None)
    if why is not None:
        raise leads_to(why)


def leads_to(why: str) -> ChannelRefusedError:
    """Return the refusal of a host whose address is a loopback, a private one or the like."""
    article = "an" if why == "unreadable" else "a"
    return ChannelRefusedError(
        f"The channel's host leads to {article} {why} address, and messages go to the public internet alone.",
        action="Use a host that everybody can reach. Whoever runs Tiebeam may allow others with "
        "TIEBEAM_ALERT_PRIVATE_ADDRESSES.",
    )
