"""How registries write their WHOIS answers: a form for each ending, with the words for what is not there (contract 8.9).

A row of `FORMS` holds the text of a registration and of its absence. `{nameservers}` repeats its line for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

TRABIS = """\
** Domain Name: {domain}
Domain Status: Active
Frozen Status: -
Transfer Status: The domain is LOCKED to transfer.

** Registrant:
   Hidden upon user request
   Hidden upon user request

** Registrar:
NIC Handle\t\t: ork123-trabis
Organization Name\t: {registrar}
Address\t\t\t: Deneme Cad. No:1
\t\t\t  Ankara
Phone\t\t\t: + 90-312-0000000-
Fax\t\t\t: -

** Domain Servers:
{nameservers}

** Additional Info:
Created on..............: {created:%Y-%b-%d}.
Expires on..............: {expires:%Y-%b-%d}.

** Whois Server:
Last Update Time: 2026-05-04T10:00:00+03:00
"""
RIPN = """\
% TCI Whois Service. Terms of use:
% https://tcinet.example/documents/whois_ru_rf.pdf

domain:        {domain_upper}
nserver:       {nameservers}
state:         REGISTERED, DELEGATED, VERIFIED
org:           {holder}
registrar:     {registrar}
created:       {created:%Y-%m-%d}T20:00:00Z
paid-till:     {expires:%Y-%m-%d}T21:00:00Z
free-date:     {expires:%Y-%m-%d}
source:        TCI

Last updated on 2026-05-04T10:01:30Z
"""
CNNIC = """\
Domain Name: {domain}
ROID: 20260504s10001s00000000-cn
Domain Status: ok
Registrant: {holder}
Sponsoring Registrar: {registrar}
Name Server: {nameservers}
Registration Time: {created:%Y-%m-%d} 12:20:05
Expiration Time: {expires:%Y-%m-%d} 12:48:36
DNSSEC: unsigned
"""
NIC_MX = """\

Domain Name:       {domain}

Created On:        {created:%Y-%m-%d}
Expiration Date:   {expires:%Y-%m-%d}
Last Updated On:   {created:%Y-%m-%d}
Registrar:         {registrar}
URL:               https://registrar.example
Whois TCP URI:     whois.registrar.example
Whois Web URL:     https://registrar.example/whois

Registrant:
   Name:           {holder}
   City:           Monterrey
   Country:        Mexico

Name Servers:
   DNS:            {nameservers}

% NOTICE: The expiration date displayed in this record is the date the
% registrar's sponsorship of the domain name registration ends.
"""
NOMINET = """\

    Domain name:
        {domain}

    Data validation:
        Nominet was able to match the registrant's name and address on 10-Dec-2012

    Registrar:
        {registrar} [Tag = SANDBOX]
        URL: https://registrar.example

    Relevant dates:
        Registered on: {created:%d-%b-%Y}
        Expiry date:  {expires:%d-%b-%Y}
        Last updated:  {created:%d-%b-%Y}

    Registration status:
        Registered until expiry date.

    Name servers:
        {nameservers}

    WHOIS lookup made at 10:00:00 04-May-2026
"""
DENIC = """\
% Restricted rights.
% The DENIC whois service on port 43 doesn't disclose any information concerning the domain holder.

Domain: {domain}
Nserver: {nameservers}
Status: connect
Changed: {created:%Y-%m-%d}T10:00:00+02:00
"""
REGISTRO_BR = """\
% Copyright (c) Nic.br
% The use of the data below is only permitted as described in the terms of use.

domain:      {domain}
owner:       {holder}
country:     BR
nserver:     {nameservers}
created:     {created:%Y%m%d} #1234567
expires:     {expires:%Y%m%d}
status:      published

nic-hdl-br:  SBX1
person:      Hostmaster
created:     19970101
"""
JPRS = """\
[ JPRS database provides information on network administration. ]

Domain Information:
[Domain Name]                   {domain_upper}

[Registrant]                    {holder}

[Name Server]                   {nameservers}
[Created on]                    {created:%Y/%m/%d}
[Expires on]                    {expires:%Y/%m/%d}
[Status]                        Active
[Last Updated]                  {created:%Y/%m/%d} 01:05:10 (JST)
"""
AFNIC = """\
%%
%% This is the AFNIC Whois server.
%%

domain:                        {domain}
status:                        ACTIVE
registrar:                     {registrar}
Expiry Date:                   {expires:%Y-%m-%d}T10:00:00Z
created:                       {created:%Y-%m-%d}T10:00:00Z
nserver:                       {nameservers}
source:                        FRNIC

