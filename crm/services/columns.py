"""What the CRM says of its columns, read by one process for all (R7.6) and forgotten when a push is refused (R4.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from pydantic import BaseModel

from crm.backend import CrmBackend
from crm.interface import ColumnFacts, ColumnType, OptionName, TableFacts
from crm.mapping.columns import Mapping
from hunter.remote.single_flight import forget, once

HOLD_FOR: Final = timedelta(minutes=5)  # a change there shows at once as a refused push, which forgets what was read
PREFIX: Final = "columns "


class KeptColumn(BaseModel):
    """One column as it is kept; options as pairs, because a number is no key of a JSON object."""

    name: str
    type: ColumnType
    writable: bool
    length: int | None
    least: float | None
    most: float | None
    options: list[tuple[OptionName, str]]


class KeptTable(BaseModel):
    """The columns that a mapping speaks of."""

    columns: list[KeptColumn]
    fenced: bool
    domain_is_unique: bool


def shared_columns(backend: CrmBackend, mapping: Mapping, read: Callable[[], TableFacts]) -> TableFacts:
    """The columns that the mapping speaks of, read from the CRM where no process has done so lately.

    Raises what `read` raises.
    """
    wanted = {column.name for column in mapping.column}
    return facts_in(once(_name(backend, mapping), lambda: text_of(read(), wanted), holds=HOLD_FOR))


def forget_columns() -> None:
    """The CRM's columns were other than we thought: read them anew before the next push, in whatever process."""
    forget(PREFIX)


def text_of(table: TableFacts, wanted: set[str]) -> str:
    """The facts of the wanted columns, as they are kept."""
    columns = [
        KeptColumn(
            name=one.name, type=one.type, writable=one.writable, length=one.length, least=one.least, most=one.most,
            options=list(one.options.items()),
        )
        for name, one in table.columns.items() if name in wanted
    ]  # fmt: skip
    return KeptTable(columns=columns, fenced=table.fenced, domain_is_unique=table.domain_is_unique).model_dump_json()


def facts_in(text: str) -> TableFacts:
    """The facts that were kept."""
    kept = KeptTable.model_validate_json(text)
    columns = {
        one.name: ColumnFacts(
            name=one.name, type=one.type, writable=one.writable, length=one.length, least=one.least, most=one.most,
            options=dict(one.options),
        )
        for one in kept.columns
    }  # fmt: skip
    return TableFacts(columns, fenced=kept.fenced, domain_is_unique=kept.domain_is_unique)


def _name(backend: CrmBackend, mapping: Mapping) -> str:
    """Another environment, or another mapping, has columns of its own."""
    of = f"{backend.address_of('', None)}\n{mapping.model_dump_json()}"
    return f"{PREFIX}{backend.name} {hashlib.sha256(of.encode()).hexdigest()}"
