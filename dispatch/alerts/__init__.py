"""How news reaches people: the wire's frames, the bus, the gateway of live connections."""
