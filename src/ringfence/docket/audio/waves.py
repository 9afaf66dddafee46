"""WAV files: samples and nothing else, whatever the original's container said."""

from __future__ import annotations

import io
import wave

from ringfence.docket.objects import RATE


def wav(content: bytes | memoryview) -> bytes:
    """Return a WAV file of samples at 16 kHz, one channel of 16 bits.

    Args:
        content: The samples, the low byte first.
    """
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(content)
    return out.getvalue()
