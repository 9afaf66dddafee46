"""`ringfence reach bulk`: isolation in a numbered estate, with its certificate."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ringfence.cli.streams import Progress, complain, show
from ringfence.cli.words import Output
from ringfence.errors import ConfigError, ExitCode, Locus, printable

if TYPE_CHECKING:
    from ringfence.estate.parquet import Codes, Numbered
    from ringfence.reach.bulk.question import Path as Way

T = TypeVar("T")
_EXIT_OF = {
    "isolated": ExitCode.ALL_UPHELD,
    "possible": ExitCode.UNPROVEN,
    "vacuous": ExitCode.UNPROVEN,
    "reached": ExitCode.REFUTED,
}


def bulk(
    folder: Path,
    /,
    *,
    output: Output = Path("closure"),
    verb: str = "any",
    format: Literal["text", "json"] = "text",  # noqa: A002
) -> int:
    """Ask whether anybody excluded reaches anything protected, in Parquet files.

    If nobody does, a certificate is written.
    Example: `ringfence reach bulk estate/ -o closure/`.

    Parameters
    ----------
    folder
        The numbered estate: `nodes.parquet` and `edges*.parquet`.
    output
        Folder for the certificate.
    verb
        What counts: read, edit, any, or verbs with commas.
    format
        `text`, or `json` with the figures of the run.
    """
    from ringfence.boundary.vocabulary import VERB_GROUPS
    from ringfence.estate.parquet import read
    from ringfence.reach.bulk.certificate import certify, withdraw
    from ringfence.reach.bulk.question import Outcome, closed, outcome
    from ringfence.reach.masks import verb_mask

    words = verb.split(",")
    if wrong := [word for word in words if word not in VERB_GROUPS]:
        hint = "one of " + ", ".join(VERB_GROUPS)
        raise ConfigError(f"`{wrong[0]}` is no verb", Locus("--verb"), hint)
    withdraw(output)
    verbs, watch = verb_mask(words), _Watch()
    estate = watch("load", lambda: read(folder))
    found = watch("closure", lambda: closed(estate, verbs))
    answer, way = watch("path", lambda: outcome(estate, verbs, found))
    told = _summary(estate) | {"result": str(answer)}
    told["closed"] = int((found.held != 0).sum())
    if answer is Outcome.ISOLATED:
        told["digest"] = watch(
            "certificate", lambda: certify(output, estate, verbs, found)
        )
    watch.progress.done()
    told |= _hops(estate, way) if way else {}
    _tell(told, watch, output, format)
    return int(_EXIT_OF[answer])


class _Watch:
    """Does pieces of work, says so, and notes the seconds that each one takes."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.seconds: dict[str, float] = {}

    def __call__(self, stage: str, work: Callable[[], T]) -> T:
        self.progress(stage)
        began = time.perf_counter()
        done = work()
        self.seconds[stage] = round(time.perf_counter() - began, 3)
        return done


def _peak_megabytes() -> int:
    """Return the most memory that this process has held; 0 if nobody can say."""
    try:
        account = Path("/proc/self/status").read_text(encoding="utf-8")
        told = dict(line.split(":", 1) for line in account.splitlines())
        return int(told["VmHWM"].split()[0]) // 1024
    except (OSError, LookupError, ValueError):
        return 0


def _summary(estate: Numbered) -> dict[str, Any]:
    from ringfence.estate.containment import UNKNOWN

    def split(statuses: Codes) -> dict[str, int]:
        return {
            "all": int((statuses > 0).sum()),
            "unknown": int((statuses == UNKNOWN).sum()),
        }

    return {
        "nodes": len(estate.kind),
        "edges": len(estate.tail),
        "edges_unknown": int(estate.unknown.sum()),
        "excluded": split(estate.excluded),
        "protected": split(estate.protected) | {"descended": estate.descended},
    }


def _hops(estate: Numbered, way: Way) -> dict[str, Any]:
    """Return a path in words: ids, edge kinds, and where each edge is stated."""
    from ringfence.boundary.vocabulary import EDGE_KINDS
    from ringfence.estate.parquet import spelt

    edges = list(way.edges)
    heads = estate.head[edges].tolist()
    names = estate.ids([way.origin, *heads])
    kinds = spelt(estate.sort[edges].astype("int64"))[1].name
    hops = [
        {
            "phrase": EDGE_KINDS[kind].phrase,
            "head": names[head],
            "at": str(estate.place(edge)),
            "unknown": bool(estate.unknown[edge]),
        }
        for edge, head, kind in zip(edges, heads, kinds, strict=True)
    ]
    ends = {"origin": names[way.origin], "target": names[way.target]}
    return {"path": ends | {"verb": way.state, "hops": hops}}


def _tell(
    told: dict[str, Any], watch: _Watch, output: Path, form: Literal["text", "json"]
) -> None:
    peak, seconds = _peak_megabytes(), sum(watch.seconds.values())
    if form == "json":
        import msgspec

        figures = {"seconds": watch.seconds, "peak_megabytes": peak}
        show(msgspec.json.encode(told | figures).decode() + "\n")
        return
    show("\n".join(map(printable, _lines(told, output))) + "\n")
    times = ", ".join(
        f"{stage} {taken:.1f} s" for stage, taken in watch.seconds.items()
    )
    rate = told["edges"] / max(seconds, 1e-3)
    complain(f"{times}; {peak:,} MB at most; {rate:,.0f} edges a second")


def _lines(told: dict[str, Any], output: Path) -> list[str]:
    who, what = (
        f"{told[key]['all']:,} {key} ({told[key]['unknown']:,} of them unknown)"
        for key in ("excluded", "protected")
    )
    if descended := told["protected"]["descended"]:
        what = f"{what[:-1]}, {descended:,} for what contains them)"
    size = f"{told['nodes']:,} nodes, {told['edges']:,} edges"
    extent = f"{size} ({told['edges_unknown']:,} of them unknown); controls ignored"
    match told["result"]:
        case "isolated":
            return [
                f"isolated: of {who} nobody reaches any of {what}",
                f"  {extent}; closed set of {told['closed']:,} nodes",
                f"  certificate {told['digest']} in {output}",
                f"  check it: python -m ringfence_verify {output}",
            ]
        case "vacuous":
            return [f"vacuous: {who}, {what}, and that shows nothing", f"  {extent}"]
    way = told["path"]
    lines = [f"{told['result']}: {way['origin']} -> {way['verb']} {way['target']}"]
    for hop in way["hops"]:
        doubt = "   (not certain)" if hop["unknown"] else ""
        lines.append(f"  {hop['phrase']} {hop['head']}   {hop['at']}{doubt}")
    return [*lines, f"{who}, {what}", f"  {extent}"]
