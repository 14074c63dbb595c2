"""PostgreSQL's own programs: pg_dump, pg_restore and psql, of the server's version or newer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dispatch.errors import BadInput

_QUERY_TO_ENV: Final = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "host": "PGHOST"}
INSTALL: Final = "install the PostgreSQL client programs (Debian: postgresql-client)"


def dump(url: sa.URL, snapshot: str, target: Path) -> None:
    """Write the state of an exported snapshot in pg_dump's custom format.

    Raises:
        BadInput: the program is missing, too old, or fails.
    """
    command = [program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
    _run([*command, f"--snapshot={snapshot}", f"--file={target}"], url)


def restore(url: sa.URL, source: Path, before: str, after: str) -> None:
    """Load a dump, with statements before and after it: all of it or nothing.

    Raises:
        BadInput: a program is missing, too old, or fails.
    """
    script = source.with_suffix(".sql")
    _run(
        [program("pg_restore"), "--no-owner", "--no-privileges", f"--file={script}", str(source)],
        url,
    )
    psql = [program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    steps = [f"--command={before}", f"--file={script}", f"--command={after}"]
    _run([*psql, "--single-transaction", "--output=/dev/null", *steps], url)


def program(name: str) -> str:
    """Return where a program is, the newest where there are several.

    Raises:
        BadInput: it is not installed.
    """
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: [int(n) for n in re.findall(r"\d+", path.parts[-3])],
    )
    where = str(found[-1]) if found else shutil.which(name)
    if where is None:
        raise BadInput(f"{name} is missing: {INSTALL}")
    return where


def _run(command: list[str], url: sa.URL) -> None:
    done = subprocess.run(command, env=_env(url), capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        more = f"; {INSTALL}" if any("version mismatch" in line for line in said) else ""
        raise BadInput(f"{Path(command[0]).name}: {said[0] if said else 'failed'}{more}")


def _env(url: sa.URL) -> dict[str, str]:
    """The address as the programs take it: a password on the command line would be seen by all."""
    given = {
        "PGHOST": url.host,
        "PGPORT": None if url.port is None else str(url.port),
        "PGUSER": url.username,
        "PGPASSWORD": None if url.password is None else str(url.password),
        "PGDATABASE": url.database,
        "PGCONNECT_TIMEOUT": "10",
        **{env: _one(url.query.get(name)) for name, env in _QUERY_TO_ENV.items()
           if name in url.query},
    }  # fmt: skip
    return os.environ | {name: value for name, value in given.items() if value is not None}


def _one(value: str | tuple[str, ...] | None) -> str | None:
    return value[0] if isinstance(value, tuple) else value
