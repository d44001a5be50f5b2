"""What looks like a secret does not get past the scrubber, wherever it stands; what is harmless does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.kernel.scrub import ITEMS_MAX, REMOVED, TEXT_CHARACTERS_MAX, scrub, scrub_text

# Marked, so that a part of the secret is known from the text around it.
MARK = "Zq7"
TOKEN = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", min_size=3, max_size=40
).map(lambda text: f"{MARK}{text}{MARK}")
ANYTHING = st.text(min_size=1, max_size=30).map(lambda text: f"{MARK}{text}{MARK}")
PROSE = st.text("abcdefghij ,.", max_size=40)
NAMES = (
    "password",
    "PGPASSWORD",
    "access_token",
    "refreshToken",
    "client-secret",
    "TIEBEAM_MASTER_KEY",
    "api_key",
    "X-Amz-Signature",
    "x-amz-security-token",
    "X-Amz-Credential",
    "Authorization",
    "Set-Cookie",
    "session_id",
    "sig",
    "pwd",
)
SAYINGS = (
    "Bearer {}",
    "bearer  {}",
    "Authorization: Bearer {}",
    "Authorization: Basic {}",
    "authorization: Digest username=x, response={}",
    "Cookie: a=b; c={}; d={}",
    "token=Bearer {}",
    "postgresql://tiebeam:{}@db.example.com/tiebeam",
    "https://{}@example.com/path",
    "amqp://user:{}/{}@host/v",
    "https://files.example.com/a.pdf?X-Amz-Signature={}&X-Amz-Date=1",
    "https://app.example.com/callback?code={}&state=1",
    "https://hooks.slack.com/services/T0/B0/{}",
    "slack://{}/{}/#site",
    "eyJhbGciOiJIUzI1NiJ9.{}.{}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n{}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n{}",
    "host=db password={} user=x",
    "host=db password='{}' user=x",
    "next=https%3A%2F%2Fa.example%3Ftoken%3D{}",
)


@given(st.sampled_from(SAYINGS), TOKEN, PROSE, PROSE)
def test_no_form_of_a_secret_in_a_text_gets_past(saying: str, secret: str, before: str, after: str) -> None:
    scrubbed = scrub_text(f"{before} {saying.replace('{}', secret)}\n{after}")
    assert MARK not in scrubbed
    assert REMOVED in scrubbed


@given(st.sampled_from(NAMES), ANYTHING, PROSE)
def test_no_secret_gets_past_under_its_name(name: str, secret: str, after: str) -> None:
    pair = {name: secret, "note": after}
    for told in (
        json.dumps(pair),
        orjson.dumps(pair, option=orjson.OPT_INDENT_2).decode() if secret.isprintable() else "",
        json.dumps({"body": json.dumps(pair)}),
        repr(pair),
        repr({name: secret.encode("utf-8", "replace")}),
        f"https://api.example/x?{name}={quote(secret, safe='')}&page=2",
    ):
        assert MARK not in scrub_text(told)
        assert MARK not in json.dumps(scrub({"message": told}))
    assert scrub(pair)[name] == REMOVED
    assert MARK not in json.dumps(scrub({"request": {"headers": [pair]}}))
    assert MARK not in json.dumps(scrub({name: {"inner": [secret]}}))


@given(ANYTHING, PROSE)
def test_a_secret_of_the_settings_goes_wherever_it_stands(secret: str, around: str) -> None:
    known = (secret.encode("utf-8", "replace").decode(),)
    assert known[0] not in scrub_text(f"{around}{secret}{around}", known)
    assert known[0] not in str(scrub({"a": [{"b": secret}]}, known))


@given(st.lists(st.sampled_from(SAYINGS), max_size=4), TOKEN)
def test_scrubbing_twice_is_scrubbing_once(sayings: list[str], secret: str) -> None:
    once = scrub_text("\n".join(sayings).replace("{}", secret))
    assert scrub_text(once) == once


HARMLESS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text("abcdefghij ,.-/0123456789"),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["page", "stream", "rows"]), inner)
    ),
    max_leaves=8,
)


@given(HARMLESS)
def test_what_is_harmless_stays_as_it_is(value: Any) -> None:
    depth = str(value).count("[") + str(value).count("{")
    if depth < 6:
        assert scrub(value) == value


@pytest.mark.parametrize(
    "text",
    [
        "the token expired at 10:15 and the refresh token was taken",
        "the bearer token was refused",
        "basic information of the project",
        "https://api.example.com:8443/rest/v1.0/projects?page=2&per_page=100",
        "procore.grant_revoked",
        "see https://example.com/path for ops@example.com",
        "code=42 stream=procore.rfis",
    ],
)
def test_ordinary_sentences_are_not_mangled(text: str) -> None:
    assert scrub_text(text) == text


class Talker:
    def __repr__(self) -> str:
        return "Talker(password='hunter22')"


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("password=hunter22")


def test_whatever_is_given_becomes_plain_data() -> None:
    loop: list[Any] = []
    loop.append(loop)
    moment, number = datetime(2026, 3, 2, tzinfo=UTC), UUID(int=7)
    found = scrub(
        {
            "talker": Talker(),
            "mute": Mute(),
            "loop": loop,
            "moment": moment,
            "number": number,
            5: {1},
            "huge": 2**70,
            "raw": b"\xffpassword=hunter22",
            "lone": "\ud800",
            "wide": list(range(1000)),
            "token_seconds": 5,
            "token": None,
            "bell": "a\x07\x1b[31mb",
        }
    )
    assert "hunter22" not in str(found)
    assert found["mute"] == "<Mute without a repr>"
    assert (found["moment"], found["number"], found["5"], found["huge"]) == (moment, number, [1], str(2**70))
    assert (found["token_seconds"], found["token"], found["lone"]) == (5, None, "?")
    assert found["bell"] == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[31mb"
    assert len(found["wide"]) == ITEMS_MAX
    assert orjson.dumps(found)


def test_a_text_is_cut_after_it_was_scrubbed() -> None:
    long = "x" * (TEXT_CHARACTERS_MAX - 30) + " postgres://user:" + "s" * 50 + "@host"
    found = scrub_text(long)
    assert "sss" not in found
    assert len(scrub_text("y " * 50_000)) == TEXT_CHARACTERS_MAX + 1
    split = "password=p " * 6_000
    assert len(split) > 4 * TEXT_CHARACTERS_MAX
    assert "sss" not in scrub_text(
        split[: 4 * TEXT_CHARACTERS_MAX - 40] + " postgres://user:" + "s" * 99 + "@h"
    )


def test_no_text_takes_the_scrubber_long() -> None:
    # Any of these took minutes if a pattern tried again from each place of the text.
    for evil in (
        "password",
        "a" * 7,
        "://",
        'token\\"',
        "Bearer ",
        "eyJ",
        "x:y",
        "-----BEGIN PRIVATE KEY-----",
    ):
        assert len(scrub_text(evil * (60_000 // len(evil)))) <= TEXT_CHARACTERS_MAX + 1
