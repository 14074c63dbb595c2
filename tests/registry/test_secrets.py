from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from dispatch.registry.secrets import secret


def test_a_key_is_made_once(engine: Engine) -> None:
    first = secret(engine, "links", lambda: b"\x00one")
    assert first == secret(engine, "links", lambda: b"two") == b"\x00one"
    assert secret(engine, "push", lambda: b"three") == b"three"


def test_workers_that_start_together_get_the_same(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda _: secret(engine, "links", lambda: secrets.token_bytes(32)), range(8))
        )
    assert len(set(made)) == 1
