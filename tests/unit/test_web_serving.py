"""What the web pages are served at."""

from __future__ import annotations

import socket

from tiebeam.web.serving import listen


def test_an_answer_in_two_parts_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    with listen("127.0.0.1", 0) as at, socket.create_connection(at.getsockname()[:2]):
        taken, _ = at.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
