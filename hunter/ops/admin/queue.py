"""django-q2 carries doorbells only: what is worth seeing of the work is in Lanes and Errors, so its own pages go."""

from __future__ import annotations

import django_q.admin  # noqa: F401  registers its pages, which are then taken away
from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)
