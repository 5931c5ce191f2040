"""Mutated models: each is refused in one line, or tags, in bounded time and memory.

WINDOW_NER_FUZZ says how many, WINDOW_NER_SEED repeats a run. A mutation either leaves the checksums
as they were, or corrects them: then what stands behind the checksums has to find it.
"""

import json
import os
import random
import resource
import signal
import traceback
import warnings
import zlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from window_ner.data.conll import parse_conll
from window_ner.data.word_vectors import WordVectors
from window_ner.errors import InputError
from window_ner.model.card import write_card
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.settings.toml import settings_from
from window_ner.storage.model_folder import read_model_folder
from window_ner.training.checkpoint import load_checkpoint
from window_ner.training.plan import Plan, Progress
from window_ner.training.run import train

COUNT = int(os.environ.get("WINDOW_NER_FUZZ", "100"))
SEED = int(os.environ.get("WINDOW_NER_SEED", "0"))
SECONDS, BYTES = 10, 1 << 30

CORPUS = parse_conll(
    "-DOCSTART- -X- O\n\nAnn NN B-PER\nLee NN I-PER\nleft VB O\nOslo NN B-LOC\n\n"
    "-DOCSTART- -X- O\n\nBob NN B-PER\nsaw VB O\nOslo NN B-LOC\n"
)
TEXT = "Ann Lee left OSLO.\n\nBob, 33, saw\u00e9 McX in Oslo's U.S. shop. bob"
EVERYTHING = {
    "features": {
        "capitals": 2,
        "shape": 2,
        "shape_min_count": 1,
        "affixes": 2,
        "affixes_min_count": 1,
        "affixes_lengths": [1, 2],
        "gazetteers": 2,
        "clusters": 2,
        "casing": 2,
        "columns": 2,
        "columns_numbers": [1],
        "flags": ["sentence-start", "document-lower", "document-capitals"],
        "context": ["sentence", "headline", "document"],
    },
    "network": {"loss": "crf", "hidden": [4, 3], "activation": "relu"},
    "second_pass": {"folds": 2, "first_hidden": [3], "first_epochs": 1},
    "fine_tuning": {"mode": "on"},
}
WORDS = ["ann", "lee", "left", "oslo", "bob", ".", "'s", *(f"w{i}" for i in range(700))]
TABLE = np.random.default_rng(0).normal(size=(len(WORDS), 100)).astype(np.float32)
LARGE, SMALL = [WordVectors("x", WORDS, TABLE)], [WordVectors("x", WORDS[:9], TABLE[:9, :4])]
MODELS = {
    "lecture": {"network": {"hidden": [3], "activation": "prelu"}},
    "softmax": {"network": {"loss": "softmax", "hidden": [3], "window": 3}},
    "everything": EVERYTHING,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory, lexicon_package):
    """Folders of models of every kind, and the files and answers of each."""
    parent = tmp_path_factory.mktemp("models")
    (parent / "names.txt").write_text("Oslo\nBob Lee\n")
    EVERYTHING["features"]["gazetteers_files"] = [str(parent / "names.txt")]
    found = {}
    for name, tables in MODELS.items():
        kinds = ["small", "interrupted", "rounded"]
        if "second_pass" in tables:
            kinds.append("interrupted in its first pass")
        for kind in kinds:
            folder = parent / f"{name}, {kind}"
            epochs = {"training": {"epochs": 3, "learning_rate": 0.02, "batch_size": 2}}
            stop = INTERRUPTS.get(kind)
            vectors = LARGE if kind == "rounded" else SMALL
            settings = settings_from({**tables, **epochs}, "test")
            model = train(Plan(settings, CORPUS, CORPUS, vectors), output=folder, progress=stop)
            if kind == "rounded":
                save_model(model, folder, small=True)
            found[folder] = answers(folder)
    return found


def _interrupt(epoch):
    if epoch.epoch == 2:
        raise KeyboardInterrupt


def _interrupt_first_pass(run, done, loss):
    if run.startswith("first pass 3"):
        raise KeyboardInterrupt


INTERRUPTS = {
    "interrupted": Progress(epoch=_interrupt),
    "interrupted in its first pass": Progress(batch=_interrupt_first_pass),
}


def answers(folder):
    """Do with a model what can be done with it."""
    tagger = Tagger(load_model(folder))
    entities = tagger(TEXT)
    for entity in entities:
        assert entity.text == TEXT[entity.start : entity.end]
        assert 0 <= entity.score <= 1
    tags = tagger.tag_batch([["Ann", "saw", "Oslo", "é"], [], ["x"]])
    assert [len(t) for t in tags] == [4, 0, 1]
    assert tagger.tag_batch([TEXT.split(), []])
    write_card("name", tagger.model)
    if "interrupted" in folder.name:
        checkpoint = load_checkpoint(folder)
        settings = checkpoint.settings
        small = max(settings.training.epochs, settings.second_pass.first_epochs) < 9
        if small:  # none of those that are mutated to train for ever
            train(Plan(settings, CORPUS, CORPUS, SMALL), resume=checkpoint)
    return [(e.start, e.end, e.label, round(e.score, 4)) for e in entities], tags


