"""Ed25519 signatures (RFC 8032, 5.1.7), strictly, and without the cofactor.

S has to be below the order. The key has to be a point in its one encoding, and of prime
order: not of small order, whose signatures fit any text, nor with a part that is. R is
compared as bytes. Nothing here is secret, so nothing takes care to take equal time.
"""

from __future__ import annotations

import hashlib

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, PRIME) % PRIME
_ROOT = pow(2, (PRIME - 1) // 4, PRIME)  # of -1

_Point = tuple[int, int, int, int]  # X, Y, Z, T: x = X/Z, y = Y/Z, x*y = T/Z
_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_Y = 4 * pow(5, -1, PRIME) % PRIME
_BASE: _Point = (_X, _Y, 1, _X * _Y % PRIME)
_NEUTRAL: _Point = (0, 1, 1, 0)


def verifies(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether a signature of a text is the one of this public key."""
    point, s = _decoded(key), int.from_bytes(signature[32:], "little")
    if point is None or point == _NEUTRAL or s >= ORDER:
        return False
    if _encoded(_times(ORDER, point)) != _encoded(_NEUTRAL):
        return False
    summed = hashlib.sha512(signature[:32] + key + text).digest()
    k = int.from_bytes(summed, "little") % ORDER
    # R = sB - kA = sB + (order - k)A, as the order of A is the order.
    found = _plus(_times(s, _BASE), _times(ORDER - k, point))
    return _encoded(found) + s.to_bytes(32, "little") == signature


def _plus(one: _Point, other: _Point) -> _Point:
    (x, y, z, t), (u, v, w, s) = one, other
    less, more = (y - x) * (v - u), (y + x) * (v + u)
    both, twice = 2 * _D * t * s, 2 * z * w
    e, f, g, h = more - less, twice - both, twice + both, more + less
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _times(count: int, point: _Point) -> _Point:
    found = _NEUTRAL
    for bit in f"{count:b}":
        found = _plus(found, found)
        found = _plus(found, point) if bit == "1" else found
    return found


def _encoded(point: _Point) -> bytes:
    over = pow(point[2], -1, PRIME)
    x, y = (part * over % PRIME for part in point[:2])
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decoded(content: bytes) -> _Point | None:
    """Return the point that has this encoding, and no other; None if there is none."""
    sign, y = divmod(int.from_bytes(content, "little"), 1 << 255)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    x = x if x * x % PRIME == square else x * _ROOT % PRIME
    x = x if x & 1 == sign else PRIME - x
    point = (x, y, 1, x * y % PRIME)
    return point if x * x % PRIME == square and _encoded(point) == content else None
