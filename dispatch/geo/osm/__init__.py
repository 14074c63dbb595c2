"""Roads out of an OpenStreetMap extract: read, judge by tags, contract, check, report."""
