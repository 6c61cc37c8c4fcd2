"""Makes Hunter's columns and key in a Dataverse environment, in a solution of its own (contract 16.5).

What is lacking is read anew before each part: the environment is the only record of how far it is, so a run may be
killed anywhere and begun again. Nothing that is there is changed or deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from crm.dynamics365.calls import API, DataverseCalls, M
from crm.dynamics365.provisioning.answers import (
    ColumnNames,
    Groups,
    Key,
    Keys,
    Organizations,
    Publisher,
    Publishers,
    Solutions,
    Table,
)
from crm.dynamics365.provisioning.definitions import OPTION_PREFIX, column_body, key_body
from crm.interface import Inventory, Part, PartKind, WantedColumn
from hunter.errors import HunterError
from hunter.remote.errors import Duplicate, Misconfigured
from hunter.remote.gate import Gate

LEAD: Final = f"{API}/EntityDefinitions(LogicalName='lead')"
PUBLISHER, SOLUTION, PREFIX = "hunterleads", "HunterLeads", "hnt"
DOMAIN, KEY = "hnt_domain", "hnt_domain_key"
BUILDING, FAILED = {"Pending", "InProgress"}, "Failed"
STRONG: Final = {"Consistency": "Strong"}  # the metadata cache is half a minute old (trap 51)
IN_SOLUTION: Final = {"MSCRM.SolutionUniqueName": SOLUTION}
GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MOST_NAMED = 5


class DataverseProvisioner:
    """One environment. Give it one part at a time: the platform takes one customization at once (trap 50)."""

    def __init__(self, *, base_url: str, gate: Gate, bearer: str) -> None:
        self._calls = DataverseCalls(base_url=base_url, gate=gate, bearer=bearer)
        self._language = 0

    def inventory(self, wanted: Sequence[WantedColumn]) -> Inventory:
        table = self._read(Table, LEAD, {"$select": "MetadataId,IsCustomizable,CanCreateAttributes"}, headers=STRONG)
        publisher = self._publisher()
        solutions = self._read(
            Solutions,
            f"{API}/solutions",
            {"$select": "solutionid,ismanaged", "$filter": f"uniquename eq '{SOLUTION}'"},
        ).value
        present = self._column_names()
        columns = [Part(PartKind.COLUMN, one.name, one) for one in wanted if one.name not in present]
        owners = [
            Part(PartKind.OWNER, name) for name, there in ((PUBLISHER, publisher), (SOLUTION, solutions)) if not there
        ]
        key = self._key()
        keys = [Part(PartKind.KEY, KEY, again=key is not None)] if key is None or key.status == FAILED else []

        missing = (*(owners if columns or keys else []), *columns, *keys)
        if not missing:
            return Inventory(awaited=self._awaited(wanted, key))
        obstacle = _not_ours(table, publisher, is_managed=any(one.is_managed for one in solutions))
        if not obstacle and missing[0].kind is PartKind.KEY:
            obstacle = self._doubled_domains()
        return Inventory(missing, obstacle=obstacle)

    def make(self, part: Part) -> str:
        try:
            return self._made(part)
        except Duplicate:
            return ""  # somebody was quicker, or our own answer was lost

    def _made(self, part: Part) -> str:
        if part.column is not None:
            body = column_body(part.column, language=self._base_language())
            return self._post(f"{LEAD}/Attributes", body, headers=IN_SOLUTION)
        if part.kind is PartKind.KEY and part.again:
            return self._post(f"{API}/ReactivateEntityKey", {"EntityLogicalName": "lead", "EntityKeyLogicalName": KEY})
        if part.kind is PartKind.KEY:
            body = key_body(KEY, [DOMAIN], language=self._base_language())
            return self._post(f"{LEAD}/Keys", body, headers=IN_SOLUTION)
        if part.name == PUBLISHER:
            return self._post(f"{API}/publishers", PUBLISHER_BODY)
        publisher = self._publisher()
        if publisher is None:
            raise HunterError(f"The publisher {PUBLISHER} was there a moment ago and is gone. Try it again.")
        bound = {"publisherid@odata.bind": f"/publishers({publisher.publisherid})"}
        return self._post(f"{API}/solutions", SOLUTION_BODY | bound)

    def _publisher(self) -> Publisher | None:
        select = "publisherid,customizationprefix,customizationoptionvalueprefix,isreadonly"
        params = {"$select": select, "$filter": f"uniquename eq '{PUBLISHER}'"}
        found = self._read(Publishers, f"{API}/publishers", params).value
        return found[0] if found else None

    def _column_names(self) -> set[str]:
        page = self._read(ColumnNames, f"{LEAD}/Attributes", {"$select": "LogicalName"}, headers=STRONG)
        return {one.name for one in page.value}

    def _key(self) -> Key | None:
        """The key on the domain, whatever its name."""
        params = {"$select": "LogicalName,KeyAttributes,EntityKeyIndexStatus"}
        keys = self._read(Keys, f"{LEAD}/Keys", params, headers=STRONG).value
        return next((key for key in keys if key.columns == [DOMAIN]), None)

    def _awaited(self, wanted: Sequence[WantedColumn], key: Key | None) -> str:
        """What is there and not yet in use: data calls learn of a column some seconds late (16.5 step 8)."""
        try:
            names = ",".join(one.name for one in wanted)
            self._calls.call(
                "GET", f"{API}/leads", operation="look for the columns", params={"$top": "1", "$select": names}
            )
        except Misconfigured:
            return "The columns are made; Dynamics 365 does not know them in leads yet."
        if key is not None and key.status in BUILDING:
            return "Dynamics 365 is building the key on the domain; until it is done, Hunter looks before it creates."
        return ""

    def _doubled_domains(self) -> str:
        """Why the key can't be built now: its index fails where a domain occurs twice (16.7)."""
        apply = f"filter({DOMAIN} ne null)/groupby(({DOMAIN}),aggregate($count as n))"
        try:
            groups = self._read(Groups, f"{API}/leads", {"$apply": apply}).value
        except Misconfigured:
            return ""  # made a moment ago, and not known in leads yet: nothing is in it
        doubled = sorted(group.hnt_domain for group in groups if group.n > 1)
        if not doubled:
            return ""
        named, more = ", ".join(doubled[:MOST_NAMED]), len(doubled) - MOST_NAMED
        return (
            f"Several leads have the same domain ({named}{f' and {more} more' if more > 0 else ''}), so there can be no key "
            "on it. Merge them or empty hnt_domain in all but one, also in closed leads; then try again."
        )

    def _base_language(self) -> int:
        if not self._language:
            found = self._read(Organizations, f"{API}/organizations", {"$select": "languagecode"}).value
            self._language = found[0].languagecode if found else 1033
        return self._language

    def _read(
        self, model: type[M], path: str, params: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> M:
        return self._calls.read_as(model, path, operation="look what is there", params=params, headers=headers)

    def _post(self, path: str, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> str:
        answer = self._calls.call("POST", path, operation="create a part", json=dict(body), headers=headers)
        ids = GUID.findall(answer.headers.get("odata-entityid", ""))
        return ids[-1].lower() if ids else ""


PUBLISHER_BODY: Final = {
    "friendlyname": "Hunter",
    "uniquename": PUBLISHER,
    "description": "What Hunter writes on leads",
    "customizationprefix": PREFIX,
    "customizationoptionvalueprefix": OPTION_PREFIX,
}
SOLUTION_BODY: Final = {
    "friendlyname": "Hunter lead columns",
    "uniquename": SOLUTION,
    "description": "Columns and key on lead",
    "version": "1.0.0.0",
}


def _not_ours(table: Table, publisher: Publisher | None, *, is_managed: bool) -> str:
    """What stands in the way of any part; a person with an administrator's rights puts it right."""
    if not (table.customizable.value and table.takes_columns.value):
        return "The lead table takes no columns in this environment (it is not customizable). Ask its administrator."
    if is_managed:
        return (
            f"The solution {SOLUTION} came as a managed one, so its columns are not made here. Import its newer version, "
            "then run `manage.py check_crm`."
        )
    if publisher is None:
        return ""
    if publisher.is_read_only:
        return f"The publisher {PUBLISHER} came with a managed solution and can't carry ours. Ask the administrator."
    if (publisher.prefix, publisher.option_prefix) != (PREFIX, OPTION_PREFIX):
        return (
            f"The publisher {PUBLISHER} has the prefixes {publisher.prefix} and {publisher.option_prefix}; Hunter's are "
            f"{PREFIX} and {OPTION_PREFIX}. Set them there, or rename that publisher."
        )
    return ""
