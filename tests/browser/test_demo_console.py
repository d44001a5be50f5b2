"""What somebody sees who has just typed the README's first command."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest
from tests.factories.browser import chromium, keep, window
from tests.factories.command_line import shell

if TYPE_CHECKING:
    from pathlib import Path

TOLD = re.compile(
    r"console is at (?P<address>http://[\d.:]+\d)\. Sign in with the password (?P<password>\S+) as"
    r" (?P<email>\S+@demo\.example)"
)


@pytest.mark.req("R15", "P18")
def test_the_demo_shows_its_console_to_whoever_reads_what_it_prints(tmp_path: Path) -> None:
    user = shell(tmp_path / "home", web_port=0)
    demo = user.start("demo", "--size", "tiny", stderr=None)
    try:
        assert demo.stdout
        said = ""
        while "@demo.example" not in said:
            line = demo.stdout.readline()
            assert line, said
            said = " ".join((said + " " + line).split())
        told = TOLD.search(said)
        assert told, said
        with chromium() as browser, window(browser, told["address"]) as page:
            page.goto("/")
            page.get_by_label("E-mail address").fill(told["email"])
            page.get_by_label("Password").fill(told["password"])
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("heading", name="Overview").wait_for()
            assert page.get_by_text("Connected").is_visible()
            assert page.get_by_role("region", name="Freshness by project and tool").is_visible()
            keep(page, "demo")
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    finally:
        demo.kill()
        demo.communicate()
