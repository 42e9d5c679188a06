"""What is fast, measured: `make bench`, or `make bench NAME=transport` for one.

Each module measures one thing and returns flat figures. Speeds are ratios of two
things measured in turn in the same run, and medians over its rounds, so that they
mean the same on a busy machine and on an idle one.
"""
