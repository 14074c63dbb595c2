"""People, credentials, cover, teams, regions, sessions: the only home of personal data."""
