"""The kind of source `bloodhound`: a collection of a directory to facts."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.documents.unswept import unswept
from ringfence.sources.bloodhound.azure import Azure
from ringfence.sources.bloodhound.collection import Object, objects
from ringfence.sources.bloodhound.computers import Computers
from ringfence.sources.bloodhound.domains import Domains
from ringfence.sources.bloodhound.implicit import state_implicit
from ringfence.sources.bloodhound.names import Names
from ringfence.sources.bloodhound.premises import Premises
from ringfence.sources.bloodhound.principals import Principals
from ringfence.sources.bloodhound.rights import Rights
from ringfence.sources.bloodhound.scopes import Scopes
from ringfence.sources.directory import OPTIONS, Directory
from ringfence.sources.gathering import Gatherer
from ringfence.sources.source import Harvest, Order


class BloodHound:
    """Reads collections of Active Directory and of Entra."""

    kind = "bloodhound"
    summary = "accounts, groups, computers and rights, from BloodHound JSON or zip"
    options: Sequence[str] = OPTIONS

    def read(self, order: Order) -> Harvest:
        """Return accounts, groups, computers and who controls which.

        Raises:
            SourceError: A file isn't a collection, is cut off, or an object of it
                can't be read.
        """
        gatherer = Gatherer(order, self.options)
        with unswept():
            self._state(gatherer)
        return gatherer.harvested()

    @staticmethod
    def _state(gatherer: Gatherer) -> None:
        directory = Directory(gatherer)
        found, entries = objects(gatherer, directory)
        names = Names(directory, found)
        premises = Premises(directory, names)
        scopes = Scopes(directory, names, found)
        rights = Rights(directory, names, scopes, premises)
        readers = (
            Principals(directory, names).state,
            rights.state,
            Computers(directory, names).state,
            Domains(directory, names, found).state,
            scopes.state,
            premises.state,
        )
        for one in found:
            _describe(directory, names, one)
            for state in readers:
                state(one)
        state_implicit(directory, names, found)
        Azure(gatherer, directory).state(entries)
        names.finish()
        directory.finish()


def _describe(directory: Directory, names: Names, one: Object) -> None:
    directory.node(names.of(one), one.place(), one.text("name"))


SOURCE = BloodHound()
