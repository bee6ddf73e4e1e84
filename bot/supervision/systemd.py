"""What systemd wants to know of a service of `Type=notify`: nothing at all where it did not start us.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def notify(state: str) -> None:
    """An address that begins with @ is one of Linux' abstract sockets."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.setblocking(False)  # nobody who listens is no reason to stand still
        systemd.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
