"""Emergency volunteer dispatch: one log, one desk, two screens. See docs/explanation.md."""
