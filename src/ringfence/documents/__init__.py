"""Text formats read with their places: YAML 1.2, JSON and CSV.

What comes out is a tree of `Located` values, so that whoever reads a document can name
file, line and column (or JSON pointer) of anything that it doesn't like, and can report
every problem at once (`Reader`).
"""
