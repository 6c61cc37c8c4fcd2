"""Which act an edit means: `{"act": "disqualify", "lead": "contoso.com"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from hunter.sandbox.dataverse.administering import EnvironmentAct
from hunter.sandbox.dataverse.editing import LeadAct
from hunter.sandbox.dataverse.hands import Act
from hunter.sandbox.service import EditRefused

_ACTS: TypeAdapter[Act] = TypeAdapter(Annotated[LeadAct | EnvironmentAct, Field(discriminator="act")])


def read_act(change: Mapping[str, Any]) -> Act:
    """Raises EditRefused that names the member of the change that is missing, wrong or too much."""
    try:
        return _ACTS.validate_python(dict(change))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:]) or "act"
        raise EditRefused(f"{field}: {first['msg']}", field=field) from error
