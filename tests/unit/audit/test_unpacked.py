"""Files are unpacked in blocks of whole lines, whatever the bytes are."""

import csv
import gzip
import io
import os
import resource
import tracemalloc
from contextlib import contextmanager
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit import unpacked
from ringfence.audit.unpacked import Unpacked

ODD = st.lists(
    st.sampled_from(
        [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"a", b"\x00", b"\xff", b";"]
    ),
    max_size=60,
).map(b"".join)
# What begins like gzip is gzip, however it was meant.
CONTENT = (ODD | st.binary(max_size=100)).filter(
    lambda content: not content.startswith(b"\x1f\x8b")
)
PACKINGS = st.sampled_from(["plain", "gzip", "two members"])


def packed(content, packing):
    if packing == "plain":
        return content
    if packing == "gzip":
        return gzip.compress(content)
    half = len(content) // 2
    return gzip.compress(content[:half]) + gzip.compress(content[half:]) + b"\0" * 7


def whole_again(file, blocks, content):
    """Blocks and malformed stretches, put together by their places."""
    parts = [(block.offset, block.data) for block in blocks]
    for lost in file.malformed:
        stretch = content[lost.offset : lost.offset + lost.length]
        parts.append((lost.offset, stretch + content[lost.offset + lost.length :][:1]))
    return b"".join(data for _, data in sorted(parts))


def line_of(content, offset):
    return content.count(b"\n", 0, offset) + 1


@contextmanager
def small():
    """Blocks, lines and chunks small enough for their borders to matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacked, "BLOCK", 16)
        patch.setattr(unpacked, "CHUNK", 7)
        patch.setattr(unpacked, "LONGEST_LINE", 24)
        patch.setattr(unpacked, "_FIRST_WINDOW", 4)
        yield


@pytest.fixture
def opened(tmp_path):
    """A file with given bytes, ready to be read."""

    def open_(content):
        path = tmp_path / "log"
        path.write_bytes(content)
        return Unpacked(path, "log")

    return open_


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all inputs of a property."""
    return tmp_path_factory.mktemp("unpacked")


@given(content=CONTENT, packing=PACKINGS)
def test_lines_come_whole(folder, content, packing):
    """Blocks of lines and malformed lines together are the content, byte for byte."""
    path = folder / "log"
    path.write_bytes(packed(content, packing))
    file = Unpacked(path, "log")
    with small():
        blocks = list(file.lines())
    assert whole_again(file, blocks, content) == content
    assert file.size == len(content)
    assert file.digest == sha256(path.read_bytes()).hexdigest()
    assert not file.problems
    places = [(part.offset, part.line) for part in blocks]
    places += [(part.offset, part.line) for part in file.malformed]
    assert [line for _, line in places] == [line_of(content, at) for at, _ in places]
    assert all(block.data.endswith(b"\n") for block in blocks[:-1])
    assert {lost.length > 24 for lost in file.malformed} <= {True}
    assert not any(
        len(line) > 24 for block in blocks for line in block.data.split(b"\n")
    )


@given(content=CONTENT, packing=PACKINGS)
def test_rows_come_whole(folder, content, packing):
    """Blocks of rows and malformed lines together are the content, byte for byte."""
    path = folder / "log"
    path.write_bytes(packed(content, packing))
    file = Unpacked(path, "log")
    with small():
        blocks = list(file.rows())
    assert whole_again(file, blocks, content) == content
    assert file.digest == sha256(path.read_bytes()).hexdigest()
    places = [(part.offset, part.line) for part in blocks]
    places += [(part.offset, part.line) for part in file.malformed]
    assert [line for _, line in places] == [line_of(content, at) for at, _ in places]
    for block in blocks:
        assert block.ends[-1] == len(block.data)
        assert all(block.ends[1:] > block.ends[:-1])


@given(content=CONTENT, packing=PACKINGS)
def test_chunks_are_the_content_with_their_places(folder, content, packing):
    """Cut anywhere, every byte comes once, at its place and line."""
    path = folder / "log"
    path.write_bytes(packed(content, packing))
    file = Unpacked(path, "log")
    with small():
        chunks = list(file.chunks())
    assert b"".join(chunk.data for chunk in chunks) == content
    assert file.digest == sha256(path.read_bytes()).hexdigest()
    at = 0
    for chunk in chunks:
        assert (chunk.offset, chunk.line) == (at, line_of(content, at))
        at += len(chunk.data)


