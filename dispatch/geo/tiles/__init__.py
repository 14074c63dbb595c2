"""An offline basemap out of an OpenStreetMap extract: what is drawn, and the file it goes into."""
