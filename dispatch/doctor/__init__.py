"""`dispatch doctor`: whether this machine, its settings and its services will carry an operation.

Each check looks at the real thing, changes nothing, and says what to do about what it finds.
"""
