"""Training: an epoch of ours against the same network in PyTorch."""

import importlib.util
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.speed.markdown import table, thousands
from benchmarks.speed.measuring import one, seconds
from benchmarks.speed.texts import Texts


def training_rates(kind: str, engine: str, texts: Texts) -> dict[str, float]:
    """Measure the tokens a second of an epoch: lecture, or H = 300 with trained word vectors."""
    from dataclasses import replace

    import numpy as np

    from window_ner.data.conll import read_conll
    from window_ner.data.word_vectors import load_word_vectors
    from window_ner.settings.toml import load_config
    from window_ner.training.encoded_split import encode_split
    from window_ner.training.new_model import untrained_model
    from window_ner.training.trainer import Trainer, frozen_parameters

    tuned = kind == "tuned"
    changes = ["batch_size=512", "learning_rate=0.05", "optimizer=adagrad", "l2=0"]
    changes += ["hidden=[300]", "loss=softmax"] if tuned else []
    settings = load_config("lecture", changes)
    corpus = read_conll(texts.train)
    model = untrained_model(settings, corpus, [load_word_vectors("glove-6b-50d")])
    data = encode_split(model, corpus)
    if engine == "ours":
        training = replace(settings, training=replace(settings.training, warmup_steps=0))
        frozen = frozen_parameters(tuned)
        rng = np.random.default_rng(1)
        run = Trainer(model.scorer, data, training, frozen=frozen, rng=rng, epochs=9)
        epoch: Callable[[], Any] = run.epoch
    else:
        epoch = torch_epoch(model, data, tuned)
    epoch()
    return {"rate": len(data.text) / median(seconds(epoch) for _ in range(3))}


def torch_epoch(model: Any, data: Any, tuned: bool) -> Callable[[], None]:
    """Return one epoch of the same network in PyTorch, with data that is already in tensors."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    network = model.network.parameters
    E = torch.nn.Embedding.from_pretrained(
        torch.from_numpy(np.array(network["E"])), freeze=not tuned, sparse=tuned
    )
    hidden, inputs = network["W"].shape
    outputs = len(network["U"])
    layers = torch.nn.Sequential(
        torch.nn.Linear(inputs, hidden),
        torch.nn.Tanh(),
        torch.nn.Linear(hidden, outputs, bias=False),
    )
    parameters = [*layers.parameters(), *E.parameters()]
    optimizer = torch.optim.Adagrad([p for p in parameters if p.requires_grad], lr=0.05)
    windows = data.text.windows(np.arange(len(data.text))).rows["E"].reshape(len(data.text), -1)
    rows, targets = torch.from_numpy(windows.astype(np.int64)), torch.from_numpy(data.targets)
    loss = torch.nn.CrossEntropyLoss() if outputs > 1 else torch.nn.BCEWithLogitsLoss()

    def epoch() -> None:
        for chosen in torch.randperm(len(rows)).split(512):
            scores = layers(E(rows[chosen]).flatten(1))
            wanted = targets[chosen]
            value = loss(scores, wanted) if outputs > 1 else loss(scores[:, 0], wanted.float())
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()

    return epoch


def training_table() -> str:
    has_torch = importlib.util.find_spec("torch") is not None
    rows = []
    for name, kind in (("lecture, frozen", "frozen"), ("H = 300, fine-tuned", "tuned")):
        ours, torch = [], []
        for _ in range(3):
            ours.append(one("--training", kind, "ours")["rate"])
            if has_torch:
                torch.append(one("--training", kind, "torch")["rate"])
        fields = [name, thousands(median(ours))]
        if has_torch:
            ratio = median(ours) / median(torch)
            fields += [thousands(median(torch)), f"{ratio:.2f} ×"]
        rows.append([*fields, "–", "–"][:4])
    return table("network | ours, tokens/s | PyTorch | ratio", rows)
