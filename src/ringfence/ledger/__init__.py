"""The ledger: a transparency log of bytes, in the formats of RFC 6962 and C2SP."""
