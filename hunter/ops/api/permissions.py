"""Who may do what by the API: reading and acting are permissions of their own, the same as in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class MayAct(BasePermission):
    """Asks for the permission that the view names for its action in `permission_for`; an action without one is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            raise NotAuthenticated
        if view.action in (None, "metadata"):  # a method that there is not here, or OPTIONS: nothing is read or done
            return True
        needed = view.permission_for.get("read" if view.action in READING else view.action)
        self.message = f"You may not do this: it needs the permission {needed}. Ask an administrator for it."
        return bool(needed) and request.user.has_perm(needed)


READING = frozenset({"list", "retrieve"})


def signed_in(request: Request) -> AbstractBaseUser:
    """The person or program that acts. Raises NotAuthenticated."""
    if not isinstance(request.user, AbstractBaseUser):
        raise NotAuthenticated
    return request.user
