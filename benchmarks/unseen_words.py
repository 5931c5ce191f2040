"""Why unseen words score higher than seen ones: more of them are names.

    python -m benchmarks.unseen_words --model models/lecture

Token recall, false alarms and F1 on the dev split of the sample, over words that were in the
training data and over those that were not but have a vector; and the F1 that the unseen ones would
have if as few of them were names as of the seen ones.
"""

import argparse
from pathlib import Path

from window_ner.data.conll import read_conll
from window_ner.data.vocabulary import UNKNOWN
from window_ner.model.stored_model import load_model
from window_ner.storage.resources import resource_folder
from window_ner.training.encoded_split import encode_split


def f1(share: float, recall: float, alarms: float) -> float:
    """Compute F1 from the share of names, the recall, and the part of other words that is found."""
    return 2 * recall * share / (recall * share + alarms * (1 - share) + share)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, default=Path("models/lecture"))
    model = load_model(parser.parse_args().model)
    dev = encode_split(model, read_conll(resource_folder("data/sample") / "dev.conll"))
    found, names = model.scored(dev.text).decisions == 1, dev.targets == 1
    seen = ~dev.unseen & (dev.text.rows["E"] != UNKNOWN)
    print("| dev of the sample | tokens | part of a name | recall | false alarms | F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")

    def line(what: str, tokens: str, share: float, recall: float, alarms: float) -> None:
        rates = " | ".join(f"{100 * rate:.1f} %" for rate in (share, recall, alarms))
        print(f"| {what} | {tokens} | {rates} | {100 * f1(share, recall, alarms):.1f} |")

    shares = []
    for what, which in (("seen words", seen), ("unseen words", dev.unseen)):
        recall, alarms = found[which & names].mean(), found[which & ~names].mean()
        shares.append(names[which].mean())
        line(what, f"{which.sum():,}", shares[-1], recall, alarms)
    few = f"unseen words, if only {100 * shares[0]:.1f} % of them were names"
    line(few, "", shares[0], recall, alarms)


if __name__ == "__main__":
    main()
