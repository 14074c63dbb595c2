"""Files in and out, for the programs that other offices use: GeoPackage, GeoJSON, shapefile, KML.

Nothing about a person is in these files but ids, and those only in plans. What comes in becomes
ordinary actions of the commander who brings it, so the log says who did.
"""
