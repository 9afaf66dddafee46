"""OCSF events: classes of use and of sign-ins, valid under the schema itself."""

from __future__ import annotations

import json
from functools import cache

import pytest

from ringfence.audit.event import Ending
from ringfence.audit.readers.ocsf import READER
from ringfence.boundary.order import LogOrder
from ringfence.errors import ConfigError
from tests.unit.audit.readers.reading import options, read

NINE = 1_630_486_800_000
NAMES = {
    6001: "web_resources_activity",
    6003: "api_activity",
    6005: "datastore_activity",
    6006: "file_hosting",
    3002: "authentication",
    3005: "user_access",
    3001: "account_change",
}
ANN = {
    "name": "ann",
    "uid": "u-1",
    "email_addr": "ann@pulse.example",
    "credential_uid": "KEY1",
}


@cache
def schema(kind):
    library = pytest.importorskip("ocsf_json_schema")
    whole = library.OcsfJsonSchemaEmbedded(library.get_ocsf_schema("1.8.0"))
    return whole.get_class_schema(NAMES[kind], ["host"])


def event(kind, activity, **more):
    return {
        "class_uid": kind,
        "category_uid": kind // 1000,
        "activity_id": activity,
        "type_uid": kind * 100 + activity,
        "severity_id": 1,
        "time": NINE,
        "metadata": {
            "version": "1.8.0",
            "uid": "e-1",
            "product": {"name": "pulse", "vendor_name": "pulse"},
        },
        **more,
    }


def use(kind, activity, **more):
    actor = {
        "user": ANN,
        "session": {"uid": "s-1", "issuer": "role"},
        "app_name": "pulse",
    }
    return event(
        kind,
        activity,
        **{"actor": actor, "src_endpoint": {"ip": "203.0.113.7"}, **more},
    )


def told(tmp_path, value, *, store="warehouse", **values):
    order = LogOrder("x", "ocsf", ("*",), store=store, options=options(**values))
    return read(READER, order, json.dumps(value).encode(), tmp_path / "log.json")


TABLE = {
    "table": {"name": "accounts.profile"},
    "database": {"name": "crm", "type_id": 1},
}
API = {"api": {"operation": "GetObject", "request": {"uid": "r-1"}}}
OURS = {
    "columns": ["email", "phone"],
    "rows": 12,
    "subjects": ["u1", "u2"],
    "behind": "bo@pulse.example",
}
SAMPLES = [
    use(6005, 1, **TABLE),
    use(
        6005,
        4,
        **TABLE,
        query_info={"uid": "q-1", "query_string": "select email from accounts.profile"},
    ),
    use(6005, 1, **TABLE, unmapped={"ringfence": OURS}),
    use(
        6005,
        1,
        databucket={
            "name": "exports",
            "type_id": 1,
            "file": {"name": "a.csv", "path": "in/a.csv", "type_id": 1},
        },
    ),
    use(6003, 2, **API, resources=[{"uid": "arn:aws:s3:::exports"}]),
    use(6006, 2, file={"name": "weekly.csv", "type_id": 1}),
    use(6001, 7, web_resources=[{"name": "People"}]),
    event(
        3002,
        1,
        user=ANN,
        session={"uid": "s-1"},
        service={"name": "pulse"},
        src_endpoint={"ip": "203.0.113.7"},
        status_id=1,
    ),
    event(
        3002,
        2,
        user=ANN,
        session={"uid": "s-1"},
        service={"name": "pulse"},
        status_id=1,
    ),
    event(3005, 1, user=ANN, privileges=["read"], actor={"user": {"name": "cy"}}),
    event(3001, 7, user=ANN),
]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_samples_are_events_of_the_schema(sample):
    """What these tests read is valid under OCSF 1.8.0 itself."""
    jsonschema = pytest.importorskip("jsonschema")
    found = schema(sample["class_uid"])
    lacking = [
        one.message
        for one in jsonschema.Draft202012Validator(found).iter_errors(sample)
        # Profiles are not stated here, and neither are their attributes.
        if not any(word in one.message for word in ("'cloud'", "'osint'"))
    ]
    assert lacking == []


def test_who_whence_and_when_are_told(tmp_path):
    """Actor, key, session, application, address, ids and time stand in their columns."""
    [row] = told(tmp_path, use(6005, 1, **TABLE, **API)).rows
    assert (row.actor, row.credential, row.session) == (
        "ann@pulse.example",
        "KEY1",
        "s-1",
    )
    assert (row.application, row.address) == ("pulse", "203.0.113.7")
    assert (row.uid, row.request, row.time) == ("e-1", "r-1", NINE * 1000)
    assert (row.verb, row.ending) == ("read", Ending.DONE)


