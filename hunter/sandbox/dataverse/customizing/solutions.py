"""Publishers and solutions of the environment, and whose prefix a name must carry (contract 16.1, D52, D55)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hunter.sandbox.dataverse.directory import BIND_ADDRESS
from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_payload, bad_request, no_such_record
from hunter.sandbox.dataverse.guids import fixed_guid

PREFIX = re.compile(r"(?!mscrm)[a-z][a-z0-9]{1,7}", re.IGNORECASE)
SOLUTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NAME = re.compile(r"[a-z]\w*", re.IGNORECASE | re.ASCII)
LONGEST_NAME = 50
OPTION_PREFIXES = range(10_000, 100_000)
HUNTER_PUBLISHER, HUNTER_SOLUTION = "hunterleads", "HunterLeads"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whoever makes components; its prefixes are theirs."""

    unique_name: str
    friendly_name: str
    prefix: str
    option_prefix: int
    is_read_only: bool = False

    @property
    def id(self) -> str:
        return fixed_guid(f"publisher:{self.unique_name.lower()}")

    def as_row(self) -> dict[str, Any]:
        return {
            "publisherid": self.id,
            "uniquename": self.unique_name,
            "friendlyname": self.friendly_name,
            "customizationprefix": self.prefix,
            "customizationoptionvalueprefix": self.option_prefix,
            "isreadonly": self.is_read_only,
        }


@dataclass(frozen=True, slots=True)
class Solution:
    """A box for components, of one publisher."""

    unique_name: str
    friendly_name: str
    version: str
    publisher: Publisher
    is_managed: bool = False

    @property
    def id(self) -> str:
        return fixed_guid(f"solution:{self.unique_name.lower()}")

    def as_row(self) -> dict[str, Any]:
        return {
            "solutionid": self.id,
            "uniquename": self.unique_name,
            "friendlyname": self.friendly_name,
            "version": self.version,
            "ismanaged": self.is_managed,
            "_publisherid_value": self.publisher.id,
        }


DEFAULT_PUBLISHER = Publisher("DefaultPublisherhntdemo", "Default Publisher for hnt-demo", "new", 10_000)
HUNTERS = Publisher(HUNTER_PUBLISHER, "Hunter", "hnt", 81_694)


@dataclass
class Solutions:
    """All publishers and solutions, by name in lower case, and which components lie in which solution."""

    publishers: dict[str, Publisher] = field(default_factory=dict)
    solutions: dict[str, Solution] = field(default_factory=dict)
    components: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add_publisher(DEFAULT_PUBLISHER)
        self.add_publisher(HUNTERS)
        self.add_solution(Solution(HUNTER_SOLUTION, "Hunter lead columns", "1.0.0.0", HUNTERS))

    def add_publisher(self, publisher: Publisher) -> None:
        self.publishers[publisher.unique_name.lower()] = publisher

    def add_solution(self, solution: Solution) -> None:
        self.solutions[solution.unique_name.lower()] = solution
        self.components.setdefault(solution.unique_name.lower(), set())

    def forget_hunter(self) -> None:
        """As if Hunter had never been here."""
        self.publishers.pop(HUNTER_PUBLISHER, None)
        self.solutions.pop(HUNTER_SOLUTION.lower(), None)
        self.components.pop(HUNTER_SOLUTION.lower(), None)

    def publisher_from(self, body: Mapping[str, Any]) -> Publisher:
        """A new publisher as a POST describes it. Raises DataverseError."""
        name, prefix = _text(body, "uniquename"), _text(body, "customizationprefix")
        friendly, number = _text(body, "friendlyname"), body.get("customizationoptionvalueprefix")
        if name.lower() in self.publishers:
            raise DataverseError(Refusal.NAME_TAKEN, "An object with the specified name already exists.")
        if not PREFIX.fullmatch(prefix):
            raise bad_request(f"The customization prefix '{prefix}' is not valid.")
        if not isinstance(number, int) or number not in OPTION_PREFIXES:
            raise DataverseError(
                Refusal.OPTION_PREFIX, "The option value prefix must be a number between 10000 and 99999."
            )
        return Publisher(name, friendly, prefix, number)

    def solution_from(self, body: Mapping[str, Any]) -> Solution:
        """A new solution as a POST describes it. Raises DataverseError."""
        name = _text(body, "uniquename")
        if not SOLUTION_NAME.fullmatch(name):
            raise DataverseError(Refusal.SOLUTION_NAME, f"The solution unique name '{name}' is not valid.")
        if name.lower() in self.solutions:
            raise DataverseError(Refusal.SOLUTION_NAME_TAKEN, f"The solution unique name '{name}' is already in use.")
        publisher = self._bound_publisher(_text(body, "publisherid@odata.bind"))
        if publisher.is_read_only:
            raise DataverseError(Refusal.READ_ONLY_PUBLISHER, "Cannot select a read-only publisher for a solution.")
        return Solution(name, _text(body, "friendlyname"), _text(body, "version"), publisher)

    def named(self, name: str) -> Solution | None:
        """The solution that a header or a parameter names, None for none. Raises DataverseError for an unknown one."""
        if not name:
            return None
        found = self.solutions.get(name.lower())
        if found is None:
            raise bad_request(f"The solution '{name}' specified does not exist.")
        if found.is_managed:
            raise bad_request(f"The solution '{name}' is managed and can't take components.")
        return found

    def check_name(self, name: str, solution: Solution | None) -> None:
        """Raises DataverseError unless the schema name is well formed and begins with a prefix it may have (D55)."""
        if not NAME.fullmatch(name):
            raise DataverseError(
                Refusal.NAME_CHARACTERS, f"The schema name '{name}' has characters that are not valid."
            )
        if len(name) > LONGEST_NAME:
            raise DataverseError(Refusal.NAME_TOO_LONG, f"The schema name '{name}' is too long.")
        owners = [solution.publisher] if solution else list(self.publishers.values())
        if not any(name.lower().startswith(f"{owner.prefix.lower()}_") for owner in owners):
            raise DataverseError(
                Refusal.NAME_PREFIX,
                f"The schema name {name} is invalid or missing. Custom attribute, entity, entitykey, option set and "
                "relationship names must start with a valid customization prefix. The prefix for a solution component "
                "should match the prefix that is specified for the publisher of the solution.",
            )

    def first_option(self, solution: Solution | None) -> int:
        """The first number of the range that the publisher's choices are counted from."""
        return (solution.publisher if solution else DEFAULT_PUBLISHER).option_prefix * 10_000

    def keep(self, component: str, solution: Solution | None) -> None:
        """The component lies in this solution from now on."""
        if solution:
            self.components[solution.unique_name.lower()].add(component)

    def _bound_publisher(self, address: str) -> Publisher:
        found = BIND_ADDRESS.fullmatch(address)
        guid = found[2].lower() if found and found[1] == "publishers" else ""
        publisher = next((one for one in self.publishers.values() if one.id == guid), None)
        if publisher is None:
            raise no_such_record("publisher", guid or address)
        return publisher


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise bad_payload(f"The required member '{name}' is missing or no text.")
    return value
