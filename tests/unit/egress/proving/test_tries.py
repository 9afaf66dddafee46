"""Tries: every canary plain, every form, every container; and what is harmless."""

from __future__ import annotations

import io
import json
import zipfile
from email import message_from_bytes

import polars as pl
import pytest

from ringfence.boundary.channels import Declared
from ringfence.egress.forms.kinds import Kind
from ringfence.egress.proving.canaries import Canary
from ringfence.egress.proving.carrying import HARMLESS, containers
from ringfence.egress.proving.forms import PLAIN, forms
from ringfence.egress.proving.tries import Try, tries
from ringfence.errors import ConfigError
from tests.exiting import channel
from tests.proving import NESTED, TABLES, TEXTS

PEOPLE = tuple(
    Canary(
        str(at), ((Kind.EMAIL, f"joan{at}@b.example"), (Kind.PHONE, f"+1415555010{at}"))
    )
    for at in range(3)
)


def made(*, thorough: bool = False) -> list[Try]:
    """Return what is tried by a channel of texts."""
    return [*tries(PEOPLE, forms(), containers(TEXTS), thorough=thorough)]


def test_every_canary_is_tried_plain():
    """Each canary is tried in the plain form of each kind of theirs."""
    found = {
        (one.canary, one.kind)
        for one in made()
        if (one.form, one.container) == (PLAIN, "text")
    }
    assert found == {(who, kind) for who in (1, 2, 3) for kind in ("EMAIL", "PHONE")}


def test_every_form_and_every_container_is_tried():
    """Each form stands in the plainest container, each kind in each container."""
    found = made()
    for kind in (Kind.EMAIL, Kind.PHONE):
        of_kind = [one for one in found if one.kind == kind]
        wanted = {form.name for form in forms() if kind in form.kinds}
        assert {one.form for one in of_kind if one.container == "text"} == wanted
        assert {one.container for one in of_kind} == {
            one.name for one in containers(TEXTS)
        }
    assert {one.canary for one in found} == {0, 1, 2, 3}


def test_what_is_harmless_is_first_and_last():
    """Each container is tried with harmless words first, the plainest again last."""
    found = made()
    names = [one.name for one in containers(TEXTS)]
    assert [one.container for one in found if one.is_control] == [*names, "text"]
    assert [one.is_control for one in found[: len(names)]] == [True] * len(names)
    assert found[-1].is_control
    assert [one.number for one in found] == [*range(len(found))]


def test_thoroughly_all_is_tried_with_all():
    """Every canary stands in every form in every container that has room for it."""
    found = made(thorough=True)
    assert len(found) > 5 * len(made())
    zipped = {
        (one.canary, one.form)
        for one in found
        if one.container == "text in ZIP" and one.kind == "EMAIL"
    }
    wanted = [form.name for form in forms() if Kind.EMAIL in form.kinds]
    assert zipped == {(who, name) for who in (1, 2, 3) for name in wanted}


def test_carriers_carry():
    """What is carried can be read out of each container of a table."""
    by_name = {one.name: one for one in containers(TABLES)}
    frame = pl.read_csv(by_name["CSV"].carry("x,y").content)
    assert frame["city"].to_list() == [HARMLESS, HARMLESS, "x,y", HARMLESS]
    assert frame["mail"].null_count() == 4
    frame = pl.read_parquet(by_name["Parquet"].carry("x").content)
    assert frame["city"].to_list()[2] == "x"
    twice = by_name["CSV in ZIP in ZIP"].carry("needle").content
    with zipfile.ZipFile(io.BytesIO(twice)) as outer:
        inner = outer.read("figures.zip")
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        assert b"needle" in archive.read("figures.csv")
    mail = message_from_bytes(by_name["CSV in a mail"].carry("needle").content)
    assert b"needle" in mail.get_payload(decode=True)
    named, stated = (by_name[n].carry("needle") for n in ("file name", "header"))
    assert (named.name, stated.stated) == ("needle", {"x-note": "needle"})
    assert b"needle" not in named.content + stated.content


def test_pointers_lead_to_their_places():
    """A channel of documents is carried by documents of its shape."""
    first = containers(NESTED)[0]
    line = first.carry("needle").content.splitlines()[2]
    assert json.loads(line) == {
        "people": [{"note": "needle", "email": None}],
        "places": [None],
        "a": {"b": 1.5},
    }


@pytest.mark.parametrize(
    "column",
    [
        Declared("mail", "text", "EMAIL"),
        Declared("mail", "text", mask="null"),
        Declared("mail", "text", opaque=True),
        Declared("mail", "integer"),
        Declared("mail", "text", holds="group"),
    ],
)
def test_a_channel_without_room_is_refused(column: Declared):
    """Where nothing harmless fits in, nothing can be proved: said so, with a hint."""
    with pytest.raises(ConfigError, match="declares nothing that a harmless text"):
        containers(channel(columns=(column,)))
