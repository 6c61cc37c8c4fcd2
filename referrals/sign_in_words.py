"""What a person does about a sign-in to Partner Center that is refused."""

from __future__ import annotations

WAY_OUT = "Sign in under Set-up, Partner Center in the admin, or by `manage.py connect_partner_center`."
