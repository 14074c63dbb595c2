"""The error tree. It knows no HTTP; `api/errors.py` maps it to status codes in one table.

- `DispatchError`
    - `Rejected`: a rule says no, with a code the screens translate
    - `Forbidden`: not your role, not your entity
    - `Conflict`: the log moved; retried by the desk, never seen outside
    - `ActionReused`: one action_id, two different bodies
    - `LogCorrupt`: a stored event cannot follow the ones before it
    - `StoreUnavailable`: the disk or database cannot answer now; nothing was stored
    - `PlannerUnavailable`: the planner process cannot answer now
    - `RouterUnavailable`: no road time to be had; the caller marks its ETA "estimated"
    - `ChannelDown`: a carrier cannot be reached now; the message stays due
    - `Undeliverable`: this message cannot be delivered to that address
    - `SolverFailed`: the matcher has no plan it can vouch for
    - `BadFrame`: the peer broke the wire protocol
    - `BadInput`: a file or setting that cannot be used, naming what and where
"""

from __future__ import annotations


class DispatchError(Exception):
    """Root of every error this system raises on purpose."""


class Rejected(DispatchError):
    """A rule says no. `code` is stable and translated by the screens; `params` fill its text."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(code, params)

    def __reduce__(self) -> tuple[object, ...]:
        """How it travels between processes: keywords are not among `args`."""
        return _rejected, (self.code, self.params)

    def __str__(self) -> str:
        detail = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({detail})" if detail else self.code


def _rejected(code: str, params: dict[str, object]) -> Rejected:
    return Rejected(code, **params)


class Forbidden(DispatchError):
    """This actor may not do this to that entity."""


class Conflict(DispatchError):
    """`expected_seq` is not the head of the log any more."""

    def __init__(self, expected_seq: int, head: int) -> None:
        self.expected_seq = expected_seq
        self.head = head
        super().__init__(f"log is at {head}, expected {expected_seq}")


class ActionReused(DispatchError):
    """An `action_id` came again with a different body."""


class LogCorrupt(DispatchError):
    """An event in the log cannot be decoded or cannot follow the ones before it."""


class StoreUnavailable(DispatchError):
    """The disk or database cannot answer now. Whatever was asked was not acknowledged."""


class PlannerUnavailable(DispatchError):
    """The planner process died or is not up yet; it is being restarted."""


class RouterUnavailable(DispatchError):
    """The router cannot answer; ETAs fall back to straight lines and say so."""


class ChannelDown(DispatchError):
    """A channel cannot send now. The same message may be tried again under the same key."""


class Undeliverable(DispatchError):
    """This address cannot be reached by this channel: `code` says why, `gone` that it never will
    be again."""

    def __init__(self, code: str, *, gone: bool = False) -> None:
        self.code = code
        self.gone = gone
        super().__init__(code)


class SolverFailed(DispatchError):
    """The solver gave no plan, or `verify` refused the one it gave."""


class BadFrame(DispatchError):
    """The peer sent a frame that breaks the protocol. `code` is the websocket close code."""

    def __init__(self, reason: str, code: int = 1008) -> None:
        self.reason = reason
        self.code = code
        super().__init__(reason)


class BadInput(DispatchError):
    """A file, folder, port or setting cannot be used; the message names what, where and why."""
