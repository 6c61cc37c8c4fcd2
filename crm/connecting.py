"""What all work with a CRM shares: the token, fetched in the drainer's main thread, and the connection made with it."""

from __future__ import annotations

from datetime import timedelta

from crm.backend import CrmBackend
from crm.interface import Crm
from crm.services.checking import MappingFault, live_mapping, sendable_columns
from crm.services.wanting import Wishes
from hunter.remote.gate import Gates
from hunter.remote.tokens import renew, with_bearer
from hunter.work.kinds import NotReady

TOKEN_OUTLIVES = timedelta(minutes=5)


class SignedInToCrm:
    """Keeps a token good; `_connect` says what is done with each. Where the CRM is off nothing is asked of it."""

    def __init__(self, backend: CrmBackend, *, outlives: timedelta = TOKEN_OUTLIVES) -> None:
        self._backend = backend
        self._outlives = outlives
        self._gates: Gates = {}
        self._token = ""

    def prepare(self, gates: Gates) -> None:
        """Sign in. Raises RemoteError, Deferred, and NotReady where the mapping does not fit the CRM (R4.2)."""
        self._gates = gates
        if self._backend.is_enabled():
            try:
                with_bearer(self._backend.token_source(), self._connected, outlives=self._outlives)
            except MappingFault as fault:
                raise NotReady(fault.message, field=fault.field) from fault

    def renew_credential(self) -> None:
        if self._backend.is_enabled():
            self._connected(renew(self._backend.token_source(), refused=self._token))

    def _connected(self, token: str) -> None:
        self._token = token
        self._connect(token)

    def _connect(self, token: str) -> None:
        raise NotImplementedError


class MappedCrm(SignedInToCrm):
    """A connection that reads and writes leads by the mapping, as it fits the CRM now."""

    _crm: Crm | None = None
    _wishes: Wishes | None = None

    def _connect(self, token: str) -> None:
        resolved = live_mapping(self._backend, token=token, wait=None)
        self._wishes = Wishes.of(self._backend, resolved)
        self._crm = self._backend.connect(self._gates[self._backend.lane], token, sendable_columns(resolved))
