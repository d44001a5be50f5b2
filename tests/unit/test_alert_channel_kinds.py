"""Which URLs a company may have alerts told on, and which addresses nothing is sent to."""

from __future__ import annotations

import logging

import pytest

from tiebeam.operations.alerts.own.addresses import fault_of
from tiebeam.operations.alerts.own.kinds import KINDS, destination_of
from tiebeam.operations.alerts.own.model import ChannelRefusedError
from tiebeam.operations.alerts.own.sending import Guard

pytestmark = pytest.mark.req("R16", "P21")

SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
AZURE = (
    "https://prod-1.a.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual/paths/"
)


@pytest.mark.parametrize(
    ("url", "kind", "host"),
    [
        (SLACK, "Slack", None),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#site", "Slack", None),
        ("https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord", None),
        (f"{AZURE}invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWb",
         "Microsoft Teams", "prod-1.a.logic.azure.com"),
        ("mailto://ann:pw@gmail.com?to=ops@example.com", "E-mail", "smtp.gmail.com"),
        ("mailtos://ann:pw@example.com:465?smtp=mail.example.com&from=t@example.com", "E-mail",
         "mail.example.com"),
        ("ntfy://topic", "ntfy", None),
        ("ntfys://ntfy.example.com/topic", "ntfy", "ntfy.example.com"),
        ("mmosts://chat.example.com/hook3hook3hook3hook3hook3", "Mattermost", "chat.example.com"),
        ("https://example.com:8443/hook?x=1", "Web hook", "example.com"),
        ("http://example.com/hook", "Web hook", "example.com"),
        ("jsons://example.com/hook?+X-Key=abc&:site=7", "Web hook", "example.com"),
    ],
)  # fmt: skip
def test_what_services_show_and_what_apprise_documents_is_understood(
    url: str, kind: str, host: str | None
) -> None:
    if "x=1" in url:
        with pytest.raises(ChannelRefusedError, match="the option x,"):
            destination_of(url)
        url = url.partition("?")[0]
    found = destination_of(url)
    assert (found.kind.title, found.host) == (kind, host)
    assert "T1JJ3T3L2" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/s3cret",
        "exec://s3cret",
        "syslog://localhost/s3cret",
        "dbus://s3cret",
        "windows://s3cret",
        "mqtt://127.0.0.1/s3cret",
        "apprise://localhost/s3cret",
        f"{SLACK}?template=/etc/s3cret",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?Template=/etc/s3cret",
        "workflows://example.com/abc/def?template=/etc/s3cret",
        "ntfys://example.com/topic?attach=http://169.254.169.254/s3cret",
        "mailtos://u:s3cret@example.com?pgp=yes&pgpkey=/etc/x",
        "jsons://u:s3cret@example.com?verify=no",
        "jsons://u:s3cret@example.com?rto=9999",
        "slack://s3cret",
        "s3cret",
        "",
        "json://a\nb/s3cret",
        "json://" + "a" * 2000 + "s3cret",
    ],
)
def test_what_reads_files_runs_programs_or_drops_its_guard_is_refused_in_silence(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ChannelRefusedError) as refused:
        destination_of(url)
    told = [str(refused.value), caplog.text, *capfd.readouterr()]
    assert not [text for text in told if "s3cret" in text]
    assert refused.value.action


def test_every_kind_shows_what_its_url_looks_like() -> None:
    assert all(kind.example for kind in KINDS)
    assert not {"template", "attach", "verify", "pgpkey"} & {name for kind in KINDS for name in kind.options}


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "loopback"),
        ("127.9.9.9", "loopback"),
        ("0.0.0.0", "loopback"),
        ("::", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.0.1", "private"),
        ("100.64.0.1", "private"),
        ("fd00::1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("2002:7f00:1::", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("224.0.0.1", "multicast"),
        ("no address", "unreadable"),
        ("8.8.8.8", None),
        ("::ffff:8.8.8.8", None),
        ("2606:4700::1111", None),
        ("64:ff9b::808:808", None),
    ],
)
def test_only_addresses_of_the_public_internet_are_sent_to(address: str, why: str | None) -> None:
    assert fault_of(address) == why


def test_the_guard_stops_connections_inside_and_every_process() -> None:
    guard = Guard()
    guard("socket.connect", (None, ("8.8.8.8", 443)))
    guard("open", ("/etc/hosts", "r", 0))
    for event, args in (
        ("socket.connect", (None, ("127.0.0.1", 5432))),
        ("socket.connect", (None, "/var/run/docker.sock")),
        ("socket.connect", (None, ("localhost", 80))),
        ("socket.sendto", (None, ("::1", 53, 0, 0))),
        ("subprocess.Popen", ("sh", ["sh"], None, None)),
        ("os.system", ("true",)),
    ):
        with pytest.raises(PermissionError):
            guard(event, args)
    assert guard.refused == "loopback"
