"""Ways of working against each other on equal seeds, and the search for a better one."""
