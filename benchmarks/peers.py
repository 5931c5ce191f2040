"""The taggers that benchmarks.speed compares, each from strings to tags.

Each is a function that trains or loads its model, stores it in a folder for later runs, and returns
``tag``: a function from the tokens of sentences, and the number of sentences of each document, to
the IOB2 tags of the sentences. It uses the batch size that suits the tagger.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Sentences = Sequence[Sequence[str]]
Tag = Callable[[Sentences, Sequence[int]], list[list[str]]]
Training = Callable[[], Sequence[Any]]
"""Returns the training sentences (`window_ner.data.corpus.Sentence`)."""


# ------------------------------------------------------------------ ours


def ours(folder: Path) -> Tag:
    import window_ner

    return window_ner.load(folder).tag_batch


def without_tables(folder: Path) -> Tag:
    """Our network with its plain forward pass, without precomputed tables."""
    from window_ner.model.stored_model import load_model

    model = load_model(folder)
    return _with_scores(model, lambda text: model.scored(text).scores)


def _with_scores(model: Any, scores: Callable[[Any], Any]) -> Tag:
    """Tag with our encoding and our decisions, but with scores from another library."""

    def tag(sentences: Sentences, documents: Sequence[int]) -> list[list[str]]:
        text = model.encoder.encode(sentences, documents)
        decisions = model.objective.decide(scores(text), text.lengths)
        tags = iter(model.objective.iob2(decisions, text.lengths))
        return [[next(tags) for _ in tokens] for tokens in sentences]

    return tag


# ------------------------------------------------------------------ the same network elsewhere


def pytorch(folder: Path) -> Tag:
    """Our network in PyTorch, with our weights."""
    import numpy as np
    import torch

    from window_ner.model.stored_model import load_model

    torch.set_num_threads(1)
    model = load_model(folder)
    network = model.network
    tensors = {n: torch.from_numpy(np.array(p)) for n, p in network.parameters.items()}
    activation = {"relu": torch.relu, "tanh": torch.tanh}[network.activation.name]

    @torch.inference_mode()
    def scores(text: Any) -> Any:
        parts = []
        for which in np.array_split(np.arange(len(text.lengths)), -(-len(text) // 2_000)):
            batch = text.sentences(which)
            vectors = [
                torch.nn.functional.embedding(torch.from_numpy(rows), tensors[table]).flatten(1)
                for table, rows in batch.rows.items()
            ]
            if batch.flags is not None:
                vectors.append(torch.from_numpy(batch.flags))
            x = torch.cat(vectors, 1)[torch.from_numpy(batch.windows)].flatten(1)
            if batch.centre is not None:
                x = torch.cat([x, torch.from_numpy(batch.centre)], 1)
            h = activation(torch.addmm(tensors["b"], x, tensors["W"].T))
            parts.append((h @ tensors["U"].T).numpy())
        return np.concatenate(parts)

    return _with_scores(model, scores)


def scikit_learn(folder: Path) -> Tag:
    """Our network in scikit-learn, with our weights; MLPRegressor returns the plain scores."""
    import numpy as np
    from sklearn.neural_network import MLPRegressor

    from window_ner.model.stored_model import load_model

    trained = load_model(folder)
    network = trained.network
    W, b, U = (network.parameters[name] for name in "WbU")
    model = MLPRegressor(hidden_layer_sizes=(len(W),), activation=network.activation.name)
    model.partial_fit(np.zeros((2, W.shape[1]), np.float32), np.zeros((2, len(U))).squeeze())
    model.coefs_, model.intercepts_ = [W.T, U.T], [b, np.zeros(len(U), np.float32)]

    def scores(text: Any) -> Any:
        parts = np.array_split(np.arange(len(text.lengths)), -(-len(text) // 2_000))
        found = [model.predict(network.inputs(text.sentences(which))) for which in parts]
        return np.concatenate([f.reshape(len(f), -1) for f in found])

    return _with_scores(trained, scores)


# ------------------------------------------------------------------ CRFsuite


def crfsuite(folder: Path, training: Training, *, richer: bool) -> Tag:
    """CRFsuite with the features of the python-crfsuite tutorial, or with richer features."""
    import pycrfsuite

    tagger = crfsuite_tagger(folder, training, richer=richer)
    features = richer_features if richer else tutorial_features

    def tag(sentences: Sentences, documents: Sequence[int]) -> list[list[str]]:
        return [tagger.tag(pycrfsuite.ItemSequence(features(s))) for s in sentences]

    return tag


def crfsuite_tagger(folder: Path, training: Training, *, richer: bool) -> Any:
    """Load CRFsuite's own tagger, or train it if it is not in the folder."""
    import pycrfsuite

    features = richer_features if richer else tutorial_features
    path = folder / f"crfsuite-{'richer' if richer else 'tutorial'}.model"
    if not path.is_file():
        trainer = pycrfsuite.Trainer(verbose=False)
        for sentence in training():
            trainer.append(pycrfsuite.ItemSequence(features(sentence.tokens)), sentence.tags)
        trainer.set_params({"c1": 1.0, "c2": 1e-3, "max_iterations": 50})
        trainer.set("feature.possible_transitions", True)
        trainer.train(str(path))
    tagger = pycrfsuite.Tagger()
    tagger.open(str(path))
    return tagger