@pytest.mark.parametrize(
    ("value", "verb", "touch"),
    [
        (SAMPLES[0], "read", {"part": ["dataset:warehouse/accounts.profile"]}),
        (
            SAMPLES[2],
            "read",
            {
                "columns": [
                    "column:warehouse/accounts.profile.email",
                    "column:warehouse/accounts.profile.phone",
                ]
            },
        ),
        (SAMPLES[3], "read", {"part": ["dataset:warehouse/exports/in/a.csv"]}),
        (SAMPLES[4], "read", {"part": ["dataset:warehouse/arn:aws:s3:::exports"]}),
        (SAMPLES[5], "read", {"part": ["dataset:warehouse/weekly.csv"]}),
        (SAMPLES[6], "read", {"part": ["dataset:warehouse/People"]}),
        (use(6003, 3, **API), "update", {"unclear": True}),
        (
            use(6005, 3, **TABLE),
            "none",
            {"part": ["dataset:warehouse/accounts.profile"]},
        ),
        (use(6005, 8), "none", {}),
        (
            use(6005, 10, **TABLE),
            "decrypt",
            {"part": ["dataset:warehouse/accounts.profile"]},
        ),
        (
            use(6005, 99, **TABLE),
            "read",
            {"part": ["dataset:warehouse/accounts.profile"], "unclear": True},
        ),
        (
            use(6001, 8, web_resources=[{"name": "People"}]),
            "divert",
            {"part": ["dataset:warehouse/People"]},
        ),
    ],
)
def test_what_was_done_to_what(tmp_path, value, verb, touch):
    """The activity gives the verb, and what the event names was touched."""
    [row] = told(tmp_path, value).rows
    assert (row.verb, row.touch) == (verb, touch)


def test_a_statement_is_taken_apart_in_its_dialect(tmp_path):
    """With a dialect, the columns of a query are those that its text names."""
    [row] = told(tmp_path, SAMPLES[1], dialect="postgres").rows
    assert row.touch == {"columns": ["column:warehouse/accounts.profile.email"]}


def test_our_own_attributes_are_read(tmp_path):
    """Rows, subjects and the person behind stand under `unmapped.ringfence`."""
    [row] = told(tmp_path, SAMPLES[2]).rows
    assert (row.rows, row.subjects, row.behind) == (
        12,
        ("u1", "u2"),
        "bo@pulse.example",
    )


def test_sign_ins_are_told_in_the_words_of_a_lease(tmp_path):
    """Logon and logoff are sign-in and sign-out of the person they are about."""
    rows = told(tmp_path, {"events": [SAMPLES[7], SAMPLES[8]]}).rows
    shown = [(row.actor, row.application, row.session, row.verb) for row in rows]
    assert shown == [
        ("ann@pulse.example", "sign-in", "s-1", "none"),
        ("ann@pulse.example", "sign-out", "s-1", "none"),
    ]


def test_a_grant_touches_no_data(tmp_path):
    """Assigning privileges is an event of who assigned them, and obtains nothing."""
    [row] = told(tmp_path, SAMPLES[9]).rows
    assert (row.actor, row.verb, row.touch) == ("cy", "none", {})


def test_other_classes_are_asides(tmp_path):
    """A class that tells of no use is counted, and its time shows a living log."""
    reading = told(tmp_path, SAMPLES[10])
    assert (reading.asides, reading.beats, reading.rows) == (1, [NINE * 1000], [])


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"status_id": 1}, Ending.DONE),
        ({"status_id": 2}, Ending.DENIED),
        ({"action_id": 2}, Ending.DENIED),
        ({"disposition_id": 2}, Ending.DENIED),
        ({"disposition_id": 1}, Ending.DONE),
        ({"status_id": 99}, Ending.DONE),
    ],
)
def test_refusals_are_denied(tmp_path, more, ending):
    """A failure, a denied action or a blocking disposition obtained nothing."""
    [row] = told(tmp_path, use(6005, 1, **TABLE, **more)).rows
    assert row.ending is ending


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({**SAMPLES[0], "time": NINE // 1000}, "looks like seconds, not milliseconds"),
        ({**SAMPLES[0], "time": "soon"}, "has no `time` in milliseconds"),
        ({**SAMPLES[0], "time": True}, "has no `time` in milliseconds"),
        ({"time": NINE}, "has no `class_uid`"),
        ({**SAMPLES[0], "resources": [7]}, "no list of objects"),
        ({**SAMPLES[0], "actor": {"user": {"uid": ["a"]}}}, "no single value"),
        ({**SAMPLES[0], "unmapped": {"ringfence": {"rows": -2}}}, "no count"),
    ],
)
def test_an_event_off_the_schema_is_malformed(tmp_path, value, reason):
    """An event whose time, class or attributes can't be read is counted as such."""
    reading = told(tmp_path, value)
    assert reading.rows == []
    assert reason in reading.malformed[0].reason


@pytest.mark.parametrize(("store", "dialect"), [("", "postgres"), ("x", "klingon")])
def test_a_dialect_needs_to_be_one_and_a_store(store, dialect):
    """Statements are taken apart in a known dialect, within a store."""
    order = LogOrder("x", "ocsf", ("*",), store=store, options=options(dialect=dialect))
    with pytest.raises(ConfigError, match="dialect"):
        READER.check(order)