# Mutations


def mutate_bytes(rng, data):
    """Cut, flip, take out, put in, repeat, blank."""
    place, length = rng.randrange(len(data) + 1), min(rng.randrange(1, 40), len(data))
    kind = rng.randrange(6)
    if kind == 0:
        return data[:place]
    if kind == 1 and place < len(data):
        return data[:place] + bytes([data[place] ^ (1 << rng.randrange(8))]) + data[place + 1 :]
    if kind == 2:
        return data[:place] + data[place + length :]
    if kind == 3:
        return data[:place] + rng.randbytes(length) + data[place:]
    if kind == 4:
        return data[:place] + data[place : place + length] * 2 + data[place + length :]
    return data[:place] + bytes(length) + data[place + length :]


class Raw(str):
    """Text that stands for itself in JSON."""


NASTY = [
    *[None, True, False, 0, 1, -1, 2, 3, 7, 1.5, -0.0, 1e308, -(10**9)],
    *[10**9, 2**31, 2**63, 2**64, 10**30],
    *[
        "",
        "x",
        "O",
        "\u0000",
        "\ud800",
        "x" * 10_000,
        "../../etc/passwd",
        "/dev/zero",
        "crf",
        "relu",
    ],
    *[[], [[]], {}, {"": {}}, [0], [-1], [10**9], [1] * 1000, ["x"] * 3, [None], [1e308]],
    *[["PER", "PER"], [f"L{i}" for i in range(5000)], ["LOC", "PER", "X"]],
    *map(Raw, ["NaN", "Infinity", "-Infinity", "1e999", "[1,", '"\\ud800"', "[1e400]", "1" * 5000]),
    *map(Raw, ["[" * 5000 + "]" * 5000, '{"a":' * 5000 + "1" + "}" * 5000]),
]


def mutate_json(rng, data):
    """Change, take out, add or double a value somewhere."""
    whole = json.loads(data)
    places = list(_places(whole))
    if not places:
        return mutate_bytes(rng, data)
    parent, key = rng.choice(places)
    kind = rng.randrange(8)
    if kind == 0:
        del parent[key]
    elif kind == 1:
        other, other_key = rng.choice(places)
        parent[key] = json.loads(json.dumps(other[other_key]))
    elif kind == 2 and isinstance(parent, dict):
        parent[rng.choice(["", "x", "E", "loss", "__class__", "size"])] = parent[key]
    elif kind == 2:
        parent[key:key] = [parent[key]] * rng.choice([1, 2, 1000])
    elif kind == 3 and isinstance(parent[key], int | float):
        parent[key] = rng.choice([parent[key] + 1, parent[key] - 1, -parent[key], 2 * parent[key]])
    else:
        parent[key] = rng.choice(NASTY)
    raw = parent[key] if kind > 3 and isinstance(parent[key], Raw) else None
    if raw is not None:
        parent[key] = "\u0001raw"
        return json.dumps(whole).encode().replace(b'"\\u0001raw"', raw.encode())
    return json.dumps(whole).encode()


def _places(value):
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def mutate_header(rng, data):
    """Change the header of safetensors as JSON, with its length."""
    begin = 8 + int.from_bytes(data[:8], "little")
    header = mutate_json(rng, data[8:begin])
    return len(header).to_bytes(8, "little") + header + data[begin:]


