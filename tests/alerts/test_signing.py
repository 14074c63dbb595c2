from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.alerts.signing import FRESH_S, SIGNATURE, TIMESTAMP, is_signed, signed

NOW = datetime(2026, 7, 20, 8, 0, tzinfo=UTC)
SECRET = b"between us"
BODY = b'{"id":"o-1/SMS"}'


def test_the_scheme_is_the_one_in_the_reference() -> None:
    stamp = str(int(NOW.timestamp()))
    mac = hmac.new(SECRET, stamp.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert signed(SECRET, BODY, NOW) == {TIMESTAMP: stamp, SIGNATURE: f"v1={mac}"}


def test_what_is_signed_is_known_by_who_shares_the_secret() -> None:
    headers = signed(SECRET, BODY, NOW)
    assert is_signed(SECRET, headers, BODY, NOW)
    assert not is_signed(b"another", headers, BODY, NOW)
    assert not is_signed(SECRET, headers, BODY + b" ", NOW)


@pytest.mark.parametrize("off_s", [-FRESH_S - 1, FRESH_S + 1])
def test_an_old_or_early_signature_counts_no_more(off_s: int) -> None:
    headers = signed(SECRET, BODY, NOW)
    assert not is_signed(SECRET, headers, BODY, NOW + timedelta(seconds=off_s))
    assert is_signed(SECRET, headers, BODY, NOW + timedelta(seconds=off_s // 2))


def test_the_time_is_signed_too() -> None:
    later = str(int(NOW.timestamp()) + 60)
    headers = signed(SECRET, BODY, NOW) | {TIMESTAMP: later}
    assert not is_signed(SECRET, headers, BODY, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {TIMESTAMP: "", SIGNATURE: ""},
        {TIMESTAMP: "１７", SIGNATURE: "v1=\udcff"},
        {TIMESTAMP: "9" * 400, SIGNATURE: "v1=" + "0" * 64},
        {TIMESTAMP: "-5", SIGNATURE: "v2=x"},
    ],
)
def test_nonsense_is_not_signed(headers: dict[str, str]) -> None:
    assert not is_signed(SECRET, headers, BODY, NOW)


def test_a_well_signed_time_that_is_none_is_refused() -> None:
    mac = hmac.new(SECRET, b"1e9." + BODY, hashlib.sha256).hexdigest()
    assert not is_signed(SECRET, {TIMESTAMP: "1e9", SIGNATURE: f"v1={mac}"}, BODY, NOW)


def test_without_a_secret_nothing_is_signed() -> None:
    assert not is_signed(b"", signed(b"", BODY, NOW), BODY, NOW)
