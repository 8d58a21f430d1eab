"""What was asked is kept for half a minute, for all readers of a process. Answers are shared: nobody changes them."""

from collections.abc import Callable
from functools import partial
from threading import Condition
from typing import ParamSpec, TypeVar

from cachetools import TTLCache, cached
from cachetools.keys import hashkey

SECONDS = 30

P = ParamSpec("P")
T = TypeVar("T")

_answers: TTLCache[object, object] = TTLCache(maxsize=600, ttl=SECONDS)
_changed = Condition()  # who asks what another is asking waits for that answer


def kept(question: Callable[P, T]) -> Callable[P, T]:
    """Keeps what a function answers, by its arguments, which say all that the answer depends on."""
    key = partial(hashkey, question.__module__, question.__qualname__)
    return cached(_answers, key, condition=_changed)(question)


def forget() -> None:
    """Forgets all answers."""
    with _changed:
        _answers.clear()
