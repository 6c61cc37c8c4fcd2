"""The CRM of a history: one model organisation for each company, and a weather that all of them share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from random import Random

from crm.push.act import Answer, Failed, Locate, Read
from crm.push.act import Call as Asked
from hunter.remote.errors import AuthenticationFailed, Call, RateLimited, RemoteError, TransientFailure, ValueRefused
from tests.crm.interleaving.crm_model import ModelCrm

CALL = Call("dynamics365", "push a lead")
LOSSES = ("not sent", "answer lost", "stuck", "stuck", "never arrives")


class Weather(StrEnum):
    """How the service is at the moment."""

    FINE = "fine"
    THROTTLED = "too many requests"
    DOWN = "503"
    REVOKED = "token revoked"


@dataclass(slots=True)
class Service:
    """`calm`: how many calls go well in fine weather; `refused` are the companies whose values it does not take.

    `spoilt`: a plug-in there breaks over this company, and everything else goes right.
    """

    rng: Random
    calm: float
    crms: dict[str, ModelCrm]
    weather: Weather = Weather.FINE
    retry_after: timedelta | None = None
    secret_is_good: bool = True
    refused: set[str] = field(default_factory=set)
    quiet: bool = False
    spoilt: str = ""

    def answer(self, domain: str, call: Asked) -> Answer:
        """What comes back, and what takes effect whether or not it does."""
        if error := self._trouble():
            return Failed(error)
        crm = self.crms[domain]
        is_write = not isinstance(call, Locate | Read)
        if is_write and domain in self.refused:
            return Failed(ValueRefused("The value is refused.", call=CALL, field="score"))
        if is_write and domain == self.spoilt:
            return Failed(TransientFailure("A plug-in failed.", call=CALL))
        if self.quiet or self.spoilt or self.rng.random() < self.calm:
            return crm.answer(call)
        return self._lost(crm, call, is_write=is_write)

    def renew(self) -> None:
        """A new token. Raises AuthenticationFailed while the secret is wrong."""
        if not self.secret_is_good:
            raise AuthenticationFailed("The secret is wrong.", call=CALL)
        if self.weather is Weather.REVOKED:
            self.weather = Weather.FINE

    def change_weather(self) -> None:
        self.weather = self.rng.choice((Weather.FINE, Weather.FINE, Weather.DOWN, *Weather))
        self.retry_after = self.rng.choice((None, timedelta(seconds=2), timedelta(seconds=30), timedelta(minutes=4)))
        self.secret_is_good = self.rng.random() < 0.7

    def clear_up(self) -> None:
        """Fine, for good."""
        self.quiet, self.weather, self.secret_is_good = True, Weather.FINE, True

    def land(self) -> None:
        """A write that was stuck somewhere arrives; its fence decides."""
        late = [crm for crm in self.crms.values() if crm.stuck]
        self.rng.choice(late).land(self.rng)

    def _trouble(self) -> RemoteError | None:
        match self.weather:
            case Weather.THROTTLED:
                return RateLimited("Fewer calls, please.", call=CALL, retry_after=self.retry_after)
            case Weather.DOWN:
                return TransientFailure("503", call=CALL)
            case Weather.REVOKED:
                return AuthenticationFailed("The token is not valid.", call=CALL)
            case _:
                return None

    def _lost(self, crm: ModelCrm, call: Asked, *, is_write: bool) -> Failed:
        loss = self.rng.choice(LOSSES)
        if loss == "not sent" or not is_write:
            return Failed(TransientFailure("Out of reach.", call=CALL))
        if loss == "answer lost":
            crm.answer(call)
        elif loss == "stuck":
            crm.stuck.append(call)  # type: ignore[arg-type]  # a write, as was asked above
        return Failed(TransientFailure("No answer.", call=CALL, outcome_unknown=True), unknown=True)
