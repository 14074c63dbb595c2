"""The planner: proven plans over the whole roster, and verdicts on single people.

It owns nothing. `process` runs it in a process of its own, which folds its board from the log and
reads the roster from the registry, and which may be killed and restarted at any time: the flow
solver holds the interpreter's lock, so planning beside the sockets would stop them.
"""
