"""News of the machine room: told once when a state changes, and once when it is over. Apps subscribe; Hunter logs."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

logger = logging.getLogger(__name__)


class Change(enum.StrEnum):
    """What became of the matter."""

    APPEARED = "appeared"
    CAME_BACK = "came back"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class News:
    """One change of one matter: `key` is the same for all news of it, `path` the page of the admin that shows it."""

    key: str
    change: Change
    sentence: str
    path: str = ""


Subscriber = Callable[[Sequence[News]], None]
subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Let it hear all news; an app does it once, when it is ready."""
    if subscriber not in subscribers:
        subscribers.append(subscriber)


def tell(news: Sequence[News]) -> None:
    """Tell all subscribers, in the caller's transaction: what they write and the new state stand or fall together."""
    if news:
        for subscriber in subscribers:
            subscriber(news)


def log_news(news: Sequence[News]) -> None:
    """A line in the log for each."""
    for one in news:
        level = logging.INFO if one.change is Change.OVER else logging.WARNING
        logger.log(
            level, "news.%s", one.change.value.replace(" ", "_"), extra={"about": one.key, "sentence": one.sentence}
        )


subscribe(log_news)