def tutorial_features(tokens: Sequence[str]) -> list[list[str]]:
    own = [
        [
            f"word.lower={w.lower()}",
            f"word[-3:]={w[-3:]}",
            f"word[-2:]={w[-2:]}",
            f"word.isupper={w.isupper()}",
            f"word.istitle={w.istitle()}",
            f"word.isdigit={w.isdigit()}",
        ]
        for w in tokens
    ]
    near = [(w.lower(), w.istitle(), w.isupper()) for w in tokens]
    for i, features in enumerate(own):
        features.append("bias")
        for name, j in (("-1", i - 1), ("+1", i + 1)):
            if 0 <= j < len(tokens):
                lower, title, upper = near[j]
                features += [
                    f"{name}:word.lower={lower}",
                    f"{name}:word.istitle={title}",
                    f"{name}:word.isupper={upper}",
                ]
            else:
                features.append("BOS" if j < 0 else "EOS")
    return own


def richer_features(tokens: Sequence[str]) -> list[list[str]]:
    from window_ner.data.features import shape

    own = tutorial_features(tokens)
    shapes = [shape(w) for w in tokens]
    for i, (w, features) in enumerate(zip(tokens, own, strict=True)):
        features.extend(f"^{w[:n]}" for n in (1, 2, 3, 4))
        features.extend([f"{w[-1:]}$", f"{w[-4:]}$", f"shape={shapes[i]}", f"word={w}"])
        for offset in (-2, -1, 1, 2):
            if 0 <= i + offset < len(tokens):
                features.append(f"{offset}:shape={shapes[i + offset]}")
                if abs(offset) == 2:
                    features.append(f"{offset}:word.lower={tokens[i + offset].lower()}")
    return own


# ------------------------------------------------------------------ spaCy


def spacy_cnn(
    folder: Path, training: Training, *, epochs: int = 5, sizes: tuple[int, int] = (32, 256)
) -> Tag:
    """A blank pipeline with spaCy's standard CNN, trained on the same data.

    The mini-batches grow from the first number of sentences in ``sizes`` to the second.
    """
    import spacy
    from spacy.tokens import Doc
    from spacy.training import Example
    from spacy.util import compounding, minibatch

    path = folder / "spacy-cnn"
    if path.is_dir():
        nlp = spacy.load(path)
    else:
        nlp = spacy.blank("en")
        nlp.add_pipe("ner")
        examples = []
        for s in training():
            gold = Doc(nlp.vocab, words=list(s.tokens), ents=list(s.tags))
            examples.append(Example(Doc(nlp.vocab, words=list(s.tokens)), gold))
        optimizer = nlp.initialize(lambda: examples)
        shuffled = random.Random(1)
        for _ in range(epochs):
            shuffled.shuffle(examples)
            for batch in minibatch(examples, compounding(*sizes, 1.01)):
                nlp.update(batch, sgd=optimizer, drop=0.1)
        nlp.to_disk(path)

    def docs(sentences: Sentences) -> Iterator[Any]:
        return (Doc(nlp.vocab, words=list(s)) for s in sentences)

    def tag(sentences: Sentences, documents: Sequence[int]) -> list[list[str]]:
        return [
            [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc]
            for doc in nlp.pipe(docs(sentences), batch_size=256)
        ]

    return tag
