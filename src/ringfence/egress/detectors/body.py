"""Bodies: genes and what they make, biometrics, health: 28 CFR 202.204, .224, .241."""

from __future__ import annotations

from ringfence.egress.detectors.checks import each
from ringfence.egress.detectors.rules import EDGE, SAYS, Room, Rule, said

GENOMIC = "GENOMIC"
OMIC = "OMIC"
BIOMETRIC = "BIOMETRIC"
HEALTH = "HEALTH"
_BASES = "[ACGTNacgtn]"
_KINDS = 3
_RUN = 40
_GENOTYPE = r"\(?[ACGTDI][;/|]?[ACGTDI]\)?"
_ICD = r"[A-TV-Za-tv-z][0-9][0-9ABab](?:\.[0-9A-Za-z]{1,4})?"
_ICD9 = r"[0-9]{3}\.[0-9]{1,2}"
_TEMPLATES = (
    "face embedding|face encoding|face vector|face template|faceprint|face print"
    "|facial template|facial embedding|voiceprint|voice print|voice embedding"
    "|speaker embedding|fingerprint template|finger template|fingerprint minutiae"
    "|minutiae|iris code|iriscode|iris template|iris scan|retina scan|retina template"
    "|palm print|palmprint|palm template|vein template|gait signature|hand geometry"
    "|biometric template|biometric data|face descriptor|face id template"
)
_DIAGNOSES = (
    "icd|icd 10|icd10|icd-10-cm|icd 9|icd9|icd code|icd10 code|diagnosis|diagnoses"
    "|diagnosis code|diagnosed with|dx|dx code|primary diagnosis"
)
_NUMBERS = (
    "mrn|medical record number|medical record no|patient id|patient number|patient no"
)
_MEASURES = (
    "hba1c|a1c|blood pressure|bmi|cd4 count|cd4|viral load"
    "|fasting glucose|blood glucose"
    "|cholesterol|ldl|egfr|heart rate|spo2|blood sugar"
)
_ILLNESSES = (
    "hiv|aids|cancer|diabetes|diabetic|hepatitis|depression|epilepsy|schizophrenia"
    "|bipolar|asthma|hypertension|tuberculosis|syphilis|chlamydia|gonorrhea|leukemia"
    "|lymphoma|dementia|alzheimer's|parkinson's|anorexia|bulimia|ptsd|autism|psoriasis"
)
_FOUND_ILL = (
    "diagnosed with|tested positive for|tests positive for|suffers from|treated for"
)
_GIVEN = "prescribed|prescription|taking|medication|dosage|rx"


def is_sequence(text: str) -> bool:
    """Return whether a run of bases is a sequence, and no filler of one letter."""
    bare = text.upper()
    is_one_case = text in (bare, text.lower())
    return is_one_case and len(set(bare) - {"N"}) >= _KINDS


