"""BloodHound's own collections of Active Directory and Entra."""

from ringfence.sources.bloodhound.reading import SOURCE

__all__ = ["SOURCE"]
