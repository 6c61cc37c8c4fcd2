"""Who uses Hunter, for tests: people and programs with just the permissions that a test gives them."""

from __future__ import annotations

import factory
from django.contrib.auth.models import Permission, User
from django.db.models import Q
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient


class UserFactory(factory.django.DjangoModelFactory):
    """Somebody who may do nothing yet."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person-{n}")


def user_with(*permissions: str) -> User:
    """Somebody with these permissions, like "leads.view_company"."""
    user: User = UserFactory()
    wanted = Q(pk=None)
    for permission in permissions:
        app, codename = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(wanted))
    assert len(found) == len(permissions), f"not all of {permissions} exist"
    user.user_permissions.set(found)
    return user


def api_client(*permissions: str) -> APIClient:
    """A program with a token and these permissions."""
    token = Token.objects.create(user=user_with(*permissions))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    return client


def staff(*permissions: str, name: str = "") -> User:
    """Somebody who may sign in to the admin, and do just this."""
    user = user_with(*permissions)
    user.is_staff = True
    user.username = name or user.username
    user.save()
    return user


def administrator(name: str = "") -> User:
    """Somebody who may do everything in the admin."""
    named = {"username": name} if name else {}
    user: User = UserFactory(is_staff=True, is_superuser=True, **named)
    return user