nic-hdl:                       ANO00-FRNIC
type:                          PERSON
contact:                       Ano Nymous
created:                       1999-10-21T12:00:00Z
"""
VERISIGN = """\
   Domain Name: {domain_upper}
   Registry Domain ID: 1234567_DOMAIN
   Registrar WHOIS Server: whois.registrar.example
   Registrar URL: http://www.registrar.example
   Updated Date: {created:%Y-%m-%d}T04:00:00Z
   Creation Date: {created:%Y-%m-%d}T04:00:00Z
   Registry Expiry Date: {expires:%Y-%m-%d}T04:00:00Z
   Registrar: {registrar}
   Registrar IANA ID: 9999
   Domain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited
   Name Server: {nameservers}
   DNSSEC: unsigned
   URL of the ICANN Whois Inaccuracy Complaint Form: https://www.icann.org/wicf/
>>> Last update of whois database: 2026-05-04T10:00:00Z <<<

NOTICE: The expiration date displayed in this record is the date the
registrar's sponsorship of the domain name registration in the registry is
currently set to expire. This date does not necessarily reflect the expiration
date of the domain name registrant's agreement with the sponsoring registrar.
"""


@dataclass(frozen=True, slots=True)
class Form:
    """How one registry writes: a registration, its absence, its charset and line ends."""

    text: str
    absent: str
    charset: str = "utf-8"
    line_end: str = "\n"


FORMS: Mapping[str, Form] = {
    "tr": Form(TRABIS, "No match found for {domain}", charset="iso-8859-9", line_end="\r\n"),
    "ru": Form(RIPN, "% TCI Whois Service.\n\nNo entries found for the selected source(s).\n"),
    "cn": Form(CNNIC, "No matching record.\n"),
    "mx": Form(NIC_MX, "\nNo_Se_Encontro_El_Objeto/Object_Not_Found\n", charset="iso-8859-1"),
    "uk": Form(
        NOMINET, '\n    No match for "{domain}".\n\n    This domain name has not been registered.\n', line_end="\r\n"
    ),
    "de": Form(DENIC, "% Restricted rights.\n\nDomain: {domain}\nStatus: free\n"),
    "br": Form(REGISTRO_BR, "% Copyright (c) Nic.br\n\n% No match for {domain}\n", charset="iso-8859-1"),
    "jp": Form(JPRS, "[ JPRS database provides information. ]\n\nNo match!!\n", charset="iso-2022-jp"),
    "fr": Form(AFNIC, "%%\n%% This is the AFNIC Whois server.\n%%\n\n%% NOT FOUND\n"),
}
OTHERS = Form(
    VERISIGN, 'No match for domain "{domain_upper}".\n>>> Last update of whois database: 2026-05-04T10:00:00Z <<<\n'
)
SMALLEST = "Domain Name: {domain}\nDomain Status: Active\n"
REFUSALS = {
    400: "Invalid input\n",
    403: "% Access denied\n",
    429: "% Query limit exceeded.{wait}\n",
}
AT_ITS_END = "% The server is busy, the question was not answered.\n"


def form_of(domain: str) -> Form:
    return FORMS.get(domain.rpartition(".")[2], OTHERS)


def registered(domain: str, facts: Mapping[str, Any]) -> bytes:
    """The answer for a registration: {"registrar", "created", "expires", "nameservers", "holder"?, "thin"?}."""
    form = form_of(domain)
    values: dict[str, Any] = {
        "domain": domain,
        "domain_upper": domain.upper(),
        "registrar": facts.get("registrar") or "",
        "holder": facts.get("holder") or "-",
    }
    days = {name: _day(facts.get(name)) for name in ("created", "expires")}
    lines: list[str] = []
    for line in (SMALLEST if facts.get("thin") else form.text).splitlines():
        if any(f"{{{name}:" in line and day is None for name, day in days.items()):
            continue  # a registry that does not tell a date leaves its line out
        if "{nameservers}" in line:
            lines += [line.format(**values, nameservers=one) for one in facts.get("nameservers") or ()]
        else:
            lines.append(line.format(**values, **days))
    return _encoded("\n".join([*lines, ""]), form)


def absent(domain: str) -> bytes:
    """The answer where nothing is registered."""
    form = form_of(domain)
    return _encoded(form.absent.format(domain=domain, domain_upper=domain.upper()), form)


def refusal(status: int | None, *, wait: str | None = None) -> bytes:
    """What a registry says in place of an answer, for the faults that ask for a status."""
    told = REFUSALS.get(status or 500, AT_ITS_END)
    return told.format(wait=f" Wait {wait} seconds." if wait else "").encode()


def verbatim(domain: str, text: str) -> bytes:
    """A text as somebody put it in, in the registry's charset."""
    return _encoded(text, form_of(domain))


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def _encoded(text: str, form: Form) -> bytes:
    """In the registry's charset; a letter that it lacks makes the whole answer UTF-8, as registries do it too."""
    ended = text.replace("\n", form.line_end)
    try:
        return ended.encode(form.charset)
    except UnicodeEncodeError:
        return ended.encode()
