"""Places and ways: distances, nearest people, hazard zones, the road graph, and the routers.

Everything is WGS-84 `lon, lat` in degrees, metres and seconds. Only `roads.RoadGraph.load` and
`save` touch a file; the rest is arithmetic on arrays.
"""
