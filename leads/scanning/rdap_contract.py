"""What an RDAP server says of a domain, as far as Hunter reads it (RFC 9083, contract 8.8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from leads.scanning.host_names import host_name


class Lenient(BaseModel):
    """A part of an answer; what Hunter does not read is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class RdapEvent(Lenient):
    """Something that happened or will happen to a domain."""

    action: str = Field(alias="eventAction")
    when: str = Field(default="", alias="eventDate")


class RdapEntity(Lenient):
    """Somebody who has to do with a domain; entities hold further ones."""

    roles: tuple[str, ...] = ()
    vcard: Any = Field(default=None, alias="vcardArray")
    entities: tuple[RdapEntity, ...] = ()

    @property
    def name(self) -> str:
        """The full name, else the organisation's, of the vCard (jCard: a list of [name, parameters, type, value])."""
        lines = self.vcard[1] if isinstance(self.vcard, list) and len(self.vcard) > 1 else []
        named = {
            line[0]: line[3]
            for line in lines
            if isinstance(line, list) and len(line) > 3 and isinstance(line[0], str) and isinstance(line[3], str)
        }
        return (named.get("fn") or named.get("org") or "").strip()


class RdapNameserver(Lenient):
    """A name server of a domain."""

    name: str = Field(default="", alias="ldhName")


class RdapDomain(Lenient):
    """The answer to `GET domain/{name}`."""

    events: tuple[RdapEvent, ...] = ()
    entities: tuple[RdapEntity, ...] = ()
    nameservers: tuple[RdapNameserver, ...] = ()

    @field_validator("events", "entities", "nameservers", mode="before")
    @classmethod
    def null_is_nothing(cls, value: Any) -> Any:
        return () if value is None else value

    @property
    def registrar(self) -> str:
        """The name of the first entity with that role that has one."""
        names = (entity.name for entity in all_entities(self.entities) if "registrar" in entity.roles)
        return next((name for name in names if name), "")

    @property
    def expires_at(self) -> date | None:
        """The day on which the registration ends, if the registry tells."""
        return self.first_day("expiration")

    @property
    def created_at(self) -> date | None:
        """The day of the first registration, if the registry tells."""
        return self.first_day("registration")

    def first_day(self, action: str) -> date | None:
        days = (day_of(event.when) for event in self.events if event.action.lower() == action)
        return next((day for day in days if day), None)

    @property
    def nameserver_names(self) -> tuple[str, ...]:
        """Lower case, without a trailing dot."""
        names = (host_name(server.name) for server in self.nameservers)
        return tuple(sorted({name for name in names if name}))


def all_entities(entities: tuple[RdapEntity, ...]) -> Iterator[RdapEntity]:
    for entity in entities:
        yield entity
        yield from all_entities(entity.entities)


def day_of(text: str) -> date | None:
    """The day of an RFC 3339 time; None for one that can't be read."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


class RdapBootstrap(Lenient):
    """IANA's file that tells which server knows which top-level domain."""

    services: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def server_for(self, domain: str) -> str | None:
        """The base URL for a domain, by its longest known ending, https preferred; None where there is no RDAP."""
        labels = domain.split(".")
        for start in range(len(labels)):
            ending = ".".join(labels[start:])
            urls = next((urls for endings, urls in self.services if ending in endings), ())
            if urls:
                return next((url for url in urls if url.startswith("https:")), urls[0])
        return None
