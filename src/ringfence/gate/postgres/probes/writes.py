"""Writes: what changes hidden rows, or tells of them by what it could change."""

from __future__ import annotations

from ringfence.gate.postgres.probes.probe import Holding, Probe

_HIDDEN_CHANGED = "SELECT bool_or(note = 'x') FROM {copy}.profile WHERE region = 'US'"
_APART = (
    "DROP POLICY cleared ON {copy}.profile",
    "DROP POLICY rest ON {copy}.profile",
    "CREATE POLICY seen ON {copy}.profile FOR SELECT USING (region <> 'US')",
)

WRITES = (
    Probe(
        number="L42",
        group="writes",
        title="deleting from a parent table cascades to hidden rows",
        setup=(
            "CREATE TABLE {copy}.team (id int PRIMARY KEY)",
            "INSERT INTO {copy}.team VALUES (1)",
            (
                "CREATE TABLE {copy}.staff (team int REFERENCES {copy}.team"
                " ON DELETE CASCADE, region text, email text)"
            ),
            "INSERT INTO {copy}.staff VALUES (1, 'US', '{canary}')",
            "ALTER TABLE {copy}.staff OWNER TO {own}",
            "ALTER TABLE {copy}.staff ENABLE ROW LEVEL SECURITY",
            "GRANT SELECT, DELETE ON {copy}.team TO {out}",
        ),
        attack=("DELETE FROM {copy}.team",),
        effect="SELECT count(*) = 0 FROM {copy}.staff",
        holdings=(Holding("staff"),),
        closes="REVOKE DELETE on the parent, or ON DELETE RESTRICT",
        closable=False,
    ),
    Probe(
        number="L43",
        group="writes",
        title="TRUNCATE ignores row security",
        setup=("GRANT TRUNCATE ON {copy}.profile TO {out}",),
        attack=("TRUNCATE {copy}.profile",),
        effect="SELECT count(*) = 0 FROM {copy}.profile",
        closes="REVOKE TRUNCATE",
    ),
    Probe(
        number="L44",
        group="writes",
        title="an UPDATE policy that lets all through changes and counts hidden rows",
        setup=(
            *_APART,
            "CREATE POLICY changed ON {copy}.profile FOR UPDATE USING (true)",
            "GRANT UPDATE ON {copy}.profile TO {out}",
        ),
        attack=("UPDATE {copy}.profile SET note = 'x'",),
        effect=_HIDDEN_CHANGED,
        closes="a RESTRICTIVE policy for every command",
    ),
    Probe(
        number="L45",
        group="writes",
        title="an UPDATE that relabels the marker brings hidden rows out",
        setup=(
            *_APART,
            "CREATE POLICY changed ON {copy}.profile FOR UPDATE USING (true)",
            "GRANT UPDATE ON {copy}.profile TO {out}",
        ),
        attack=(
            "UPDATE {copy}.profile SET region = 'DE'",
            "SELECT email FROM {copy}.profile",
        ),
        closes="a RESTRICTIVE policy for every command; REVOKE UPDATE on the marker",
    ),
    Probe(
        number="L45b",
        group="writes",
        title="a DELETE policy that lets all through deletes hidden rows",
        setup=(
            *_APART,
            "CREATE POLICY gone ON {copy}.profile FOR DELETE USING (true)",
            "GRANT DELETE ON {copy}.profile TO {out}",
        ),
        attack=("DELETE FROM {copy}.profile",),
        effect="SELECT count(*) = 0 FROM {copy}.profile WHERE region = 'US'",
        closes="a RESTRICTIVE policy for every command",
    ),
    Probe(
        number="L46",
        group="writes",
        title="the REFERENCES privilege makes a foreign key that guesses",
        setup=("GRANT REFERENCES ON {copy}.profile TO {out}",),
        attack=(
            (
                "CREATE TABLE {play}.guesses"
                " (email text REFERENCES {copy}.profile (email))"
            ),
            "INSERT INTO {play}.guesses VALUES ('{guess}')",
        ),
        sees="differs",
        closes="REVOKE REFERENCES",
    ),
    Probe(
        number="S11",
        group="writes",
        title="MERGE doesn't meet hidden rows",
        setup=("GRANT SELECT, UPDATE, INSERT ON {copy}.profile TO {out}",),
        attack=(
            (
                "MERGE INTO {copy}.profile p USING (VALUES ('{guess}')) v (e)"
                " ON p.email = v.e WHEN MATCHED THEN UPDATE SET note = 'x'"
            ),
        ),
        effect=_HIDDEN_CHANGED,
    ),
    Probe(
        number="S12",
        group="writes",
        title="UPDATE ... RETURNING doesn't meet hidden rows",
        setup=("GRANT SELECT, UPDATE ON {copy}.profile TO {out}",),
        attack=("UPDATE {copy}.profile SET note = 'x' RETURNING email",),
        effect=_HIDDEN_CHANGED,
    ),
    Probe(
        number="S13",
        group="writes",
        title="ON CONFLICT DO UPDATE raises an error at a hidden row",
        setup=("GRANT SELECT, UPDATE, INSERT ON {copy}.profile TO {out}",),
        attack=(
            (
                "INSERT INTO {copy}.profile (id, region) VALUES ({guess_id}, 'DE')"
                " ON CONFLICT (id) DO UPDATE SET note = 'x' RETURNING email"
            ),
        ),
        effect=_HIDDEN_CHANGED,
    ),
)
