"""The base class of the writers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable

from window_ner.cli.predict.documents import Answer


class Writer(ABC):
    """Turns answers into text, in three parts: head, body (called for each batch) and foot.

    Attributes
    ----------
    is_stateless
        Whether ``body`` of a batch depends on that batch alone. If so, the processes of ``--jobs``
        call it.
    """

    is_stateless = True

    def head(self) -> str:
        """Return the text before all answers."""
        return ""

    def body(self, answers: Iterable[Answer]) -> str:
        """Return the text of a batch of answers."""
        return "".join(
            self.document(answer) for answer in answers if not answer.document.is_remainder
        )

    @abstractmethod
    def document(self, answer: Answer) -> str:
        """Return the text of one answer."""

    def foot(self) -> str:
        """Return the text after all answers."""
        return ""
