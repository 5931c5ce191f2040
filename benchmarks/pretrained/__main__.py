"""Make the bundled model: train it, make it small, measure it, and write its card.

    WINDOW_NER_CORPORA=/path/to/corpora python -m benchmarks.pretrained

`benchmarks.pretrained.corpora` lists the files that must be in the folder of the corpora. A model
that is already in the folder ``--models`` is not trained again, and a training that was interrupted
goes on. With ``--card``, only the model that is in ``--output`` is measured again, for a new card.
``--stage free --output FOLDER`` makes a model without the corpora that are for research only,
``--stage general --output FOLDER`` the one that `benchmarks.few` starts from.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.pretrained.card import write_card
from benchmarks.pretrained.corpora import corpora_folder, dev_corpora
from benchmarks.pretrained.finishing import calibrated
from benchmarks.pretrained.stages import CHOOSING, MANY, STAGES, training_data
from benchmarks.pretrained.workshop import Workshop
from window_ner.data.corpus import join_corpora
from window_ner.model.stored_model import load_model, save_model
from window_ner.model.tagger import Tagger
from window_ner.storage.resources import model_folder


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--models", type=Path, default=Path("models"), help="for the trainings")
    parser.add_argument("--output", type=Path, help="default: the folder of the bundled model")
    parser.add_argument("--stage", choices=STAGES, help="make this model instead; see stages.py")
    parser.add_argument("--card", action="store_true", help="only measure the model of --output")
    options = parser.parse_args()
    if options.stage and not options.output:
        parser.error("--stage needs --output, or it would replace the bundled model")
    output = options.output or model_folder()
    folder = corpora_folder()
    if not options.card:
        workshop = Workshop(folder, options.models, options.seed)
        model = workshop.trained(STAGES[options.stage]) if options.stage else workshop.english()
        every = dev_corpora(folder)
        dev = join_corpora([every[name] for name in CHOOSING])
        save_model(calibrated(model, dev), output, small=True)
        model = workshop.with_fine_labels(output, options.stage or "english")
        save_model(model, output, small=True)
    megabytes = sum(path.stat().st_size for path in output.iterdir()) / 1e6
    # Measure the model as it is shipped, with rounded tables.
    small = load_model(output)
    training = training_data(STAGES[options.stage] if options.stage else MANY, folder)
    card = write_card(Tagger(small), training, dev_corpora(folder), megabytes, options.stage)
    save_model(small, output, small=True, card=card)
    print(card)
    print(f"{megabytes:.2f} MB in {output}", file=sys.stderr)


if __name__ == "__main__":
    main()
