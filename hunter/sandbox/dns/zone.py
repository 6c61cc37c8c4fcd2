"""The names of the world, and the answer to a question about one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from hunter.sandbox.service import EditRefused
from hunter.sandbox.world.dns_records import txt
from hunter.sandbox.world.mail_setups import Records

TTL = 300
NEGATIVE_TTL = 60
LONGEST_CHAIN = 16
FAILURES = ("SERVFAIL", "REFUSED", "FORMERR", "NOTIMP", "NXDOMAIN", "TIMEOUT")


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is: the response code as text ("TIMEOUT": no answer at all), the answer and authority sections."""

    rcode: str
    answer: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()


class Zone:
    """Looks up names as a resolver does: follows aliases, tells NXDOMAIN from NODATA, gives the SOA with both."""

    name = "dns"

    def __init__(self, records: Records, failures: Mapping[str, str], apexes: Iterable[str]) -> None:
        self._records = {name: dict(kinds) for name, kinds in records.items()}
        self._failures = dict(failures)
        self._apexes = frozenset(apexes)
        self._inner = _names_above(self._records)

    def find(self, name: str, kind: str) -> Finding:
        """The answer for a name in lower case without trailing dot."""
        if (failure := self._failure(name)) is not None:
            return Finding(failure)
        answer: list[dns.rrset.RRset] = []
        seen: list[str] = []
        while len(seen) < LONGEST_CHAIN and name not in seen:
            seen.append(name)
            kinds = self._records.get(name, {})
            if kind in kinds:
                return Finding("NOERROR", (*answer, _rrset(name, kind, kinds[kind])))
            if "CNAME" not in kinds:
                exists = name in self._records or name in self._inner
                return Finding("NOERROR" if exists else "NXDOMAIN", tuple(answer), (self._soa(name),))
            answer.append(_rrset(name, "CNAME", kinds["CNAME"]))
            name = kinds["CNAME"][0].rstrip(".").lower()
        return Finding("NOERROR", tuple(answer))

    def state(self) -> dict[str, Any]:
        return {"records": self._records, "failures": self._failures}

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """{"name", "type", "values"} sets records (none: takes them away); {"domain", "failure"} breaks or mends."""
        if "domain" in change:
            return self._set_failure(str(change["domain"]).lower().rstrip("."), change.get("failure"))
        if not isinstance(change.get("name"), str) or not change["name"]:
            raise EditRefused("A change of DNS names what it changes: name, type and values, or domain.", field="name")
        name, kind = change["name"].lower().rstrip("."), str(change.get("type", "")).upper()
        values = _checked_values(name, kind, change.get("values"))
        kinds = {**self._records.get(name, {}), kind: values}
        if not values:
            del kinds[kind]
        self._records = {**self._records, name: kinds}
        if not kinds:
            del self._records[name]
        self._inner = _names_above(self._records)
        return {"name": name, "records": kinds}

    def _set_failure(self, domain: str, failure: Any) -> dict[str, Any]:
        if failure is not None and failure not in FAILURES:
            raise EditRefused(f"failure is null or one of {', '.join(FAILURES)}.", field="failure")
        others = {name: kind for name, kind in self._failures.items() if name != domain}
        self._failures = others if failure is None else {**others, domain: failure}
        return {"domain": domain, "failure": failure}

    def _failure(self, name: str) -> str | None:
        return next((self._failures[one] for one in lineage(name) if one in self._failures), None)

    def _soa(self, name: str) -> dns.rrset.RRset:
        apex = next((one for one in lineage(name) if one in self._apexes), name.rpartition(".")[2])
        return dns.rrset.from_text(
            f"{apex}.",
            NEGATIVE_TTL,
            dns.rdataclass.IN,
            dns.rdatatype.SOA,
            f"ns1.cloudns.example. hostmaster.cloudns.example. 2026010101 7200 900 1209600 {NEGATIVE_TTL}",
        )


def lineage(name: str) -> list[str]:
    """A name and every name above it: a.b.c, b.c, c."""
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


def _names_above(records: Records) -> frozenset[str]:
    return frozenset(above for name in records for above in lineage(name)[1:])


def _rrset(name: str, kind: str, values: tuple[str, ...]) -> dns.rrset.RRset:
    return dns.rrset.from_text_list(f"{name}.", TTL, dns.rdataclass.IN, dns.rdatatype.from_text(kind), values)


def _checked_values(name: str, kind: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise EditRefused("values is a list of texts.", field="values")
    try:
        rdtype = dns.rdatatype.from_text(kind)
    except (dns.rdatatype.UnknownRdatatype, ValueError) as error:
        raise EditRefused(f"{kind!r} is no record type.", field="type") from error
    given = tuple(txt(value) if kind == "TXT" and not value.startswith('"') else value for value in values)
    try:
        dns.rrset.from_text_list(f"{name}.", TTL, dns.rdataclass.IN, rdtype, given)
    except (dns.exception.DNSException, ValueError) as error:
        raise EditRefused(f"{kind} {given}: {error}", field="values") from error
    return given
