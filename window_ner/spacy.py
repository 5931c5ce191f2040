"""The tagger as a component of a spaCy pipeline.

>>> import spacy
>>> nlp = spacy.blank("en")
>>> component = nlp.add_pipe("window_ner")
>>> doc = nlp("Angela Merkel met Tim Cook in Cupertino.")
>>> [(ent.text, ent.label_) for ent in doc.ents]
[('Angela Merkel', 'PER'), ('Tim Cook', 'PER'), ('Cupertino', 'LOC')]
"""

import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

try:
    import srsly
    from spacy.language import Language
    from spacy.pipeline import Pipe
    from spacy.scorer import get_ner_prf
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.util import minibatch
except ModuleNotFoundError as error:
    raise ImportError("window_ner.spacy needs spaCy: pip install 'window-ner[spacy]'") from error

from window_ner.errors import InputError
from window_ner.model.entity import Entity, check_labels, check_min_score
from window_ner.model.stored_model import load_model, model_files, model_from
from window_ner.model.tagger import Tagger
from window_ner.storage.resources import BUNDLED_MODEL, model_folder

FACTORY = "window_ner"
"""What ``nlp.add_pipe`` calls the component; it is also its name, if it is given no other."""

_MODEL = "model"
"""The folder of the model, in the folder of a component."""

_DEFAULTS = {"model": None, "labels": None, "min_score": 0.0, "overwrite": False}


class WindowNERComponent(Pipe):  # type: ignore[misc] # mypy does not read spaCy
    """Sets ``doc.ents``, and ``doc.spans[name]`` with a score for each span.

    It reads the text of a `Doc` and splits it as the model was trained to. A name that begins or
    ends within a token of spaCy is expanded to the whole token.

    Parameters
    ----------
    name
        The name of the component in its pipeline, and of its spans in ``doc.spans``.
    model
        A model folder, or the name of a bundled model; None takes the default model. It is loaded
        with the first text, because a stored pipeline brings its own.
    labels
        The labels to keep; None keeps all.
    min_score
        The lowest score to keep.
    overwrite
        If a name overlaps with an entity that ``doc.ents`` already has: whether the name replaces
        it. Entities that no name overlaps with always stay.

    Raises
    ------
    InputError
        If ``min_score`` is no probability.
    """

    def __init__(
        self,
        name: str = FACTORY,
        model: str | None = None,
        labels: Sequence[str] | None = None,
        min_score: float = 0.0,
        overwrite: bool = False,
    ) -> None:
        check_min_score(min_score)
        self.name = name
        self._model = model
        self._kept_labels = None if labels is None else frozenset(labels)
        self.min_score = min_score
        self.overwrite = overwrite
        self._tagger: Tagger | None = None

    @property
    def tagger(self) -> Tagger:
        """The tagger, which is loaded when it is first used.

        Raises
        ------
        InputError
            If there is no such model, or it does not have one of the labels to keep.
        """
        if self._tagger is None:
            self._use(Tagger(load_model(model_folder(self._model or BUNDLED_MODEL))))
        assert self._tagger is not None
        return self._tagger

    def _use(self, tagger: Tagger) -> None:
        check_labels(sorted(self._kept_labels or ()), tagger.labels)
        self._tagger = tagger

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that it sets; none before the model is loaded, as spaCy asks early."""
        known = [] if self._tagger is None else self._tagger.labels
        kept = self._kept_labels
        return tuple(label for label in known if kept is None or label in kept)

    def __call__(self, doc: Doc) -> Doc:
        """Set the names of one document; after an error that the pipeline ignores, it has none."""
        return next(self.pipe([doc]), doc)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Set the names of a stream of documents, in batches."""
        on_error = self.get_error_handler()
        for batch in minibatch(stream, size=batch_size):
            docs = list(batch)
            try:
                found = self.tagger.entities_of([doc.text for doc in docs])
                for doc, entities in zip(docs, found, strict=True):
                    self._annotate(doc, entities)
            except Exception as error:  # spaCy lets a pipeline choose what happens
                on_error(self.name, self, docs, error)
            else:
                yield from docs

    def _annotate(self, doc: Doc, entities: Sequence[Entity]) -> None:
        kept = [entity for entity in entities if self._is_kept(entity)]
        spans = [
            doc.char_span(e.start, e.end, label=e.label, alignment_mode="expand") for e in kept
        ]
        scores = [entity.score for entity in kept]
        places = [[span.start_char, span.end_char, span.label_] for span in spans]
        attrs = {"scores": scores, "places": places}
        doc.spans[self.name] = SpanGroup(doc, name=self.name, attrs=attrs, spans=spans)
        best_first = sorted(range(len(spans)), key=lambda i: -scores[i])
        chosen = _without_overlaps([spans[i] for i in best_first])
        if len(chosen) < len(spans):
            warnings.warn(
                f"{len(spans) - len(chosen)} of {len(spans)} names share a token of spaCy with a "
                f"name of higher score: they are in doc.spans[{self.name!r}], not in doc.ents",
                stacklevel=2,
            )
        earlier = list(doc.ents)
        first = [*chosen, *earlier] if self.overwrite else [*earlier, *chosen]
        blocked = [doc[t.i : t.i + 1] for t in doc if t.ent_iob_ == "B" and not t.ent_type]
        for entity in earlier:
            for token in entity:
                token.ent_id = 0  # set_ents writes the ids of those that stay, but clears none
        doc.set_ents(_without_overlaps([*blocked, *first])[len(blocked) :], blocked=blocked)

    def _is_kept(self, entity: Entity) -> bool:
        known = self._kept_labels is None or entity.label in self._kept_labels
        return known and entity.score >= self.min_score

    def score(self, examples: Iterable[Any], **_: Any) -> dict[str, Any]:
        """Score examples with true entities, for ``nlp.evaluate``."""
        scores: dict[str, Any] = get_ner_prf(examples)
        return scores

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the files of the model as msgpack; this contains no code.

        spaCy passes ``exclude``, the names of parts to leave out; a model has no such parts.
        """
        packed: bytes = srsly.msgpack_dumps(model_files(self.tagger.model))
        return packed

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "WindowNERComponent":
        """Use a model from `to_bytes`.

        Raises
        ------
        InputError
            If the model is damaged.
        """
        try:
            files = dict(srsly.msgpack_loads(data))
        except (ValueError, TypeError):
            raise InputError(f"{self.name}: the bytes are not those of a model") from None
        self._use(Tagger(model_from(files, Path(self.name))))
        return self

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the model into a folder."""
        self.tagger.save(Path(path) / _MODEL)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "WindowNERComponent":
        """Use the model that `to_disk` wrote.

        Raises
        ------
        InputError
            If it is missing or damaged.
        """
        self._use(Tagger(load_model(Path(path) / _MODEL)))
        return self


