"""The relay: rows that change inside are judged, and change the same outside."""
