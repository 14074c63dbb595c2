"""Copies of everything an agency cannot make again, and the way back from them.

A backup is one file: an archive with a manifest, the database as it was at one instant, and the
small files of the data folder. It holds personal data in the clear, so only its owner may read it.
"""
