"""Groups of commands that `dispatch.__main__` puts together."""
