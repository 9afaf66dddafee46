"""The tree: hashes, proofs and tiles of RFC 6962 and C2SP tlog-tiles."""
