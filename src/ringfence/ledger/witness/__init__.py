"""Witnesses (C2SP tlog-witness): who remembers what a log said, and asks witnesses."""
