"""The ledger: a transparency log of bytes, in the formats of RFC 6962 and C2SP.

From the ground up: `tree` (hashes, proofs, tiles), `signed` (notes, keys, checkpoints),
`writer` (what makes an entry sequenced, then published), `witness` (who cosigns),
`watch` (who checks from outside), `keeping` (a ledger over the years).
"""
