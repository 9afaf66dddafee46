"""Proxies: answers of internal tools are judged whole before a byte of them leaves."""
