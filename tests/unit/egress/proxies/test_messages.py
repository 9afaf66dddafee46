"""Our declaration of Envoy's messages, against Envoy's own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.egress.proxies import messages

theirs = pytest.importorskip("envoy_data_plane.envoy.service.ext_proc.v3")
core = pytest.importorskip("envoy_data_plane.envoy.config.core.v3")
filters = pytest.importorskip(
    "envoy_data_plane.envoy.extensions.filters.http.ext_proc.v3"
)
kinds = pytest.importorskip("envoy_data_plane.envoy.type.v3")

PAIRS = st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=9)), max_size=4)
SIDES = st.sampled_from(["request", "response"])


def mapped(pairs: Any) -> Any:
    """Return headers in their words."""
    return core.HeaderMap(
        headers=[core.HeaderValue(key=key, raw_value=value) for key, value in pairs]
    )


def told(headers: Any) -> list[tuple[str, bytes]]:
    """Return headers of ours."""
    return [(one.key, one.raw_value) for one in headers.headers]


@given(SIDES, PAIRS, st.booleans(), st.integers(0, 4))
def test_their_headers_are_read(side, pairs, end, mode):
    """What Envoy says of headers and of its modes is read as it was meant."""
    said = theirs.ProcessingRequest(
        **{
            f"{side}_headers": theirs.HttpHeaders(
                headers=mapped(pairs), end_of_stream=end
            )
        },
        observability_mode=end,
        protocol_config=theirs.ProtocolConfiguration(
            response_body_mode=filters.ProcessingModeBodySendMode(mode)
        ),
    )
    found = messages.ProcessingRequest.FromString(bytes(said))
    assert found.WhichOneof("kind") == f"{side}_headers"
    inner = getattr(found, f"{side}_headers")
    assert (told(inner.headers), inner.end_of_stream) == (pairs, end)
    assert found.observability_mode is end
    assert found.protocol_config.response_body_mode == mode


@given(SIDES, st.binary(max_size=50), st.booleans(), PAIRS)
def test_their_bodies_and_trailers_are_read(side, body, end, pairs):
    """So are bodies and trailers."""
    said = theirs.ProcessingRequest(
        **{f"{side}_body": theirs.HttpBody(body=body, end_of_stream=end)}
    )
    found = messages.ProcessingRequest.FromString(bytes(said))
    inner = getattr(found, f"{side}_body")
    assert (found.WhichOneof("kind"), inner.body, inner.end_of_stream) == (
        f"{side}_body",
        body,
        end,
    )
    behind = theirs.ProcessingRequest(
        **{f"{side}_trailers": theirs.HttpTrailers(trailers=mapped(pairs))}
    )
    found = messages.ProcessingRequest.FromString(bytes(behind))
    assert told(getattr(found, f"{side}_trailers").trailers) == pairs


@given(PAIRS, st.binary(max_size=50), st.booleans())
def test_ours_are_read_by_them(pairs, body, end):
    """Mutations, bodies, modes and immediate answers mean to Envoy what they mean here."""
    made = messages.ProcessingResponse()
    common = made.response_body.response
    for key, value in pairs:
        one = common.header_mutation.set_headers.add(append_action=messages.OVERWRITE)
        one.header.key, one.header.raw_value = key, value
    common.header_mutation.remove_headers.extend(["etag"])
    common.body_mutation.body = body
    made.mode_override.response_header_mode = messages.SEND
    made.mode_override.response_body_mode = messages.BUFFERED
    made.mode_override.response_trailer_mode = messages.SEND
    found = theirs.ProcessingResponse.parse(made.SerializeToString())
    inner = found.response_body.response
    assert [
        (one.header.key, one.header.raw_value)
        for one in inner.header_mutation.set_headers
    ] == pairs
    assert {int(one.append_action) for one in inner.header_mutation.set_headers} <= {2}
    assert inner.header_mutation.remove_headers == ["etag"]
    assert inner.body_mutation.body == body
    mode = found.mode_override
    assert mode.response_header_mode.name == "SEND"
    assert mode.response_body_mode.name == "BUFFERED"
    assert mode.response_trailer_mode.name == "SEND"

    made = messages.ProcessingResponse()
    streamed = made.response_body.response.body_mutation.streamed_response
    streamed.body, streamed.end_of_stream = body, end
    found = theirs.ProcessingResponse.parse(made.SerializeToString())
    again = found.response_body.response.body_mutation.streamed_response
    assert again is not None
    assert (again.body, again.end_of_stream) == (body, end)


@given(
    st.sampled_from([400, 403, 404, 500, 501, 502, 503, 504]), st.binary(max_size=50)
)
def test_an_immediate_answer_is_read_by_them(code, body):
    """An answer of Envoy's own has the status and the body that it is given."""
    made = messages.ProcessingResponse()
    made.immediate_response.status.code = code
    made.immediate_response.body = body
    found = theirs.ProcessingResponse.parse(made.SerializeToString())
    assert found.immediate_response.status.code == kinds.StatusCode(code)
    assert found.immediate_response.body == body


def test_modes_have_their_numbers():
    """Each mode is Envoy's number for it."""
    theirs_ = filters.ProcessingModeBodySendMode
    names = ("NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED")
    ours = (
        *(messages.NONE, messages.STREAMED, messages.BUFFERED),
        *(messages.PARTIAL, messages.DUPLEX),
    )
    assert [theirs_(one).name for one in ours] == list(names)
