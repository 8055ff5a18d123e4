"""Attempts to reach anything outside over a network."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import pytest

from tests.abuse.arena import Arena, Attempt, no_one_came, says
from tests.contract.kernel_harness import Cell, run

pytestmark = [pytest.mark.docker, pytest.mark.asyncio(loop_scope="session")]

ATTEMPTS = (
    Attempt(
        "network-tcp",
        "connect to listeners of the host on every address it has, and to the internet",
        "no listener of the host is reached",
        """
import socket
for host in {addresses} + ['192.0.2.1', '169.254.169.254', '2001:db8::1']:
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(0.3)
        print(s.connect_ex((host, {port})) != 0)
""",
        says(*["True"] * 7),
    ),
    Attempt(
        "network-udp",
        "send datagrams to the host and to the broadcast address",
        "nothing arrives at the host's socket",
        """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    for host in {addresses} + ['255.255.255.255', '224.0.0.1']:
        try:
            s.sendto(b'secret', (host, {udp_port}))
        except OSError:
            pass
""",
        no_one_came,
    ),
    Attempt(
        "network-dns",
        "carry data out in the names that a resolver is asked for",
        "no name server of the host is known inside, no name is resolved",
        """
import socket
print([line for line in open('/etc/resolv.conf') if 'nameserver' in line and '127.0.0.1' not in line])
try:
    print(socket.getaddrinfo('secret.example.com', 80))
except socket.gaierror as error:
    print('no')
""",
        says("[]", "no"),
    ),
    Attempt(
        "network-abstract-socket",
        "connect to an abstract Unix socket of the host, which needs no file",
        "the host's socket is not reached",
        """
import socket
with socket.socket(socket.AF_UNIX) as s:
    print(s.connect_ex('\\0{abstract}'))
""",
        says("111"),
    ),
    Attempt(
        "network-hypervisor",
        "open a socket to the hypervisor (AF_VSOCK), which no network namespace confines",
        "there is no such family inside",
        """
import errno, socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    try:
        socket.socket(socket.AF_VSOCK, kind).close()
        print('opened')
    except OSError as error:
        print(errno.errorcode[error.errno])
""",
        says(*["EAFNOSUPPORT"] * 3),
    ),
    Attempt(
        "network-raw",
        "raw and packet sockets, netlink of other kinds than routes",
        "none can be opened",
        """
import socket
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_PACKET, socket.SOCK_RAW, 3),
                               (socket.AF_NETLINK, socket.SOCK_RAW, 12), (socket.AF_NETLINK, socket.SOCK_RAW, 9),
                               (40, 1, 0), (38, 5, 0), (31, 3, 1), (29, 3, 1)):
    try:
        socket.socket(family, kind, protocol).close()
        print('opened', family)
    except OSError:
        print('refused')
""",
        says(*["refused"] * 8),
    ),
    Attempt(
        "network-new-interface",
        "make an interface, and join the network of another process or a new namespace",
        "the loopback stays the only interface",
        """
import ctypes, os, socket, struct
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
    body = struct.pack('BxHiII', 0, 0, 0, 1, 1) + struct.pack('HH8s', 11, 3, b'dummy0\\0')
    s.send(struct.pack('IHHII', 16 + len(body), 16, 0x605, 1, 0) + body)
    print(struct.unpack('i', s.recv(4096)[16:20])[0])
libc = ctypes.CDLL(None)
print(libc.unshare(0x40000000), libc.unshare(0x50000000), libc.setns(os.open('/proc/self/ns/net', 0), 0))
print([name for _, name in socket.if_nameindex()])
""",
        says("-1", "-1 -1 -1", "['lo']"),
    ),
)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
async def test_attempt(arena: Arena, attempt: Attempt) -> None:
    await arena.attempt(attempt)


async def _nobody_listens(arena: Arena, cell: Cell) -> None:
    port = int(cell.stdout)
    for address in ("127.0.0.1", "172.17.0.1"):
        with socket.socket() as probe, suppress(OSError):
            probe.settimeout(0.3)
            probe.connect((address, port))
            raise AssertionError("a port inside can be reached from the host")


LISTENS = Attempt(
    "network-listen",
    "listen inside for somebody on the host or nearby",
    "no address of the host leads to it",
    """
import socket
server = socket.create_server(('0.0.0.0', 0))
print(server.getsockname()[1])
""",
    _nobody_listens,
)


async def test_a_listener_inside(arena: Arena) -> None:
    await arena.attempt(LISTENS)
    await run(arena.kernel, "server.close()")
    await asyncio.sleep(0)
    await arena.still_serves()
