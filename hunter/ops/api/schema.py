"""What the OpenAPI description says of every address alike."""

from __future__ import annotations

from typing import Any

from hunter.ops.api.problem_details import MEDIA_TYPE, NOT_FOUND, TYPE_PREFIX, Problem

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457): why a request was not done.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": f"Stable: `{TYPE_PREFIX}…`. Compare this."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened and the way out, as the admin says it."},
        "field": {"type": "string", "description": "The value at fault."},
        "errors": {
            "type": "array",
            "description": "Every value at fault, where there are several.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "changed": {
            "type": "array",
            "description": "Of a stale write: what somebody else changed since the version that was read.",
            "items": {"type": "string"},
        },
    },
    "example": Problem(NOT_FOUND, "There is no company contoso.com.").as_dict(),
}
ANSWER = {
    "description": "It was not done; `type` says why.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def tell_of_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: FBT001  drf-spectacular's signature
    """Every operation may answer with a problem."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = ANSWER
    return result
