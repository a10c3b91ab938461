"""Refuses the network, so that nothing but recordings and copies answers an application."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from parity_kit.apps.source_places import caller


class NetworkRefusedError(OSError):
    """The application called the network where it must not."""


@contextmanager
def network_refused() -> Generator[list[str]]:
    """Let connections and the search for addresses fail, but for sockets of this machine's files.

    Yields what was asked for, with its place in the user's code: an application may swallow the
    error.
    """
    asked: list[str] = []
    connect, search = socket.socket.connect, socket.getaddrinfo

    def refuse(address: Any) -> NetworkRefusedError:
        place = caller()
        asked.append(f"{address} ({place})" if place else str(address))
        return NetworkRefusedError(f"the network is refused: {address}")

    def connecting(self: Any, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            raise refuse(address)
        connect(self, address)

    def searching(host: Any, port: Any, *_: Any, **__: Any) -> Any:
        raise refuse((host, port))

    socket.socket.connect, socket.getaddrinfo = connecting, searching
    try:
        yield asked
    finally:
        socket.socket.connect, socket.getaddrinfo = connect, search
