"""An export of a docket in the formats of others: annotations, reviews, OSCAL.

Each is drawn from what the export's entries open. None says more than the export does,
and each names it as the place where what it says is proved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

import msgspec

from ringfence.claims.publishing.published import Export, Page, Told
from ringfence.docket.objects import RATE
from ringfence.ledger.entries import canonical

EXPORT = "export.json"
OSCAL = "1.1.3"
_STATES = {"upheld": "satisfied", "refuted": "not-satisfied"}
_REASONS = {"upheld": "pass", "refuted": "fail"}
Value = Mapping[str, object]


def as_json(export: Export) -> bytes:
    """Return the export itself, in its one spelling; all else is drawn from it."""
    return canonical(msgspec.json.decode(msgspec.json.encode(export))) + b"\n"


def as_pages(export: Export, pages: Sequence[Page]) -> bytes:
    """Return what is told of each sentence, as a reader of it has checked it."""
    return _written(
        {
            "profile": export.profile,
            "made": export.made,
            "caveats": export.caveats,
            "claims": [
                {**msgspec.to_builtins(page), "against": page.counts} for page in pages
            ],
        }
    )


def as_annotations(export: Export, pages: Sequence[Page]) -> bytes:
    """Return each statement as an annotation of its recording (W3C Web Annotation)."""
    return _written(
        {
            "@context": "http://www.w3.org/ns/anno.jsonld",
            "id": _urn(export, "annotations"),
            "type": "AnnotationCollection",
            "label": _label(export),
            "total": sum(len(page.statements) for page in pages),
            "first": {
                "id": _urn(export, "annotations/1"),
                "type": "AnnotationPage",
                "startIndex": 0,
                "items": [
                    _annotation(export, page, one, place)
                    for page in pages
                    for place, one in enumerate(page.statements)
                ],
            },
        }
    )


def as_reviews(export: Export, pages: Sequence[Page]) -> bytes:
    """Return each sentence with a verdict as a ClaimReview (schema.org)."""
    return _written(
        {
            "@context": "https://schema.org",
            "@graph": [
                _review(export, page) for page in pages if page.verdict is not None
            ],
        }
    )


def as_oscal(export: Export, pages: Sequence[Page]) -> bytes:
    """Return the statements as observations of an OSCAL assessment's results."""
    metadata = {
        "title": _label(export),
        "last-modified": export.made,
        "version": "1",
        "oscal-version": OSCAL,
        "remarks": " ".join(export.caveats),
    }
    result = {
        "uuid": _uuid(export, "result"),
        "title": _label(export),
        "description": "Statements set beside public sentences, and what a check found",
        "start": export.made,
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
        "observations": [*_observations(export, pages)],
        "findings": [
            _finding(export, page) for page in pages if page.verdict is not None
        ],
    }
    return _written(
        {
            "assessment-results": {
                "uuid": _uuid(export, "assessment"),
                "metadata": metadata,
                "import-ap": {"href": f"#{_uuid(export, EXPORT)}"},
                "results": [{name: value for name, value in result.items() if value}],
                "back-matter": {"resources": [_source(export)]},
            }
        }
    )


FORMATS: Mapping[str, tuple[str, Callable[[Export, Sequence[Page]], bytes]]] = {
    "annotations": ("annotations.jsonld", as_annotations),
    "claimreview": ("claimreview.jsonld", as_reviews),
    "oscal": ("assessment-results.json", as_oscal),
}
"""The file of each format, and what draws it."""


def _annotation(export: Export, page: Page, one: Told, place: int) -> Value:
    selectors: list[Value] = [{"type": "TextQuoteSelector", "exact": one.quote}]
    if one.span is not None:
        start, end = (f"{sample / RATE:.3f}" for sample in one.span)
        fragment = {
            "type": "FragmentSelector",
            "conformsTo": "http://www.w3.org/TR/media-frags/",
            "value": f"t={start},{end}",
        }
        selectors.insert(0, fragment)
    return {
        "id": _urn(export, f"{page.claim}/{place}"),
        "type": "Annotation",
        "motivation": "assessing",
        "created": export.made,
        "body": [
            {"type": "TextualBody", "purpose": "assessing", "value": one.stance},
            {"type": "TextualBody", "purpose": "describing", "value": page.says},
        ],
        "target": {
            "source": _urn(export, f"recording/{one.recording}"),
            "selector": selectors,
        },
    }


def _review(export: Export, page: Page) -> Value:
    said: dict[str, object] = {"@type": "Claim", "name": page.says}
    if page.by:
        said |= {"author": {"@type": "Organization", "name": page.by}}
    if page.on:
        said |= {"datePublished": page.on}
    if page.where:
        said |= {"appearance": {"@type": "CreativeWork", "name": page.where}}
    verdict = page.verdict.verdict if page.verdict else ""
    return {
        "@type": "ClaimReview",
        "@id": _urn(export, f"review/{page.claim}"),
        "datePublished": export.made[:10],
        "claimReviewed": page.says,
        "itemReviewed": said,
        "reviewRating": {"@type": "Rating", "alternateName": verdict},
    }


def _observations(export: Export, pages: Sequence[Page]) -> Iterator[Value]:
    seen = set()
    for page in pages:
        for one in page.statements:
            if one.number in seen:
                continue
            seen.add(one.number)
            yield {
                "uuid": _observed(export, one),
                "title": f"Statement {one.number}",
                "description": one.quote,
                "methods": ["EXAMINE"],
                "types": ["finding"],
                "collected": one.logged,
                "relevant-evidence": [
                    {
                        "href": f"{EXPORT}#entry-{one.place}",
                        "description": ", ".join(
                            filter(None, (str(one.rung), one.at, one.speaker))
                        ),
                    }
                ],
            }


def _source(export: Export) -> Value:
    """Return the export as a resource: a docket has no assessment plan beside it."""
    return {
        "uuid": _uuid(export, EXPORT),
        "title": "The export, which holds the proof of each statement",
        "rlinks": [{"href": EXPORT, "media-type": "application/json"}],
    }


def _finding(export: Export, page: Page) -> Value:
    verdict = page.verdict
    state = verdict.verdict if verdict else ""
    found: dict[str, object] = {
        "uuid": _uuid(export, f"finding/{page.claim}"),
        "title": page.claim,
        "description": page.says,
        "target": {
            "type": "objective-id",
            "target-id": _token(page.claim),
            "status": {
                "state": _STATES.get(state, "not-satisfied"),
                "reason": _REASONS.get(state, "other"),
                "remarks": "; ".join((state, *(verdict.reasons if verdict else ()))),
            },
        },
    }
    related = [{"observation-uuid": _observed(export, one)} for one in page.statements]
    return found | ({"related-observations": related} if related else {})


def _token(claim: str) -> str:
    """Return the id of a claim as OSCAL allows ids: no digit or mark comes first."""
    plain = re.sub(r"[^\w.-]", "_", claim)
    return plain if plain[:1].isalpha() else f"_{plain}"


def _observed(export: Export, one: Told) -> str:
    return _uuid(export, f"statement/{one.number}")


def _label(export: Export) -> str:
    return f"Ringfence docket, profile {export.profile}, {export.made[:10]}"


def _uuid(export: Export, name: str) -> str:
    """Return an id that is the same whenever the same export is drawn again."""
    return str(uuid5(NAMESPACE_URL, f"{export.ledger.checkpoint}\n{name}"))


def _urn(export: Export, name: str) -> str:
    return f"urn:uuid:{_uuid(export, name)}"


def _written(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
