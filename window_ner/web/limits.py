"""How much the server accepts from one client, and from all of them together."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of a server. A request over a limit gets an answer that says which one.

    Attributes
    ----------
    body_bytes
        The largest body of a request; a larger one is answered with 413 as soon as it is too long.
    texts
        The most texts in one request.
    body_seconds
        How long a client may take to send its body; then the answer is 408.
    waiting
        How many requests may wait for the models; then the answer is 503 with Retry-After.
    waiting_characters
        How many characters the waiting requests may have together.
    answer_seconds
        How long a request may wait for its answer; then it is 503 without Retry-After.
    """

    body_bytes: int = 1_000_000
    texts: int = 1_000
    body_seconds: float = 20.0
    waiting: int = 512
    waiting_characters: int = 8_000_000
    answer_seconds: float = 20.0
