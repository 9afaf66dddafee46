"""Decodes one sound and nothing else: a program of its own, which may die of its input.

It reads the sound from standard input, writes one line of JSON that says what it is,
then its samples at 16 kHz, one channel of 16 bits; last, on standard error, a line of
JSON that says how many, or what is wrong. It opens no file and reaches no network: a
playlist that names other files is no sound. It imports PyAV alone, and is run by its
path with `python -I`.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from array import array
from collections.abc import Iterator
from typing import Any

import av
import av.audio.stream
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.codeccontext
import av.video.stream  # all that it would look for later, when no file is opened
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

RATE = 16_000
LONGEST = 12 * 3600 * RATE  # samples
# Containers that hold their sound themselves. What isn't here may name other files.
FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,flac,flv,gsm,loas,"
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mp3,mpeg,mpegts,ogg,rm,sox,tta,voc,w64,wav,wv"
)
BAD = 3


class SoundError(Exception):
    """It can't be decoded; the message says why."""


def main(memory: int, seconds: int) -> int:
    """Decode standard input within so many bytes of memory and seconds of computing."""
    _limit(memory, seconds)
    av.logging.set_level(None)  # it would tell the terminal what the input says
    try:
        content = io.BytesIO(sys.stdin.buffer.read())
        told = _decode(content, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except SoundError as error:
        told = {"error": str(error)}
    except (av.error.FFmpegError, ValueError, LookupError) as error:
        told = {"error": f"is no sound that can be decoded: {_reason(error)}"}
    except MemoryError:
        told = {"error": "takes too much memory to decode"}
    sys.stderr.write(json.dumps(told))
    return BAD if "error" in told else 0


def _limit(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # no more than it has


def _decode(content: io.BytesIO, out: Any) -> dict[str, Any]:  # noqa: ANN401
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "none"}
    with av.open(content, metadata_errors="replace", container_options=options) as file:
        if not file.streams.audio:
            raise SoundError("holds no sound")
        stream = file.streams.audio[0]
        context = stream.codec_context
        context.thread_count = 1
        context.flags |= av.codec.context.Flags.bitexact.value
        skipped = _Skipped()
        count = 0
        for part in _samples(file, stream, skipped):
            if not count:
                head = _head(file, stream)
                out.write(json.dumps(head).encode() + b"\n")
            count += len(part) // 2
            if count > LONGEST:
                raise SoundError("is longer than 12 hours: cut it, and add the parts")
            out.write(part)
    if not count:
        raise SoundError("holds no sound that can be decoded")
    return {"samples": count, "skipped": skipped.count}


class _Skipped:
    """Counts packets that couldn't be decoded."""

    count = 0


def _samples(file: Any, stream: Any, skipped: _Skipped) -> Iterator[bytes]:  # noqa: ANN401
    """Yield the samples of a sound; what can't be decoded of it is counted."""
    form, resampler = None, None
    for frame in _frames(file, stream, skipped):
        if (frame.format.name, frame.layout.name, frame.sample_rate) != form:
            if resampler is not None:
                yield from map(_bytes, resampler.resample(None))
            form = frame.format.name, frame.layout.name, frame.sample_rate
            resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        frame.pts = None  # samples follow one another, whatever the clock says
        if resampler is not None:
            yield from map(_bytes, resampler.resample(frame))
    if resampler is not None:
        yield from map(_bytes, resampler.resample(None))


def _frames(file: Any, stream: Any, skipped: _Skipped) -> Iterator[AudioFrame]:  # noqa: ANN401
    packets = file.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError:  # cut short: what came before it stands
            skipped.count += 1
            return
        try:
            yield from packet.decode()
        except av.error.FFmpegError:
            skipped.count += 1


def _bytes(frame: AudioFrame) -> bytes:
    content = bytes(frame.planes[0])[: frame.samples * 2]
    if sys.byteorder == "big":
        samples = array("h", content)
        samples.byteswap()
        content = samples.tobytes()
    return content


def _head(file: Any, stream: Any) -> dict[str, Any]:  # noqa: ANN401
    context = stream.codec_context
    libraries = av.library_versions
    version = ".".join(map(str, libraries["libavcodec"]))
    resampling = ".".join(map(str, libraries["libswresample"]))
    return {
        "decoder": f"PyAV {av.__version__}, libavcodec {version}, "
        f"libswresample {resampling}",
        "codec": f"{file.format.name}/{context.name}",
        "rate": context.sample_rate,
        "channels": context.channels,
        "tracks": len(file.streams.audio),
    }


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())[:200].lower()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
