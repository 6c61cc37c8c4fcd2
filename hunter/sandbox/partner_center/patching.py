"""Changes to a referral: the JSON Patch that the service takes, and which states may follow which (P25-P29, P33)."""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from hunter.sandbox.partner_center.filters import Row

READ_ONLY = frozenset({
    "id", "engagementId", "organizationId", "createdDateTime", "updatedDateTime", "expirationDateTime", "eTag", "links",
})  # fmt: skip
FOLLOWERS = {"New": {"New", "Active", "Closed"}, "Active": {"Active", "Closed"}, "Closed": {"Closed"}}
SUBSTATUSES = {
    "New": {"Pending", "Received"},
    "Active": {"Accepted", "Engaged"},
    "Closed": {"Won", "Lost", "Declined", "Expired", "Error"},
}


class ChangeRefused(ValueError):
    """The change breaks a rule of the service; the text says which."""


Path = tuple[str, ...]


def known_paths(rows: Collection[Row]) -> frozenset[Path]:
    """Every path that occurs in the rows, with `-` for a place in a list."""
    paths: set[Path] = set()
    for row in rows:
        _collect(row, (), paths)
    return frozenset(paths)


def _collect(value: Any, path: Path, paths: set[Path]) -> None:
    if path:
        paths.add(path)
    if isinstance(value, dict):
        for name, inner in value.items():
            _collect(inner, (*path, name), paths)
    elif isinstance(value, list):
        paths.add((*path, "-"))
        for inner in value:
            _collect(inner, (*path, "-"), paths)


def patched(row: Row, operations: Any, *, known: Collection[Path]) -> Row:
    """The row after the patch, as a copy. Raises ChangeRefused; then nothing has changed."""
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise ChangeRefused("The body must be an array of operations.")
    changed = copy.deepcopy(row)
    for operation in operations:
        if operation.get("op") not in ("replace", "add"):
            raise ChangeRefused(f"The operation '{operation.get('op')}' is not supported.")
        if "value" not in operation:
            raise ChangeRefused("An operation needs a value.")
        put(changed, str(operation.get("path", "")), operation["value"], op=operation["op"], known=known)
    check_transition(row, changed)
    return changed


def put(row: Row, pointer: str, value: Any, *, op: str, known: Collection[Path]) -> None:
    """Set the value at a JSON pointer in place."""
    if not pointer.startswith("/"):
        raise ChangeRefused(f"The path '{pointer}' must start with '/'.")
    path = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))
    if path[0] in READ_ONLY:
        raise ChangeRefused(f"The property '{path[0]}' is read-only.")
    if tuple("-" if part.isdigit() else part for part in path) not in known:
        raise ChangeRefused(f"There is no property at '{pointer}'.")
    if path == ("details", "dealValue"):
        value = _amount(value)
    parent: Any = row
    for part in path[:-1]:
        parent = _step(parent, part, pointer)
    _place(parent, path[-1], value, op=op, pointer=pointer)


def _step(parent: Any, part: str, pointer: str) -> Any:
    if isinstance(parent, dict) and isinstance(parent.get(part), dict | list):
        return parent[part]
    if isinstance(parent, list) and part.isdigit() and int(part) < len(parent):
        return parent[int(part)]
    raise ChangeRefused(f"There is nothing at '{pointer}' in this referral.")


def _place(parent: Any, part: str, value: Any, *, op: str, pointer: str) -> None:
    if isinstance(parent, dict):
        parent[part] = value
    elif isinstance(parent, list) and part == "-" and op == "add":
        parent.append(value)
    elif isinstance(parent, list) and part.isdigit() and int(part) < len(parent) + (op == "add"):
        parent[int(part) : int(part) + (op == "replace")] = [value]
    else:
        raise ChangeRefused(f"'{pointer}' can't be set by {op}.")


def check_transition(before: Row, after: Row) -> None:
    """Status and substatus must fit each other, and a status must be one that may follow the last."""
    old, new = (before.get("status"), before.get("substatus")), (after.get("status"), after.get("substatus"))
    if old == new:
        return
    status, substatus = new
    if status not in FOLLOWERS.get(str(old[0]), {old[0]}):
        raise ChangeRefused(f"The status can't change from '{old[0]}' to '{status}'.")
    if old[0] == status == "Closed":
        raise ChangeRefused(f"The referral is closed as '{old[1]}', which is final.")
    if substatus not in SUBSTATUSES.get(str(status), set()):
        raise ChangeRefused(f"The substatus '{substatus}' does not fit the status '{status}'.")
    if substatus == "Expired" and old[1] != "Expired":
        raise ChangeRefused("The substatus 'Expired' is set by the service alone.")


def _amount(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return float(value) if "." in value else int(value)
    except ValueError as error:
        raise ChangeRefused(f"dealValue: '{value}' is no number.") from error