ROOM = Room(
    rf"{_BASES}{{{_RUN}}}|(?:rs|RS|i)[0-9]{{3,}}|[cgnpm]\."
    r"|cg[0-9]{8}|ENS[GTP]0|Rk1SACAy|RklSAD|RkFDAD|SUlSAD"
    r"|\t[ACGTN]+\t[ACGTN,<]",
    (
        Rule(
            GENOMIC,
            rf"(?:^|[^0-9A-Za-z+/=_\-]){_BASES}{{{_RUN},}}(?:[0-9A-Za-z+/=_\-])*",
            rf"^[^A-Za-z]?({_BASES}{{{_RUN},}})$",
            each(is_sequence),
        ),
        Rule(
            GENOMIC,
            rf"{EDGE}(?:rs|i)[0-9]{{3,12}}[\"']?[\s,:;=]{{1,3}}[\"']?(?:"
            r"[0-9XYM]{1,2}[\s,;]+[0-9]+[\s,;]+)?"
            rf"(?:(?i:genotype|alleles|is)[\"'\s:=]{{1,4}})?{_GENOTYPE}(?:"
            r"[^0-9A-Za-z]|$)",
        ),
        Rule(
            GENOMIC,
            (
                r"(?:^|\n)(?:chr)?[0-9XYM]{1,2}\t[0-9]+\t(?:\."
                r"|rs[0-9]+)\t[ACGTN]+\t(?:[ACGTN,*]+|<[A-Z]+>|\.)"
            ),
        ),
        Rule(
            GENOMIC,
            r"(?:N[MCGR]_[0-9]{6,9}(?:\.[0-9]+)?(?:\([A-Z0-9\-]+\))?"
            r"|\b[A-Z][A-Z0-9]{2,7}):?\s?"
            r"[cgnm]\.[*\-]?[0-9]+(?:[+\-][0-9]+)?(?:_[0-9+\-*]+)?(?:"
            r"[ACGT]+>[ACGT]+|del[ACGT]*|dup[ACGT]*|ins[ACGT]+)",
        ),
        Rule(OMIC, rf"{EDGE}cg[0-9]{{8}}[\"']?[\s,:;=]{{1,3}}[01]?\.[0-9]+"),
        Rule(
            OMIC,
            (
                rf"{EDGE}ENS(?:G|T|P)[0-9]{{11}}(?:\.[0-9]+)?[\"']?"
                r"[\s,:;=]{1,3}[0-9]+(?:\.[0-9]+)?"
            ),
        ),
        Rule(BIOMETRIC, r"Rk1SACAy|Rk1SADAz|RklSADAx|RkFDADAx|SUlSADAx"),
    ),
)
WORDED = (
    Rule(
        GENOMIC,
        said(
            "genotype|allele|alleles|haplotype|brca1|brca2|apoe",
            rf"(?:{_GENOTYPE}|(?:ε|e)[234]/?(?:ε|e)[234])(?:[^0-9A-Za-z]|$)",
            SAYS,
        ),
    ),
    Rule(
        OMIC,
        said(
            (
                "methylation|beta value|tpm|fpkm|expression level"
                "|protein abundance|metabolite level|proteomic|transcriptomic"
                "|metabolomic|epigenetic age"
            ),
            r"[0-9]+\.[0-9]+",
            SAYS,
        ),
    ),
    Rule(
        BIOMETRIC,
        said(
            _TEMPLATES,
            r"(?:[A-Za-z0-9+/=_\-]{24,}|\[\s?-?[0-9]+\.[0-9]+)",
            r"[^0-9A-Za-z\n\[]{1,6}",
        ),
    ),
    Rule(HEALTH, said(_DIAGNOSES, rf"(?:{_ICD}|{_ICD9})(?:[^0-9A-Za-z]|$)")),
    Rule(HEALTH, said(_NUMBERS, r"[A-Za-z]{0,4}-?[0-9]{4,}")),
    Rule(
        HEALTH,
        said(
            _MEASURES,
            (
                r"(?:[0-9]{2,3} ?/ ?[0-9]{2,3}|[0-9]+(?:\.[0-9]+)? ?(?:%|mg|mmol"
                r"|bpm|copies|cells))"
            ),
        ),
    ),
    Rule(
        HEALTH,
        said(
            _FOUND_ILL,
            rf"(?i:{_ILLNESSES}){EDGE}",
            (
                r" (?i:a |an |the |type [12] |stage [1-4IV]+ |severe |chronic "
                r"|major |breast |lung |skin )*"
            ),
        ),
    ),
    Rule(
        HEALTH,
        (
            rf"{EDGE}(?i:hiv[- ]?(?:positive|\+)"
            r"|hiv status[\"':= ]+(?:positive|negative|\+))"
        ),
    ),
    Rule(
        HEALTH,
        said(
            _GIVEN,
            r"\p{L}{4,} ?(?:[A-Z]{2} )?[0-9]+(?:\.[0-9]+)? ?(?i:mg|mcg|µg|ml|iu)\b",
            (
                r"[^0-9A-Za-z\n]{1,4}(?:(?i:him|her|them|me|my|was|is"
                r"|with)[^0-9A-Za-z\n]{1,4})?"
            ),
        ),
    ),
)
GATES = (
    "genotype|allele|haplotype|brca1|brca2|apoe|methylation|beta value|tpm|fpkm"
    "|expression level|protein abundance|metabolite|proteomic|transcriptomic"
    "|metabolomic|epigenetic age"
    f"|{_TEMPLATES}|{_DIAGNOSES}|{_NUMBERS}|{_MEASURES}|{_GIVEN}"
)
PHRASES = f"{_FOUND_ILL}|hiv[- ]?positive|hiv[+]|hiv status"
