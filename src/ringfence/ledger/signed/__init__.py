"""What is signed, as C2SP has it: notes, keys, checkpoints, proof files, quorums."""
