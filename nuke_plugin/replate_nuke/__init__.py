"""Replate in Nuke: nodes that send plates to a Replate server and show what comes back.

`nuke`, `replate_host` and the standard library; Python 3.9 or newer.
"""