@given(
    rows=st.lists(
        st.lists(st.text('a",;\n\r é', max_size=8), min_size=1, max_size=4).filter(
            lambda row: row != [""]
        ),
        max_size=40,
    ),
    delimiter=st.sampled_from(",;"),
    end=st.sampled_from(["\n", "\r\n"]),
    size=st.integers(4, 200),
)
def test_rows_are_what_was_written(folder, rows, delimiter, end, size):
    """Rows that Python's csv module wrote come back as they are, cut where it cut."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    cuts = []
    for row in rows:
        writer.writerow(row)
        cuts.append(len(text.getvalue().encode()))
    path = folder / "log"
    path.write_bytes(text.getvalue().encode())
    file = Unpacked(path, "log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacked, "BLOCK", size)
        blocks = list(file.rows(delimiter.encode()))
    assert not file.malformed
    assert [block.offset + int(end) for block in blocks for end in block.ends] == cuts


def test_a_block_ends_with_its_last_whole_line(opened):
    """A block holds about what was asked for, and the rest of a line comes with it."""
    file = opened(b"one line\nanother line\nthe third\nlast")
    with small():
        blocks = [(block.offset, block.line, block.data) for block in file.lines()]
    assert blocks == [
        (0, 1, b"one line\n"),
        (9, 2, b"another line\nthe third\n"),
        (32, 4, b"last"),
    ]


def test_an_empty_file_has_a_digest_and_no_block(opened):
    """Nothing comes of an empty file, and that is no problem."""
    file = opened(b"")
    assert list(file.lines()) == []
    assert (file.size, file.problems, file.malformed) == (0, [], [])
    assert file.digest == sha256(b"").hexdigest()
    assert opened(b"").whole().data == b""


def test_a_long_line_is_told_and_left_out(opened):
    """A line longer than the longest is malformed; the lines round it are read."""
    file = opened(b"a\n" + b"x" * 100 + b"\nb\n")
    with small():
        blocks = [(block.offset, block.line, block.data) for block in file.lines()]
    assert blocks == [(0, 1, b"a\n"), (103, 3, b"b\n")]
    [lost] = file.malformed
    assert (lost.offset, lost.length, lost.line) == (2, 100, 2)
    assert lost.reason == "the line is longer than 24 bytes"


def test_a_line_of_a_gigabyte_is_survived_in_bounded_memory(tmp_path):
    """A sparse file of one line of a gigabyte costs no more than a few blocks."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"before\n")
        file.seek(1 << 30)
        file.write(b"\nbehind\n")
    tracemalloc.start()
    log = Unpacked(path, "log")
    data = b"".join(block.data for block in log.rows())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert data == b"before\nbehind\n"
    assert [(lost.offset, lost.length) for lost in log.malformed] == [
        (7, (1 << 30) - 7)
    ]
    assert peak < 8 * unpacked.LONGEST_LINE


def test_a_packed_gigabyte_is_unpacked_in_bounded_memory(tmp_path):
    """A small gzip that unpacks to very much is not held at once."""
    path = tmp_path / "log"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(256):
            file.write(b"\0" * (1 << 20))
    tracemalloc.start()
    log = Unpacked(path, "log")
    assert list(log.lines()) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert log.malformed[0].length == 1 << 28
    assert peak < 8 * unpacked.LONGEST_LINE


@pytest.mark.parametrize("read", [Unpacked.lines, Unpacked.rows])
def test_a_gzip_that_breaks_off_gives_what_it_has(opened, read):
    """Whole lines before the break are read; the torn one and the rest are told."""
    content = b"".join(b"line %d\n" % n for n in range(40_000))
    file = opened(gzip.compress(content)[:-5000])
    data = b"".join(block.data for block in read(file))
    assert content.startswith(data)
    assert data.endswith(b"\n")
    assert file.problems == ["the gzip breaks off"]
    [lost] = file.malformed
    assert (lost.offset, lost.line) == (len(data), data.count(b"\n") + 1)
    assert lost.offset + lost.length == file.size
    assert lost.reason == "the gzip breaks off: the rest is unknown"
    assert file.digest == sha256(file.path.read_bytes()).hexdigest()


def test_a_gzip_with_a_wrong_checksum_is_no_whole_file(opened):
    """What a checksum belies was delivered, and the problem says so."""
    data = bytearray(gzip.compress(b"one\ntwo\n"))
    data[-6] ^= 1
    file = opened(bytes(data))
    assert b"".join(block.data for block in file.lines()) == b"one\ntwo\n"
    assert file.problems == ["the gzip is corrupt (incorrect data check)"]
    assert [(lost.offset, lost.length) for lost in file.malformed] == [(8, 0)]


def test_what_follows_a_gzip_is_told(opened):
    """Zeros may follow a gzip, other bytes are a problem."""
    file = opened(gzip.compress(b"one\n") + b"two\n")
    assert [block.data for block in file.lines()] == [b"one\n"]
    assert file.problems == ["bytes that are no gzip follow the gzip"]


@pytest.mark.parametrize("read", [Unpacked.lines, Unpacked.rows])
def test_the_digest_covers_what_was_not_read(opened, read):
    """A reading that stops early still tells the digest of all of the file."""
    content = b"a line\n" * 1000
    file = opened(content)
    with small():
        blocks = read(file)
        next(blocks)
        blocks.close()
    assert file.digest == sha256(content).hexdigest()