NUMBERS = [np.nan, np.inf, -np.inf, 0, -1, 1e38, -1e38, 3e38, 1e-40, 127, 1e5, 1e10]
DTYPES = ["F16", "F32", "F64", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL"]


def mutate_arrays(rng, data):
    """Change the numbers, the shape or the type of an array, or its name."""
    begin = 8 + int.from_bytes(data[:8], "little")
    arrays = {
        name: (entry["dtype"], entry["shape"], data[begin:][slice(*entry["data_offsets"])])
        for name, entry in json.loads(data[8:begin]).items()
    }
    name = rng.choice(list(arrays))
    dtype, shape, content = arrays[name]
    kind = rng.randrange(9)
    size = np.dtype(_numpy(dtype)).itemsize
    if kind <= 2 and content:
        numbers = np.frombuffer(content, _numpy(dtype)).copy()
        which = slice(None) if kind == 0 else rng.randrange(len(numbers))
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            numbers[which] = np.float64(rng.choice(NUMBERS)).astype(numbers.dtype)
        content = numbers.tobytes()
    elif kind == 3:
        dtype = rng.choice(DTYPES)
        count = int(np.prod(shape, dtype=int))
        content = (content * 8)[: count * np.dtype(_numpy(dtype)).itemsize]
    elif kind == 4:
        shape = rng.choice([shape[::-1], [*shape, 1], [1, *shape], [int(np.prod(shape))], [0]])
        content = content if shape != [0] else b""
    elif kind == 5 and shape:
        shape = [shape[0] - 1 if rng.random() < 0.5 else shape[0] + 1, *shape[1:]]
        content = (content * 2 + bytes(size))[: max(0, int(np.prod(shape))) * size]
    elif kind == 6:
        del arrays[name]
    elif kind == 7:
        other = rng.choice(list(arrays))
        arrays[other], (dtype, shape, content) = arrays[name], arrays[other]
    else:
        arrays[rng.choice(["x", "", "E.scale", "W", "W3", "b.scale", "first.E", "temperature"])] = (
            dtype, shape, content,
        )  # fmt: skip
    if kind != 6:
        arrays[name] = dtype, shape, content
    header, parts, offset = {}, [], 0
    for key, (dtype, shape, content) in arrays.items():
        end = offset + len(content)
        header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        parts.append(content)
        offset = end
    packed = json.dumps(header).encode()
    return len(packed).to_bytes(8, "little") + packed + b"".join(parts)


def _numpy(dtype):
    kinds = {"F": "f", "I": "i", "U": "u", "B": "?"}
    return "?" if dtype == "BOOL" else f"<{kinds[dtype[0]]}{int(dtype[1:]) // 8}"


def mutate_lines(rng, data):
    """Change lines of text: fewer, more, the same, in another order, not UTF-8."""
    lines = data.split(b"\n")
    place = rng.randrange(len(lines))
    kind = rng.randrange(6)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines[place:place] = [rng.choice([b"", b"new", b"\xff", b"\0", b"{}", b"null", b"[]"])]
    elif kind == 2:
        lines[place] = rng.choice(lines)
    elif kind == 3:
        lines[place] = rng.choice([b"\xff\xfe", b"\xed\xa0\x80", b"x" * 100_000, b"\xf4\x90\x80"])
    elif kind == 4:
        rng.shuffle(lines)
    else:
        lines *= rng.choice([0, 2, 100])
    return b"\n".join(lines)


OF_FILE = {
    "manifest.json": [mutate_bytes, mutate_json, mutate_json],
    "settings.json": [mutate_bytes, *[mutate_json] * 6],
    "features.json": [mutate_bytes, mutate_json, mutate_json],
    "keys.txt": [mutate_bytes, mutate_lines],
    "vocabulary.txt": [mutate_bytes, mutate_lines],
    "history.jsonl": [mutate_bytes, mutate_lines],
    "weights.safetensors": [mutate_bytes, mutate_header, *[mutate_arrays] * 4],
    "checkpoint.safetensors": [mutate_bytes, mutate_header, mutate_arrays],
    "checkpoint-rng.json": [mutate_bytes, mutate_json],
}
WEIGHTS = [1, 6, 2, 1, 1, 1, 7, 2, 1]


@contextmanager
def bounded(seconds, memory):
    """Raise if something takes more processor time, or more address space beyond what is in use."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)

    def too_long(number, frame):
        raise AssertionError(f"takes longer than {seconds} s")

    handler = signal.signal(signal.SIGPROF, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (used + memory, before[1]))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGPROF, handler)


def failure(error):
    """Say what it is, and where the package let it happen."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/window_ner/" in f.filename]
    last = frames[-1] if frames else None
    return f"{error!r:.200} at {last and last.filename.rpartition('/')[2]}:{last and last.lineno}"


def test_a_mutated_model_is_refused_in_one_line_or_tags(models):
    print(f"WINDOW_NER_SEED={SEED}")
    outcomes, failures = Counter(), defaultdict(list)
    originals = {folder: read_model_folder(folder) for folder in models}
    for number in range(COUNT):
        rng = random.Random(f"{SEED} {number}")
        folder = rng.choice(list(models))
        name = None
        while name not in {*originals[folder], "manifest.json"}:
            name = rng.choices(list(OF_FILE), WEIGHTS)[0]
        mutate = rng.choice(OF_FILE[name])
        correct = rng.random() < 0.85
        manifest = (folder / "manifest.json").read_bytes()
        original = (folder / name).read_bytes()
        mutated = mutate(rng, original)
        (folder / name).write_bytes(mutated)
        if correct and name != "manifest.json":
            changed = json.loads(manifest)
            changed["files"][name] = {"size": len(mutated), "crc32": zlib.crc32(mutated)}
            (folder / "manifest.json").write_text(json.dumps(changed))
        what = f"mutation {number}, {mutate.__name__} of {name} of {folder.name}"
        try:
            with bounded(SECONDS, BYTES), np.errstate(all="ignore"):
                found = answers(folder)
        except InputError as error:
            assert "\n" not in str(error), what
            outcomes["refused"] += 1
        except Exception as error:
            failures[failure(error)].append(what)
        else:
            assert correct or name == "manifest.json" or found == models[folder], what
            outcomes["same" if found == models[folder] else "other answers"] += 1
        finally:
            (folder / name).write_bytes(original)
            (folder / "manifest.json").write_bytes(manifest)
    print(f"{COUNT} mutated models: {dict(outcomes)}")
    assert not failures, "\n".join(f"{len(w)}: {e}, {w[0]}" for e, w in failures.items())
    assert outcomes["refused"] > COUNT / 4
    assert outcomes["same"] + outcomes["other answers"] > COUNT / 30  # a sixth is usual
