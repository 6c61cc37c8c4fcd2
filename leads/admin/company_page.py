"""What the rooms above show on a company's page and in its list: each registers it here, leads knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin import ListFilter
from django.http import HttpRequest
from django.utils.safestring import SafeString

from hunter.ops.acts import Act
from leads.models import Company


@dataclass(frozen=True, slots=True)
class CompanySection:
    """One question on a company's page, answered as a finished piece; lower `order` comes first."""

    order: int
    show: Callable[[Company, HttpRequest], SafeString | str]


@dataclass(frozen=True, slots=True)
class CompanyColumn:
    """A column of the list. `read` takes a whole page of companies and gives what `show` needs, by company id (R7.7)."""

    name: str
    title: str
    read: Callable[[Sequence[Company]], dict[int, Any]]
    show: Callable[[Any], SafeString | str]


@dataclass(slots=True)
class CompanyExtensions:
    """What is registered so far."""

    sections: list[CompanySection] = field(default_factory=list)
    columns: list[CompanyColumn] = field(default_factory=list)
    filters: list[type[ListFilter]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    headlines: list[Callable[[Company, HttpRequest], Sequence[SafeString]]] = field(default_factory=list)


extensions = CompanyExtensions()