def _without_overlaps(spans: Sequence[Span]) -> list[Span]:
    """Leave out spans that share a token with an earlier span of the list."""
    taken: set[int] = set()
    kept = []
    for span in spans:
        tokens = range(span.start, span.end)
        if taken.isdisjoint(tokens):
            kept.append(span)
            taken.update(tokens)
    return kept


def _score(span: Span) -> float | None:
    """Return the score of a name that a component found; None for any other span.

    It is found by its characters, because merged tokens move the tokens of a span.
    """
    begin, end, label = span.start_char, span.end_char, span.label_
    for group in span.doc.spans.values():
        places = group.attrs.get("places", [])  # from left to right
        number = bisect_left(places, [begin, end])
        while number < len(places) and places[number][:2] == [begin, end]:
            if places[number][2] == label:
                return float(group.attrs["scores"][number])
            number += 1
    return None


if not Span.has_extension("score"):
    Span.set_extension("score", getter=_score)


@Language.factory(  # type: ignore[untyped-decorator]
    FACTORY,
    assigns=["doc.ents", "doc.spans", "token.ent_iob", "token.ent_type"],
    default_config=_DEFAULTS,
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_component(
    nlp: Language,
    name: str,
    model: str | None,
    labels: list[str] | None,
    min_score: float,
    overwrite: bool,
) -> WindowNERComponent:
    """Make the component for ``nlp.add_pipe("window_ner")``; see `WindowNERComponent`."""
    return WindowNERComponent(name, model, labels, min_score, overwrite)
