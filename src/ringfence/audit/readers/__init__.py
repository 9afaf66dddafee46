"""One module or folder for each format of log: lines in, events out."""
