"""What looks like what: every tag, as it is written, and what only looks like it."""

from __future__ import annotations

import polars as pl
import pytest

from ringfence.egress.detectors.ours import DETECTOR

UUID = "38400000-8cf0-11bd-b23e-10b96e40000d"
FOUND = {
    "GOV_ID": [
        "219-09-9998 is it",
        "my SSN is 219 09 9998",
        '{"ssn":"219099998"}',
        "ssn ***-**-1234",
        "last four of my SSN is 1234",
        "ITIN 912-70-1234",
        "身份证号码是11010519491231002X",
        "11010519491231002X",
        "CPF 529.982.247-25",
        "529.982.247-25",
        "DNI 12345678Z",
        "NIE: X1234567L",
        "184127645108946",
        "RSSMRA85T10A562S",
        "811218-9876",
        "131052-308T",
        "PESEL 44051401359",
        "Aadhaar 2341 2341 2346",
        "PAN: ABCPE1234F",
        "passport no. C01X00T47",
        "driver's license: D1234567",
        "Steuer-ID 86095742719",
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
        "NINO AB123456C",
    ],
    "BANK_ACCOUNT": [
        "pay with 4111 1111 1111 1111 please",
        "378282246310005",
        "5555-5555-5555-4444.",
        "GB82WEST12345698765432",
        "IBAN: DE89 3704 0044 0532 0130 00 thanks",
        "account number: 12345678",
        "routing number 021000021",
        "PIN: 4821",
        "my pin is 4821.",
        "cvv 123",
    ],
    "FINANCIAL": ["credit score: 720", "annual income of $85,000"],
    "DEVICE_ID": [
        "IMEI: 490154203237518",
        "49-015420-323751-8",
        "mac 3c:22:fb:12:34:56",
        "3C-22-FB-12-34-56",
        "3c22.fb12.3456",
        "iccid 8901260123456789011",
        "imsi=310260123456789",
        '{"android_id":"9774d56d682e549c"}',
        f"device_id: {UUID}",
    ],
    "ADVERTISING_ID": [
        "idfa=6D92078A-8246-4BA4-AE5B-76104861E7DC",
        f'"advertisingId":"{UUID}"',
    ],
    "IP": [
        "from 203.0.113.7:8080",
        "2001:db8:85a3::8a2e:370:7334",
        "::ffff:203.0.113.9",
        "ip 10.1.1.1",
        "ip address 1.2.3.4",
        "http://203.0.113.77/x",
        "203.0.113.0/24",
    ],
    "COOKIE": [
        "Set-Cookie: sid=31d4d96e407aad42",
        "_ga=GA1.2.1033501218.1368477899",
        "PHPSESSID=298zf09hf012fh2cf0fj",
    ],
    "EMAIL": [
        "mail o'neil+x@mail.example.co.uk now",
        "用户@例子.测试",
        '"janedoe"@x.org',
        "<a@b.io>",
    ],
    "PHONE": [
        "+1 (415) 555-2671",
        "(415) 555-2671",
        "415.555.2671 x22",
        "tel:4155552671",
        "020 7946 0958",
        "电话：13800138000",
        "01 42 68 53 00",
        '{"phone":"4155552671"}',
        "655 437 108 office",
        "+447700 208 815-Fax",
        "0039 06 6982 1234",
    ],
    "NAME": [
        '{"first_name":"Jane"}',
        "Full Name: Jane Doe",
        "my name is Jane",
        "姓名：王小明",
    ],
    "ADDRESS": [
        "123 Main St, Springfield, IL 62704",
        "221B Baker Street, London NW1 6XE",
        "Musterstraße 12, 12345 Berlin",
        "12 rue de Rivoli, 75001 Paris",
        "PO Box 123",
        "zip code: 94105",
        '{"street":"12 Main Street"}',
    ],
    "BIRTH_DATE": [
        "DOB: 1980-05-12",
        "born on May 12, 1980",
        "date of birth 12/05/1980",
        "dob 5/12/80",
        "geboren am 12.05.1980",
        "出生日期：1980年5月12日",
        '"birthDate":"19800512"',
    ],
    "BIRTH_PLACE": ["place of birth: Springfield"],
    "ACCOUNT_NAME": [
        "username: jane_doe",
        "https://twitter.com/jane_doe",
        '"handle":"@jane"',
    ],
    "CREDENTIAL": [
        "password: hunter2",
        "my password is Tr0ub4dor",
        "security answer: Smith",
        "$2b$12$" + "a" * 53,
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxw",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
    "CALL_DETAIL": ['{"caller":"4567","callee":"4568","duration":33}'],
    "LOCATION": [
        '{"lat":37.77,"lng":-122.41}',
        "37.7749, -122.4194",
        "GPS: 37.77, -122.41",
        "POINT(-122.4194 37.7749)",
        "geohash 9q8yyk",
        "40°26′46″N 79°58′56″W",
        '"latitudeE7":377749000',
        "0101000020E61000005396218E759A5EC0A323B9FC87E24240",
        "849VCWC8+R9X",
        "geo:37.786971,-122.399677",
        "https://maps.example/@37.78,-122.39,15z",
        "///filled.count.soap",
    ],
    "GENOMIC": [
        "rs1801133 CT",
        "rs4477212\t1\t82154\tAA",
        "1\t10177\trs367896724\tA\tAC\t100",
        "BRCA1:c.68_69delAG",
        "NM_000059.3:c.5946delT",
        "ACGTTGCA" * 8,
    ],
    "OMIC": ["cg00000029: 0.523", "ENSG00000141510 12.5"],
    "BIOMETRIC": ['"face_embedding":[0.123,-0.2', "Rk1SACAyMAAAAAEI"],
    "HEALTH": [
        "diagnosis: E11.9",
        "ICD-10 F32.1",
        "MRN: 00123456",
        "HbA1c 7.2%",
        "diagnosed with type 2 diabetes",
        "HIV positive",
        "prescribed metformin 500 mg",
        "blood pressure 140/90",
    ],
}
NOTHING = [
    # a checksum or a rule that doesn't hold
    *("000-12-3456", "666-12-3456", "900-12-3456", "123-00-4567", "219-09-9999"),
    *("4111 1111 1111 1112", "GB82WEST12345698765433", "routing 123456789"),
    *("IMEI 490154203237519", "11010519491231002Y", "529.982.247-26"),
    *("ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "256.1.1.1", "300.20.30.40"),
    "idfa=00000000-0000-0000-0000-000000000000",
    # too coarse, or of no place
    *("lat: 37.7 lng: -122.4", "lat 99.12", "geohash 9q8yy", "POINT(-122.4 37.8)"),
    *("ratio 0.1234, 0.5678", "the position 12.5, 13.5", "12.99, 15.49"),
    "[12.3456, 45.6789, 22.1234]",
    "0101000000000000000000F03F0000000000000040",
    # nobody's
    *("127.0.0.1", "255.255.255.0", "0.0.0.7", "version 52.14.2.9", "2.0.0.1"),
    *("password: ********", "password: <redacted>", "username: null"),
    *("https://twitter.com/home", "x@y", "@jane", "jane@", "john at example.com"),
    # dates, times, sizes, scores, code
    *("DOB: 2999-05-12", "born 31/31/1980", "born to run 1984", "call 2023-11-05"),
    *("12:34:56", "01:23:45:67", "2021-03-04T05:06:07.890Z", "04.03.2021 05:06:07"),
    *("call 10:30 to 11:45", "sms sent 1700000000", "phone 15 pro 256"),
    *("total 1 234 567 kr", "€1.234.567,00", "$123,456,789.00", "0.405501"),
    *("std::vector<a::b> x; fe::c", "x = y[1:2:3]", "git clone a@v1"),
    *("the password is required", "username or password incorrect", "login: required"),
    *("name: Cats of Rome", "location: Berlin", "taking 2 days", "sim city 3000"),
    *("Order #112-3456789-1234567", "ISBN 978-3-16-148410-0", "SKU A12-3456-78"),
    *("A" * 60, "rs7 is ok", "a diagnosis of the problem: A1", "cancer 2020 study"),
    *("d41d8cd98f00b204e9800998ecf8427e", UUID, "see 1234567890123"),
]


def tags(text: str, name: str = "") -> set[str]:
    """Return the tags of one text."""
    found = DETECTOR.detect(pl.Series(name, [text]))
    return set(found.by_tag(DETECTOR.tags))


@pytest.mark.parametrize(
    ("tag", "text"), [(tag, text) for tag, texts in FOUND.items() for text in texts]
)
def test_what_is_written_as_such_is_found(tag: str, text: str):
    """A text is of its tag, and of no other."""
    assert tags(text) == {tag}


@pytest.mark.parametrize("text", NOTHING)
def test_what_only_looks_so_is_not_found(text: str):
    """Wrong checksums, coarse places, dates, prices, code and fillers are nothing."""
    assert tags(text) == set()


def test_every_tag_has_an_example():
    """No tag is promised that isn't found above."""
    assert set(FOUND) == DETECTOR.tags


def test_all_texts_of_a_series_are_told_apart():
    """One call over everything finds what single calls find."""
    pairs = [(tag, text) for tag, texts in FOUND.items() for text in texts]
    texts = [text for _, text in pairs] + NOTHING
    found = DETECTOR.detect(pl.Series(texts)).by_tag(DETECTOR.tags)
    of = {(row, tag) for tag, rows in found.items() for row in rows.tolist()}
    assert of == {(row, tag) for row, (tag, _) in enumerate(pairs)}


@pytest.mark.parametrize("text", [text for texts in FOUND.values() for text in texts])
def test_a_glance_passes_over_nothing(text: str):
    """What is found is never glanced over."""
    assert DETECTOR.glance(text)


def test_a_glance_passes_over_talk():
    """A text with nothing in it costs a glance alone."""
    assert not DETECTOR.glance("see you at noon, and bring the cat")


def test_a_null_is_an_empty_text():
    """Nulls keep their rows, and hold nothing."""
    texts = pl.Series([None, "a@b.io", None, ""], dtype=pl.String)
    found = DETECTOR.detect(texts)
    assert found.by_tag(DETECTOR.tags)["EMAIL"].tolist() == [1]


def test_an_empty_series_holds_nothing():
    """No text, no finding."""
    found = DETECTOR.detect(pl.Series([], dtype=pl.String))
    assert len(found.row) == len(found.tag) == 0
