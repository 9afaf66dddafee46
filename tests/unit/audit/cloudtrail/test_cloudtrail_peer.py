"""A real account's log of an attack that was staged: read whole, and checked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cloudtrail

ACCOUNT = "123837392027"
ANN = f"arn:aws:iam::{ACCOUNT}:user/benjamin"
BERT = f"arn:aws:iam::{ACCOUNT}:user/bert-jan"
KEY = "EXAMPLEKEYA2F3C08344"
ROLES = f"arn:aws:sts::{ACCOUNT}:assumed-role/stratus-red-team-ec2-"
HERE = "192.168.10.20"
US = f"us-east-1:{ACCOUNT}"
SECRET = f"arn:aws:secretsmanager:{US}:secret:stratus-red-team-retrieve-secret-"
PARAMETER = f"arn:aws:ssm:{US}:parameter/credentials/stratus-red-team/credentials-"
BUCKET = "arn:aws:s3:::stratus-red-team-ctes-bucket-qyxyekjbtk"

# Read by eye from the raw events: id, actor, credential, issued, verb, what was
# touched (`?` unclear), failed, address.
CHECKED = """
44a42357-fa38 {ANN} EXAMPLEKEYDDB77829D6 - none - ok 10.248.16.43
14ff525a-1809 {ANN} EXAMPLEKEYBC8C9715CA - none - ok AWS_Internal
21c87313-5709 {ANN} EXAMPLEKEY782BD1455F - none - ok health.amazonaws.com
c49463bc-2e70 {ANN} EXAMPLEKEYC8DF2B2F07 - none - failed 10.248.16.43
e4bad408-6272 {BERT} {KEY} - none - failed {HERE}
4bd2a6f6-dddc {BERT} {KEY} EXAMPLEKEYCB8901EF43 none - ok {HERE}
fbd91225-39aa {ROLES}get-password-data-role/aws-go-sdk-1688990082523310002 \
EXAMPLEKEYF94BAF116B - none - failed {HERE}
6bf8950b-f1ed {ROLES}steal-credentials-role/i-0dbc91f429e48eeed \
EXAMPLEKEYBFE8D80801 - none - ok 3.225.16.109
a4a7b25e-c2d5 inspector2.amazonaws.com - EXAMPLEKEY44BE104419 none - ok \
inspector2.amazonaws.com
895dc875-cb08 ec2.amazonaws.com - - none - ok ec2.amazonaws.com
55e25aa9-7165 ec2.amazonaws.com - EXAMPLEKEYF655D83BA6 none - ok ec2.amazonaws.com
f8dc527b-c784 {BERT} {KEY} - update {SECRET}8-2aONLk ok {HERE}
0bdf2b9c-2cf9 {BERT} {KEY} - read {SECRET}6-fAVH0t ok {HERE}
c6ebc8b7-572c {BERT} EXAMPLEKEY7BFBCB8A83 - decrypt \
arn:aws:kms:{US}:key/dad21b23-9915-42bd-981b-2a9f3c8f20c8 ok \
secretsmanager.amazonaws.com
d38e82b1-27a8 {BERT} EXAMPLEKEY0EF55A265C - decrypt \
arn:aws:kms:{US}:key/0e5d0ab6-097e-49d8-99ef-747ce3e5f8f4 ok AWS_Internal
a8713198-6e16 {BERT} EXAMPLEKEYA8EE4117B8 - none - ok AWS_Internal
736cbe1d-d978 {BERT} {KEY} - read {PARAMETER}6 ok {HERE}
93e58a50-11f0 {BERT} {KEY} - update {PARAMETER}34 ok {HERE}
111f1ab1-d904 {BERT} {KEY} - update ? failed {HERE}
2b2f4de3-8b4e {BERT} {KEY} - delete {PARAMETER}22 ok {HERE}
988f1043-3e3d {BERT} {KEY} - alter {BUCKET} ok {HERE}
b58e2c0b-f75b {BERT} {KEY} - none - ok {HERE}
0c3bce40-9649 {BERT} {KEY} - delete {BUCKET} failed {HERE}
d6b83ae2-b5f0 {BERT} {KEY} - delete {BUCKET} ok {HERE}
349b65f9-1932 {BERT} {KEY} - delete \
arn:aws:logs:{US}:log-group:stratus-red-team/vpc-flow-logs ok {HERE}
8fe3095f-909c {BERT} {KEY} - divert \
arn:aws:ec2:us-east-1::image/ami-0aa1d83d0b0985c86 ok {HERE}
3ad01b1d-ebc1 {BERT} {KEY} - alter \
arn:aws:ec2:us-east-1::snapshot/snap-083d3b857c13988bc ok {HERE}
2d19ab1e-82e9 {BERT} {KEY} - divert arn:aws:rds:{US}:snapshot:exfiltration ok {HERE}
b5232796-c668 {BERT} EXAMPLEKEYC72B31173B - delete \
arn:aws:rds:{US}:db:terraform-20230710121504061500000001 ok 10.8.8.10
74b4a7d6-764d AIDATFQR7NSC5AU2ZV3IE - - none - ok 10.8.8.10
64b7de64-bf53 {BERT} {KEY} - none - ok {HERE}
6202111c-efb2 lambda.amazonaws.com - EXAMPLEKEY385C44B567 none - ok \
lambda.amazonaws.com
"""


@pytest.fixture(scope="module")
def found(peer_data: Path) -> dict[str, tuple[cloudtrail.Told, bytes]]:
    events: dict[str, tuple[cloudtrail.Told, bytes]] = {}
    paths = sorted((peer_data / "logs/cloudtrail-invictus").glob("CloudTrail/*.json"))
    assert len(paths) == 55
    for path in paths:
        reading, data = cloudtrail.read(path), path.read_bytes()
        assert (reading.malformed, reading.asides) == ([], 0)
        written = [one["eventID"] for one in json.loads(data)["Records"]]
        assert [told.uid for told in reading.events] == written
        events |= {told.uid: (told, data) for told in reading.events}
    return events


@pytest.mark.peer
def test_every_event_of_the_peer_files_is_accounted(found):
    """55 files, 2,900 events, each at the bytes that parse to it."""
    assert len(found) == 2900
    for uid, (told, data) in found.items():
        item = json.loads(data[told.offset : told.offset + told.length])
        assert item["eventID"] == uid


@pytest.mark.peer
@pytest.mark.parametrize("line", CHECKED.strip().splitlines())
def test_the_events_say_what_an_eye_read_in_them(found, line: str):
    """Who, with which key, what was handed out, what was done to what, from where."""
    begin, *expected = line.format_map(globals()).split()
    (uid,) = (uid for uid in found if uid.startswith(begin))
    told, _ = found[uid]
    words = told.words
    assert words["behind"] == ""
    actor, credential, issued, verb, touch, ending, address = expected
    text = {"-": "{}", "?": '{"unclear":true}'}.get(touch, f'{{"part":["{touch}"]}}')
    assert (words["actor"], told.verb, words["touch"]) == (actor, verb, text)
    assert words["credential"] == credential.replace("-", "")
    assert words["issued"] == issued.replace("-", "")
    assert told.ending == (1 if ending == "failed" else 0)
    assert words["address"] == address.replace("_", " ")
