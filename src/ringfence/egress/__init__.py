"""What leaves: whose data is in it, which channel declares it, and what is done.

Data flows one way: `opening` makes portions of a payload, `inspection` says whose
identifiers stand in them, `channels` judges that against what was declared, `meter`
counts the people, and `exit` brings the verdict to the ledger before anything leaves.
"""
