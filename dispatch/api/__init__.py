"""The HTTP and websocket edge: one file per audience, one table of errors, no rules."""
