"""The matcher on files alone: a roster and needs in, a proven plan out.

    needs        NEEDS.geojson -> needs, or one error that names feature and field
    situation    needs -> a board, through the same rules as every call
    registry     ROSTER.csv and REGISTRY.toml -> the roster, by way of a throw-away registry
    run          all of it, and the plan as JSON

No server, no agency, no data folder. The columns and the schema are in docs/reference/match.md.
"""
