"""A copied company whose console is served by a real process, and somebody who may come in."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.factories.command_line import shell, simulator
from tests.factories.copies import compared, database_on
from tests.factories.serving import started, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.factories.command_line import Shell
    from tests.factories.database import TestServer

    from tiebeam.identity.model import Role

PASSWORD = "correct horse battery"


@contextmanager
def console_up(server: TestServer, folder: Path, email: str, role: Role) -> Iterator[tuple[Shell, str]]:
    """Give the command line and the address of a console whose copy is complete."""
    with (
        simulator(folder / "sim", "--size", "tiny", "--seed", 4) as sim,
        database_on(server) as url,
    ):
        user = shell(folder / "home", database_url=url, web_port=0, **sim.variables())
        user.run("init")
        words = ("people", "add", email, "--name", "Ada", "--role", role.value, "--password-stdin")
        user.run(*words, stdin=f"{PASSWORD}\n")
        user.run("connect", "procore")
        with started(user) as (_, address):
            until(lambda: compared(url, sim).equal)
            yield user, address


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Come in at the door, as people do."""
    page.goto("/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile("/$"))
