"""What Entra holds: the person and what she may do, the apps, the sign-ins that were revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from cryptography import x509

from hunter.sandbox import identities
from hunter.sandbox.entra.authorization import AuthorizationCodes
from hunter.sandbox.entra.device_codes import Decision, DeviceCodes
from hunter.sandbox.service import EditRefused

DECISIONS = {"approve_device_code": Decision.APPROVED, "decline_device_code": Decision.DECLINED}
ROLES = ("ReferralAdmin", "ReferralUser", "")
REDIRECT_TYPES = ("web", "public")
HUNTERS_REDIRECTS = tuple(f"http://{host}/admin/remote/signin/callback/" for host in ("localhost", "127.0.0.1"))


@dataclass(frozen=True, slots=True)
class App:
    """An app registration; without a secret it is a public client."""

    client_id: str
    secrets: frozenset[str] = frozenset()
    certificate: str = ""  # PEM of the one that is registered


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person at the other side can change. `token_lifetime` of None is Entra's own spread, 60 to 90 minutes.

    `redirect_type` web wants Partner Center's secret with a code and with what came of it; public wants none.
    `token_tenant` is the tenant that tokens name: another one than the partner's is a sign-in gone astray.
    """

    role: str = "ReferralAdmin"
    mfa: bool = True
    enabled: bool = True
    token_lifetime: int | None = None
    client_secret: str = identities.DATAVERSE_CLIENT_SECRET
    certificate: str = ""
    public_flows: bool = True
    strict_polling: bool = False
    partner_center_secret: str = identities.PARTNER_CENTER_CLIENT_SECRET
    redirect_uris: tuple[str, ...] = HUNTERS_REDIRECTS
    redirect_type: str = "web"
    token_tenant: str = identities.TENANT_ID


@dataclass(slots=True)
class Accounts:
    """The directory of the partner's tenant. The service locks it."""

    device_codes: DeviceCodes
    codes: AuthorizationCodes = field(default_factory=AuthorizationCodes)
    settings: Settings = field(default_factory=Settings)
    expired_tokens: set[str] = field(default_factory=set)
    tokens_expired_up_to: int = 0
    sign_ins_revoked_up_to: int = -1
    issued: int = 0

    def app(self, client_id: str) -> App | None:
        if client_id == identities.PARTNER_CENTER_CLIENT_ID:
            return App(client_id)
        if client_id == identities.DATAVERSE_CLIENT_ID:
            return App(client_id, frozenset({self.settings.client_secret}), self.settings.certificate)
        return None

    def edit(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """`revoke_sign_ins` and `expire_tokens` act on what was issued so far; the rest are settings.

        `sign_in` is a person signing in anew: the answer carries the number of her refresh token.
        `approve_device_code` and `decline_device_code` take the user code that she was shown.
        """
        settings: dict[str, Any] = {}
        signed_in: dict[str, Any] = {}
        for name, value in change.items():
            if name == "revoke_sign_ins":
                self.sign_ins_revoked_up_to = self.issued
            elif name == "expire_tokens":
                self.tokens_expired_up_to = self.issued
            elif name == "sign_in":
                self.issued += 1
                signed_in = {"sign_in": self.issued}
            elif name == "redirect_uris" and isinstance(value, list | tuple):
                settings[name] = tuple(str(one) for one in value)
            elif name in DECISIONS:
                self._decide(name, value)
            else:
                settings[name] = _checked(name, value)
        self.settings = replace(self.settings, **settings)
        return asdict(self.settings) | signed_in

    def _decide(self, name: str, user_code: Any) -> None:
        if not self.device_codes.decide(str(user_code), DECISIONS[name]):
            raise EditRefused(f"No sign-in waits under the code {user_code!r}.", field=name)


def _is_certificate(pem: str) -> bool:
    """A PEM certificate, or "" for none."""
    if not pem:
        return True
    try:
        x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return False
    return True


def _checked(name: str, value: Any) -> Any:
    allowed = {
        "role": value in ROLES,
        "public_flows": isinstance(value, bool),
        "strict_polling": isinstance(value, bool),
        "mfa": isinstance(value, bool),
        "enabled": isinstance(value, bool),
        "token_lifetime": value is None or (type(value) is int and value > 0),
        "client_secret": isinstance(value, str) and value != "",
        "certificate": isinstance(value, str) and _is_certificate(value),
        "partner_center_secret": isinstance(value, str) and value != "",
        "redirect_uris": False,
        "redirect_type": value in REDIRECT_TYPES,
        "token_tenant": isinstance(value, str) and value != "",
    }
    if not allowed.get(name, False):
        known = ", ".join([*allowed, *DECISIONS, "revoke_sign_ins", "expire_tokens", "sign_in"])
        raise EditRefused(f"{name} can't be set to {value!r}; Entra's edits are {known}.", field=name)
    return value
