"""What a person may do from a page: a POST with a permission, said once for rows, selections and pages (R5.8, C5)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django import forms
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model, QuerySet


class Place(enum.StrEnum):
    """Where an act is offered."""

    ROW = "row"
    DETAIL = "detail"
    SELECTION = "selection"
    PAGE = "page"


class ActResult(Protocol):
    """What happened, in words; `failed` when part of it could not be done."""

    @property
    def failed(self) -> bool: ...

    def sentence(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A result that is no more than its sentence; `lead_to` is the page that shows it, where that is another one."""

    words: str
    failed: bool = False
    lead_to: str = ""

    def sentence(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows an act is about, who asked for it, and what he answered in the dialog."""

    rows: QuerySet[Any]
    by: AbstractBaseUser | AnonymousUser
    answers: Mapping[str, Any] = field(default_factory=dict)


def always(row: Model) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Act:
    """One act. With a `form` or a `question` a dialog asks first; the dots on its button say so.

    `about` narrows the question to the rows at hand ("427 pushes, about 25 s"), and `initial` is what stands in its
    form for them; `offered` says for which rows there
    is a button; `on_all` acts of a page are about every row that the list's filters leave. The service behind `run`
    states its own transaction and writes the audit log.
    """

    name: str
    label: str
    permission: str
    run: Callable[[Chosen], ActResult]
    places: frozenset[Place]
    icon: str = ""
    question: str = ""
    about: Callable[[QuerySet[Any]], str] | None = None
    form: type[forms.Form] | None = None
    initial: Callable[[QuerySet[Any]], Mapping[str, Any]] | None = None
    offered: Callable[[Any], bool] = always
    on_all: bool = False
    is_main: bool = False
    is_dangerous: bool = False

    @property
    def asks(self) -> bool:
        """Whether a dialog comes first."""
        return bool(self.question or self.about or self.form)

    @property
    def button(self) -> str:
        """What stands on the button."""
        return f"{self.label}…" if self.asks else self.label

    def is_allowed(self, user: Any) -> bool:
        return bool(user.is_active and user.has_perm(self.permission))


def places(*where: Place) -> frozenset[Place]:
    return frozenset(where)
