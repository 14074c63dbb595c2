"""The after-action report: what a log says of an operation, as one page for people."""
