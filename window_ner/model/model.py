"""A model: everything that is trained and stored."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from window_ner.data.encoder import Encoder
from window_ner.data.tag_schemes import Span
from window_ner.data.vocabulary import UNKNOWN
from window_ner.data.windows import EncodedSentences
from window_ner.data.word_types import Booleans
from window_ner.model.about import About, Epoch
from window_ner.model.fine_labels import FineLabels
from window_ner.model.objectives.base import Objective
from window_ner.model.scorer import Scored, Scorer
from window_ner.model.second_pass import of_others
from window_ner.nn.window_network import WindowNetwork
from window_ner.records import record

if TYPE_CHECKING:
    from window_ner.data.annotation import AnnotatedLabels
    from window_ner.data.corpus import Corpus, Sentence


@record(eq=False)
class Model:
    """Everything that is trained and stored; a `Tagger` uses it to tag text.

    Attributes
    ----------
    scorer
        The network and its objective.
    encoder
        Turns tokens into the numbers that the network looks up.
    seen
        (V,) whether a word of the vocabulary occurred in the training data.
    about
        How the model was made.
    history
        The scores of each epoch of its training.
    first_pass
        For a model with two passes: the network that reads a document first, and its objective;
        see `window_ner.model.second_pass`.
    fine_labels
        What it knows of finer labels than its own, if anything.
    """

    scorer: Scorer
    encoder: Encoder
    seen: Booleans
    about: About
    history: tuple[Epoch, ...] = ()
    first_pass: Scorer | None = None
    fine_labels: FineLabels | None = None

    @property
    def epoch(self) -> Epoch | None:
        """The epoch that the weights are from; None without a history."""
        best = self.about.best_epoch
        numbered = {epoch.epoch: epoch for epoch in self.history}
        if best in numbered:
            return numbered[best]
        return max(self.history, key=lambda epoch: epoch.dev, default=None)

    @property
    def network(self) -> WindowNetwork:
        """The network of `scorer`."""
        return self.scorer.network

    @property
    def objective(self) -> Objective:
        """The objective of `scorer`."""
        return self.scorer.objective

    def with_objective(self, objective: Objective) -> "Model":
        """Return the model with another objective, such as one with another temperature."""
        return replace(self, scorer=self.scorer._replace(objective=objective))

    def encode(self, sentences: Sequence[Sequence[str]]) -> EncodedSentences:
        """Encode the sentences of one document, with the results of the first pass."""
        return self.after_first_pass(self.encoder.encode(sentences))

    def encode_corpus(self, corpus: "Corpus") -> EncodedSentences:
        """Encode a corpus, with the results of the first pass."""
        return self.after_first_pass(self.encoder.encode_corpus(corpus))

    def after_first_pass(self, text: EncodedSentences) -> EncodedSentences:
        """Add the results of the first pass to a text, if there is a first pass."""
        return text if self.first_pass is None else second_pass_text(self.first_pass.scored(text))

    def scored(self, text: EncodedSentences) -> Scored:
        """Score all windows of an encoded text."""
        return self.scorer.scored(text)

    def unseen(self, text: EncodedSentences) -> Booleans:
        """Return whether each word is in the vectors but not in the training data: (N,)."""
        unseen: Booleans = ~self.seen[text.rows["E"]] & (text.rows["E"] != UNKNOWN)
        return unseen

    def gold_spans(self, sentences: "Sequence[Sentence]") -> list[Span]:
        """Return the true spans of a corpus, without labels if the model has none."""
        return self.objective.gold_spans(sentences)

    def annotated_labels(self, corpus: "Corpus") -> "AnnotatedLabels":
        """Return the labels that each document annotates; all, if the model has none."""
        from window_ner.data.annotation import AnnotatedLabels  # not needed to tag

        return AnnotatedLabels.of(corpus) if self.objective.outputs > 1 else AnnotatedLabels()


def second_pass_text(first: Scored) -> EncodedSentences:
    """Add to each word of a text the first pass's results for it elsewhere in the document."""
    text = first.text
    assert text.same_word is not None
    return replace(text, centre=of_others(first.marginals(), text.same_word))
