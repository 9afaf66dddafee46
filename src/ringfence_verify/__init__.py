"""Ringfence's independent checker: it re-derives every proof from the facts alone.

To read in this order: `shapes.txt`, `reading` (what is well formed), `estate` (facts at
an instant), `excluded` (who and what counts), `question` (what a claim asks), `proofs`
(what each proof must show); `ed25519`, `log` (proofs, checkpoints, witnesses), `tiles`
(a whole log), `bundle`, `clip`; `__main__` (what is printed). See docs/checker.md.
"""
