"""Assignments: depart, arrive, release, home, stand down."""

from __future__ import annotations

from dispatch import actions as act
from dispatch import events as ev
from dispatch import lifecycle
from dispatch.board import Board
from dispatch.errors import Rejected
from dispatch.model import (
    AssignmentStatus,
)
from dispatch.rules.checks import checked_text, own_assignment
from dispatch.rules.context import Context, Events


def depart(board: Board, a: act.Depart, ctx: Context) -> Events:
    assignment = own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.Departed)
    return (ev.Departed(assignment_id=assignment.id, fix=a.fix),)


def arrive(board: Board, a: act.Arrive, ctx: Context) -> Events:
    assignment = own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.Arrived)
    return (ev.Arrived(assignment_id=assignment.id, fix=a.fix),)


def release(board: Board, a: act.Release, ctx: Context) -> Events:
    assignment = own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.Released)
    return (ev.Released(assignment_id=assignment.id),)


def reach_home(board: Board, a: act.ReachHome, ctx: Context) -> Events:
    assignment = own_assignment(board, a.assignment_id, ctx.actor)
    if assignment.home_at is not None:
        raise Rejected("ILLEGAL_STATE", status=AssignmentStatus.HOME, event="ReachedHome")
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.ReachedHome)
    return (ev.ReachedHome(assignment_id=assignment.id),)


def stand_down(board: Board, a: act.StandDown, ctx: Context) -> Events:
    assignment = own_assignment(board, a.assignment_id, ctx.actor)
    lifecycle.step(lifecycle.ASSIGNMENT, assignment.status, ev.StoodDown)
    return (ev.StoodDown(assignment_id=assignment.id, reason=checked_text(a.reason, "reason")),)
