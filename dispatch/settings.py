"""Settings: the only reader of the environment. Every one is `DISPATCH_<NAME>`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dispatch.logs import LogFormat, LogLevel

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where things are and where to listen. The defaults suit one laptop."""

    model_config = SettingsConfigDict(env_prefix="DISPATCH_", frozen=True, extra="ignore")

    data_dir: Path = ROOT / "data"
    """Folder of the database; made if missing."""
    database_url: str = ""
    """`postgresql://user:password@host/name`; empty means a SQLite file in `data_dir`."""
    redis_url: str = ""
    """`redis://host:port/number`, where several workers ring each other; empty: they poll."""
    workers: int = Field(default=1, ge=1, le=64)
    """How many processes `dispatch serve` answers with; more than one needs PostgreSQL."""
    agency_file: Path = ROOT / "scenarios" / "coquimbo" / "agency.toml"
    """Who we are: names, regions, map, roads."""
    map_keys: dict[str, str] = {}
    """Keys of map layers by layer id, as JSON; they fill `{key}` and are seen by every browser."""
    web_dir: Path = ROOT / "web" / "dist"
    """The built front end."""
    host: str = "127.0.0.1"
    port: int = 8000
    drain_s: float = Field(default=0.0, ge=0, le=300)
    """How long /readyz says no before sockets close: what a load balancer needs to notice."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=9464, ge=0, le=65_000)
    """Where Prometheus reads; with several workers their supervisor, and worker n on the n-th port
    after it; 0 or empty: nowhere."""
    log_format: LogFormat = LogFormat.AUTO
    log_level: LogLevel = LogLevel.INFO
    public_url: str = Field(default="", pattern=r"^(https?://[^/?#\s]+)?$")
    """Where people's phones find this server, `https://name`; empty: the host and port above."""
    gateway_url: str = ""
    """The carrier's adapter for text messages and calls; empty: there are none."""
    gateway_secret: str = Field(default="", repr=False)
    """What we and the adapter sign with."""
    push_contact: str = "mailto:dispatch@localhost"
    """Whom push services write to when something is wrong: `mailto:` or `https:` (RFC 8292)."""
    push_services: tuple[str, ...] = (
        "fcm.googleapis.com",
        "push.services.mozilla.com",
        "notify.windows.com",
        "push.apple.com",
    )
    """The push services that browsers may be told by: hosts, with all below them."""
    carrier_port: int = Field(default=0, ge=0, le=65_535)
    """Where the demo's carrier simulator listens; 0: one above `port`."""
    planner_process: bool = True
    """False plans inside the server's own process (tests, one-core machines)."""
    demo_volunteers: int = 54_393
    demo_pace: float = 10.0
    """How many times faster than real the simulated volunteers of the demo live."""

    @field_validator("metrics_port", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return 0 if value == "" else value

    @property
    def cache_dir(self) -> Path:
        """Folder of what was worked out once and can be again."""
        return self.data_dir / "cache"

    @property
    def url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'dispatch.db'}"

    @property
    def base_url(self) -> str:
        """Where this server is found, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"


def unknown_variables() -> list[str]:
    """Return the variables of the environment that look like settings and are none."""
    known = {f"DISPATCH_{name.upper()}" for name in Settings.model_fields}
    return sorted(v for v in os.environ if v.startswith("DISPATCH_") and v not in known)
