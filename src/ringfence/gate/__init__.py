"""The gate: the boundary enforced, at each request and in the database.

`compile` turns a scene into something that decides fast, or elsewhere; `point` decides,
and logs what it decided; `surfaces` are the protocols that ask; `service` answers over
HTTP; `postgres` closes a database's own ways, and tries them.
"""
