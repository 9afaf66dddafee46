"""Masked payloads: written anew, privately, with tokens of who receives."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ringfence.boundary.channels import ChannelMask
from ringfence.egress.channels.contract import Contract
from ringfence.egress.channels.masking import Masks
from ringfence.egress.index.keys import Key
from ringfence.egress.opening.caps import Caps
from ringfence.egress.opening.rewriting import Plan, rewrite
from ringfence.egress.payload import Payload

SUFFIX = ".masked"


@dataclass(frozen=True, slots=True)
class Masked:
    """Writes payloads anew, masked.

    Attributes:
        key: What tokens are made with; None: none can be.
        folder: Where masked files are written; None: beside the file. No one else may
            read there, for a masked file isn't judged yet.
        caps: How far to open a payload.
    """

    key: Key | None = None
    folder: Path | None = None
    caps: Caps | None = None

    def masked(
        self, contract: Contract, payload: Payload, masks: Mapping[str, ChannelMask]
    ) -> Payload:
        """Return a payload with columns replaced; what goes with it stays.

        Raises:
            RingfenceError: It can't be written anew, or a token has no key.
        """
        plan = self._plan(contract, masks)
        if isinstance(payload.content, bytes):
            target = io.BytesIO()
            source = io.BytesIO(payload.content)
            rewrite(source, payload.name, plan, target, caps=self.caps)
            return replace(payload, content=target.getvalue())
        return replace(payload, content=self._file(payload.content, payload.name, plan))

    def _plan(self, contract: Contract, masks: Mapping[str, ChannelMask]) -> Plan:
        tags = {one.name: one.tag for one in contract.channel.columns}
        made = Masks.of(self.key, contract.groups)
        return {
            name: made.column(mask, tags.get(name, "")) for name, mask in masks.items()
        }

    def _file(self, source: Path, name: str, plan: Plan) -> Path:
        """Write a file for its owner alone, under a name that nobody else has."""
        handle, made = tempfile.mkstemp(SUFFIX, "", self.folder or source.parent)
        target = Path(made)
        try:
            with os.fdopen(handle, "wb") as new, source.open("rb") as old:
                rewrite(old, name, plan, new, caps=self.caps)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        return target
