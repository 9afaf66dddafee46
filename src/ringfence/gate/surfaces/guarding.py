"""What goes wrong, told as failure: never as what somebody may take for leave.

A protocol that takes an empty answer for "nothing to hide" must get no answer at all
when the gate can't tell.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps

from ringfence.gate.point.asked import Caller, UnansweredError
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point
from ringfence.gate.surfaces.bodies import MalformedError, written

Handler = Callable[[Point, Caller, Call], Awaitable[Reply]]
log = logging.getLogger("ringfence.gate")


def guarded(handle: Handler, *, unanswered: int = 503, broken: int = 500) -> Handler:
    """Return a handler that answers with an error whatever goes wrong.

    Args:
        handle: What answers.
        unanswered: The status when the gate can't decide, or can't log.
        broken: The status when we are at fault.
    """

    @wraps(handle)
    async def answer(point: Point, caller: Caller, call: Call) -> Reply:
        try:
            return await handle(point, caller, call)
        except MalformedError as error:
            return failure(400, "invalid_parameter", str(error))
        except UnansweredError:
            return failure(unanswered, "unanswered", "the gate can't answer")
        except Exception:
            # What was asked stays out of the log: it may name people.
            log.exception("the gate failed at %s", call.path.partition("?")[0][:80])
            return failure(broken, "internal_error", "the gate failed")

    return answer


def failure(status: int, code: str, message: str) -> Reply:
    """Return an error as OPA words it."""
    return Reply(status, written({"code": code, "message": message}))
