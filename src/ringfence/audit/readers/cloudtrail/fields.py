"""What is read of a CloudTrail event: the fields that tell who, what, when, whence.

Fields that differ from service to service stay raw, and are decoded once for each
distinct text; everything else is skipped by the decoder.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw, Struct

UNREADABLE = (msgspec.MsgspecError, RecursionError, ValueError)


class Entry(Struct, gc=False, rename="camel", kw_only=True):
    """One event, as CloudTrail writes it.

    The fields stand in the order in which CloudTrail writes them: the decoder looks for
    the next one first.
    """

    identity: Raw = msgspec.field(default=Raw(), name="userIdentity")
    event_time: str
    event_source: str
    event_name: str
    aws_region: str | None = None
    address: str | None = msgspec.field(default=None, name="sourceIPAddress")
    agent: str | None = msgspec.field(default=None, name="userAgent")
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: Raw = Raw()
    response_elements: Raw = Raw()
    request_id: str | None = msgspec.field(default=None, name="requestID")
    event_id: str | None = msgspec.field(default=None, name="eventID")
    read_only: bool | None = None
    resources: Raw = Raw()
    management_event: bool | None = None
    recipient_account_id: str | None = None
    event_category: str | None = None


class Around(Struct, gc=False):
    """What else an item may be: an envelope round an event, or no event at all.

    Attributes:
        detail: The event in an envelope of EventBridge.
        told: The event as text, as the look-up interface prints it.
        digest_start: Told by a digest file, which lists log files and holds no event.
        log_files: Told by a digest file too.
        category: Category of an event.
        insight: Told by an insight, which counts calls and says of none who did it.
    """

    detail: Raw = Raw()
    told: Any = msgspec.field(default=None, name="CloudTrailEvent")
    digest_start: Any = msgspec.field(default=None, name="digestStartTime")
    log_files: Any = msgspec.field(default=None, name="logFiles")
    category: Any = msgspec.field(default=None, name="eventCategory")
    insight: Any = msgspec.field(default=None, name="insightDetails")

    def is_aside(self) -> bool:
        """Tell whether it is no event by its shape: a digest, or an insight."""
        is_digest = self.digest_start is not None and isinstance(self.log_files, list)
        return is_digest or (self.category == "Insight" and self.insight is not None)

    def inner(self) -> bytes | None:
        """Return the event within; None if there is none."""
        if isinstance(self.told, str):
            return self.told.encode(errors="replace")
        return bytes(self.detail) or None


ENTRIES = msgspec.json.Decoder(Entry)
AROUND = msgspec.json.Decoder(Around)
LIST = msgspec.json.Decoder(list[Raw])


def reason_of(error: Exception) -> str:
    """Return why something can't be read, in a line of words."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error) or type(error).__name__
