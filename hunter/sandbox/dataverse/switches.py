"""What tests and demonstrations set about the environment: rights, plug-ins, rules (contract 12: D4, D33, D42, D45, D46)."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hunter.sandbox.dataverse.errors import DataverseError, Refusal, privilege_missing

LEAD_PRIVILEGES = frozenset({
    "prvCreateLead", "prvReadLead", "prvWriteLead", "prvDeleteLead", "prvAppendLead", "prvAppendToLead", "prvAssignLead",
    "prvReadEntity", "prvReadAttribute",
})  # fmt: skip

CUSTOMIZER_PRIVILEGES = frozenset({
    "prvCreateAttribute", "prvWriteAttribute", "prvWriteEntity", "prvCreatePublisher", "prvReadPublisher",
    "prvCreateSolution", "prvReadSolution", "prvPublishCustomization",
})  # fmt: skip


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return pattern


class RejectRule(BaseModel):
    """A customer's plug-in that refuses a write when the column's value matches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    pattern: str
    message: str = "Lead rejected by validation plug-in."

    _compiles = field_validator("pattern")(_compiles)

    def refuses(self, value: object) -> bool:
        return value is not None and re.search(self.pattern, str(value)) is not None


class RewriteRule(BaseModel):
    """A customer's plug-in that changes a text after the write, e.g. takes the blanks out of a telephone number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    pattern: str
    replacement: str = ""

    _compiles = field_validator("pattern")(_compiles)

    def rewritten(self, text: str) -> str:
        return re.sub(self.pattern, self.replacement, text)


class Switches(BaseModel):
    """How this environment is set up. `application_users` None: every app that Entra knows is a user here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    application_users: tuple[str, ...] | None = None
    is_user_enabled: bool = True
    has_roles: bool = True
    missing_privileges: frozenset[str] = frozenset()
    granted_privileges: frozenset[str] = frozenset()
    number_texts: Literal["refused", "read"] = "refused"
    closed_leads_readonly: bool = False
    recycle_bin: bool = False
    duplicate_columns: tuple[str, ...] = ()
    duplicate_status: Literal[412, 500] = 500
    reject_rules: tuple[RejectRule, ...] = ()
    rewrite_rules: tuple[RewriteRule, ...] = ()
    reads_whole_organization: bool = True
    change_tracking: bool = True
    tracking_days: int = Field(default=7, ge=0)
    expired_token_status: Literal[400, 410] = 400
    is_customizer: bool = True
    metadata_write_seconds: float = Field(default=0.0, ge=0, le=60)
    metadata_cache_seconds: float = Field(default=0.0, ge=0, le=600)
    data_delay_seconds: float = Field(default=0.0, ge=0, le=600)
    key_index_seconds: float = Field(default=0.0, ge=0, le=86_400)
    lock_answer: Literal["429", "503", "0x80090412"] = "429"
    latency_seconds: float = Field(default=0.0, ge=0, le=600)

    def check_user(self, app_id: str) -> None:
        """Raises DataverseError when the app may not enter the environment at all (D4)."""
        if self.application_users is not None and app_id not in self.application_users:
            raise DataverseError(Refusal.NOT_MEMBER, "The user is not a member of the organization.")
        if not self.is_user_enabled:
            raise DataverseError(
                Refusal.USER_DISABLED, "The specified user is either disabled or is not a member of any business unit."
            )
        if not self.has_roles:
            raise DataverseError(Refusal.NO_ROLES, "The user has not been assigned any roles.")

    def require_whole_organization(self, *, user_id: str) -> None:
        """Change tracking tells of every row, so the right to read some is not enough (contract 9.1)."""
        if not self.reads_whole_organization:
            raise privilege_missing("prvReadLead", user_id=user_id)

    def require(self, privilege: str, *, user_id: str) -> None:
        given = LEAD_PRIVILEGES | (CUSTOMIZER_PRIVILEGES if self.is_customizer else frozenset())
        held = (given - self.missing_privileges) | self.granted_privileges
        if privilege not in held:
            raise privilege_missing(privilege, user_id=user_id)
