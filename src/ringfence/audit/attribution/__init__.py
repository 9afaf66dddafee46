"""Who was behind an event: found in the logs, graded by how strongly they say it.

Only what somebody's own log says names a person; what anybody could have set (the name
of an application) never does. See docs/logs/attribution.md.
"""

from ringfence.audit.attribution.behind import Behind, Grade
from ringfence.audit.attribution.search import attribute

__all__ = ["Behind", "Grade", "attribute"]
