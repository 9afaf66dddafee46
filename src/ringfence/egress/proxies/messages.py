"""Envoy's messages for external processing, as far as they are used here.

The numbers are those of Envoy's public interface, `envoy.service.ext_proc.v3`. They are
declared in a pool of their own, so that nothing else in a process can clash with them.
Fields that aren't declared are skipped when they are read.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "envoy.service.ext_proc.v3.ExternalProcessor"
METHOD = "Process"
_PACKAGE = "envoy.service.ext_proc.v3"
_FILE = "ringfence/ext_proc.proto"
_KINDS = {"bytes": 12, "string": 9, "bool": 8, "int": 5, "enum": 5, "uint32": 13}
_MESSAGE = 11

# Fields: number, kind (a message by its name), `*` for many. `|`: one of several.
_DECLARED: dict[str, dict[str, tuple[int, str]]] = {
    "HeaderValue": {
        "key": (1, "string"),
        "value": (2, "string"),
        "raw_value": (3, "bytes"),
    },
    "HeaderMap": {"headers": (1, "*HeaderValue")},
    "HeaderValueOption": {
        "header": (1, "HeaderValue"),
        "append_action": (3, "enum"),
    },
    "HttpStatus": {"code": (1, "enum")},
    "HttpHeaders": {"headers": (1, "HeaderMap"), "end_of_stream": (3, "bool")},
    "HttpBody": {"body": (1, "bytes"), "end_of_stream": (2, "bool")},
    "HttpTrailers": {"trailers": (1, "HeaderMap")},
    "ProtocolConfiguration": {
        "request_body_mode": (1, "enum"),
        "response_body_mode": (2, "enum"),
        "send_body_without_waiting_for_header_response": (3, "bool"),
    },
    "ProcessingRequest": {
        "request_headers": (2, "|HttpHeaders"),
        "response_headers": (3, "|HttpHeaders"),
        "request_body": (4, "|HttpBody"),
        "response_body": (5, "|HttpBody"),
        "request_trailers": (6, "|HttpTrailers"),
        "response_trailers": (7, "|HttpTrailers"),
        "observability_mode": (10, "bool"),
        "protocol_config": (11, "ProtocolConfiguration"),
    },
    "HeaderMutation": {
        "set_headers": (1, "*HeaderValueOption"),
        "remove_headers": (2, "*string"),
    },
    "StreamedBodyResponse": {"body": (1, "bytes"), "end_of_stream": (2, "bool")},
    "BodyMutation": {
        "body": (1, "|bytes"),
        "clear_body": (2, "|bool"),
        "streamed_response": (3, "|StreamedBodyResponse"),
    },
    "CommonResponse": {
        "status": (1, "enum"),
        "header_mutation": (2, "HeaderMutation"),
        "body_mutation": (3, "BodyMutation"),
    },
    "HeadersResponse": {"response": (1, "CommonResponse")},
    "BodyResponse": {"response": (1, "CommonResponse")},
    "TrailersResponse": {"header_mutation": (1, "HeaderMutation")},
    "ImmediateResponse": {
        "status": (1, "HttpStatus"),
        "headers": (2, "HeaderMutation"),
        "body": (3, "bytes"),
        "details": (5, "string"),
    },
    "ProcessingMode": {
        "request_header_mode": (1, "enum"),
        "response_header_mode": (2, "enum"),
        "request_body_mode": (3, "enum"),
        "response_body_mode": (4, "enum"),
        "request_trailer_mode": (5, "enum"),
        "response_trailer_mode": (6, "enum"),
    },
    "ProcessingResponse": {
        "request_headers": (1, "|HeadersResponse"),
        "response_headers": (2, "|HeadersResponse"),
        "request_body": (3, "|BodyResponse"),
        "response_body": (4, "|BodyResponse"),
        "request_trailers": (5, "|TrailersResponse"),
        "response_trailers": (6, "|TrailersResponse"),
        "immediate_response": (7, "|ImmediateResponse"),
        "mode_override": (9, "ProcessingMode"),
    },
}


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name=_FILE, package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _DECLARED.items():
        message = file.message_type.add(name=name)
        if any(kind.startswith("|") for _, kind in fields.values()):
            message.oneof_decl.add(name="kind")
        for field, (number, kind) in fields.items():
            _declare(message.field.add(name=field, number=number), kind)
    return file


def _declare(made: Any, kind: str) -> None:  # noqa: ANN401 - protobuf has no types
    made.label = 3 if kind.startswith("*") else 1
    if kind.startswith("|"):
        made.oneof_index = 0
    bare = kind.lstrip("*|")
    if bare in _KINDS:
        made.type = _KINDS[bare]
    else:
        made.type = _MESSAGE
        made.type_name = f".{_PACKAGE}.{bare}"


_POOL = descriptor_pool.DescriptorPool()
_POOL.Add(_file())


def message(name: str) -> Any:  # noqa: ANN401 - protobuf has no types
    """Return the class of a message."""
    found = _POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}")
    return message_factory.GetMessageClass(found)


ProcessingRequest = message("ProcessingRequest")
ProcessingResponse = message("ProcessingResponse")
SEND = 1
"""Headers and trailers are sent (`HeaderSendMode`)."""
NONE, STREAMED, BUFFERED, PARTIAL, DUPLEX = range(5)
"""How bodies are sent (`BodySendMode`)."""
OVERWRITE = 2
"""Headers that are set replace what is there (`HeaderAppendAction`)."""