def test_a_missing_file_is_a_problem(tmp_path):
    """A file that isn't there gives no block, no digest, and a problem."""
    for name in ("missing", "."):
        file = Unpacked(tmp_path / name, name)
        assert list(file.lines()) == []
        assert file.whole() is None
        assert file.digest == ""
        assert file.malformed == []
        assert file.problems[0].startswith("can't be read (")


def test_a_pipe_is_not_waited_for(tmp_path):
    """What is no file is never read: it might never end."""
    os.mkfifo(tmp_path / "pipe")
    file = Unpacked(tmp_path / "pipe", "pipe")
    assert list(file.rows()) == []
    assert file.problems == ["can't be read (it is no file)"]


def test_a_torn_row_costs_its_own_line_alone(opened):
    """A row that a crash tore is malformed; the rows behind it are rows again."""
    good = b'1,"a, ""b""\nc",2\n'
    file = opened(good + b'3,"torn, ' + b"\n" + good * 3)
    blocks = list(file.rows())
    assert b"".join(block.data for block in blocks) == good * 4
    assert [int(end) for block in blocks for end in block.ends] == [17, 17, 34, 51]
    [lost] = file.malformed
    assert (lost.offset, lost.length, lost.line) == (17, 9, 3)
    assert lost.reason == "a quote is not closed, or closes in the middle of a field"


def test_a_quote_that_nothing_closes_does_not_swallow_the_rest(opened):
    """An open quote is followed for the longest line's length and no further."""
    file = opened(b'"open\n' + b"a,b\n" * 10)
    with small():
        assert b"".join(block.data for block in file.rows()) == b"a,b\n" * 10
    [lost] = file.malformed
    assert (lost.offset, lost.length) == (0, 5)
    assert lost.reason == "no quote closes the row within 24 bytes"


def test_a_quote_that_is_open_at_the_end_is_told(opened):
    """An open quote near the end of a file costs its own line, not those behind it."""
    file = opened(b'a,b\n"open\nc,d\n')
    assert b"".join(block.data for block in file.rows()) == b"a,b\nc,d\n"
    assert [(lost.offset, lost.line) for lost in file.malformed] == [(4, 2)]


def test_a_quote_within_a_bare_field_is_a_letter(opened):
    """A field that begins without a quote may hold one, as a screen of 5 inches does."""
    content = b'screen,5" wide\n"a\nb",c\n'
    file = opened(content)
    blocks = list(file.rows())
    assert not file.malformed
    assert [block.offset + int(end) for block in blocks for end in block.ends] == [
        15,
        23,
    ]


def test_many_torn_rows_take_time_in_proportion(opened):
    """Twenty thousand torn rows are all told, each by itself."""
    file = opened(b'1,"torn\n2,"whole"\n' * 20_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    rows = sum(len(block.ends) for block in file.rows())
    assert rows == len(file.malformed) == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime >= before


def test_a_document_comes_whole(opened):
    """A document is given as one block."""
    assert opened(gzip.compress(b"{\n}")).whole() == unpacked.Block(b"{\n}", 0, 1)


def test_a_document_may_be_too_large(opened, monkeypatch):
    """A document that is too large gives nothing but a problem and its digest."""
    monkeypatch.setattr(unpacked, "LARGEST_DOCUMENT", 10)
    file = opened(b"x" * 11)
    assert file.whole() is None
    assert file.problems == ["larger than 10 bytes, which no one document may be"]
    assert file.digest == sha256(b"x" * 11).hexdigest()


def test_a_document_that_breaks_off_is_given_with_its_problem(opened):
    """What there is of a packed document is given, and the rest told as unknown."""
    file = opened(gzip.compress(b"[1, 2, 3]")[:-8])
    assert file.whole().data == b"[1, 2, 3]"
    assert file.problems == ["the gzip breaks off"]
    assert [(lost.offset, lost.length) for lost in file.malformed] == [(9, 0)]


@pytest.mark.parametrize("packing", ["plain", "gzip", "two members"])
def test_a_head_begins_no_reading(opened, packing):
    """What a file begins with is told unpacked, and nothing of the reading changes."""
    content = b"a line\n" * 20_000
    file = opened(packed(content, packing))
    assert file.head() == content[: 1 << 16]
    assert (file.size, file.digest, file.problems) == (0, "", [])
    assert b"".join(block.data for block in file.lines()) == content


def test_nothing_is_the_head_of_what_can_not_be_read(tmp_path):
    """A file that isn't there has no head."""
    assert Unpacked(tmp_path / "missing", "missing").head() == b""


def test_a_gzip_is_known_however_little_is_read_at_once(opened, monkeypatch):
    """Its two first bytes may come one by one."""
    monkeypatch.setattr(unpacked, "CHUNK", 1)
    file = opened(gzip.compress(b"a\nb\n"))
    assert b"".join(block.data for block in file.lines()) == b"a\nb\n"
    assert not file.problems
