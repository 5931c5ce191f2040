import pytest

from window_ner.data.conll import parse_conll
from window_ner.data.corpus_checks import notes_on, notes_on_scoring
from window_ner.data.sources import corpus_files, hold_out_dev
from window_ner.errors import InputError


def corpus(*names, name="my.conll"):
    """One sentence for each name, like "Ann/PER"; "" is a sentence without a name."""
    sentences = []
    for given in names:
        mention, _, label = given.partition("/")
        sentences.append(f"{mention} B-{label}\nleft O\n" if given else "It O\nrains O\n")
    return parse_conll("\n".join(sentences), name=name)


MANY = corpus(*["Ann/PER"] * 5, *["Oslo/LOC"] * 5)
DEV = corpus("Bob/PER", "Rome/LOC")


def test_a_corpus_of_several_files_of_one_name_has_this_name_once():
    files = corpus_files(["news/a.conll", "mail/a.conll", "b.conll"])
    assert files.name == "a.conll + b.conll"
    assert len(files.train) == 3


def test_there_is_nothing_to_say_on_usual_data():
    assert notes_on(MANY, DEV) == []


def test_labels_with_few_names_are_listed_with_their_counts():
    (note,) = notes_on(
        corpus("x/DOSE", *["Ann/PER"] * 5, "y/FORM", "z/FORM"), DEV.annotating(None)
    )[:1]
    assert note == (
        "fewer than 5 names in the training data: DOSE (1), FORM (2); the model will hardly find "
        "such names, so add examples"
    )


def test_of_hundreds_of_labels_a_note_lists_twenty():
    many = corpus(*(f"x/L{i:03}" for i in range(200)))
    (few,) = [note for note in notes_on(many, many) if "fewer than" in note]
    assert "L018 (1), L019 (1) and 180 more; the model will" in few
    unknown, absent = notes_on_scoring(many, [f"L{i:03}" for i in range(50, 300)])
    assert "no label L000, L001, " in unknown
    assert "L019 and 30 more; it has L050, " in unknown
    assert "L219 and 80 more, so each" in absent
    assert max(map(len, (few, unknown, absent))) < 500


def test_a_dev_split_without_a_name_is_mentioned():
    (note,) = notes_on(MANY, corpus("", ""))
    assert note.startswith("no name in dev, so the first epoch counts as the best; ")
    assert len(notes_on(corpus("", ""), corpus(""))) == 0  # the training itself refuses this


def test_labels_that_only_dev_has_are_mentioned():
    dev = corpus("Bob/PER", "Acme/ORG")
    assert notes_on(MANY, dev) == [
        "labels in dev, but not in the training data: ORG; the model cannot find these names"
    ]
    assert notes_on(MANY, dev, ["ORG"]) == []


@pytest.mark.parametrize(
    ("dev", "known", "where"),
    [
        (["Bob/Per"], [], "PER (5, like 'Ann') and Per (1 in dev, like 'Bob')"),
        (["Bob/PER"], ["per"], "PER (5, like 'Ann') and per (of the model to start from)"),
    ],
)
def test_labels_that_differ_in_case_only_are_mentioned_with_a_name_of_each(dev, known, where):
    note = notes_on(MANY, corpus(*dev), known)[-1]
    assert note == (
        f"labels that differ in case only: {where.replace(' and ', ', ')}; if they are one label, "
        "write them the same"
    )


def test_what_the_readers_say_comes_first_and_once():
    broken = parse_conll("Ann I-PER\nLee B-PER\nleft E-PER\n" * 3, name="broken.conll")
    train, dev = hold_out_dev(parse_conll("Ann B-PER\nLee S-PER\n\n" * 20, name="two.conll"))
    notes = notes_on(train, dev)
    assert len([n for n in notes if "they are read as conlleval reads them" in n]) == 1
    assert "broken.conll break" in notes_on(broken, DEV)[0]


def test_one_sentence_is_too_little_without_dev():
    with pytest.raises(
        InputError, match=r"my\.conll: too few sentences \(1\) .* dev split of your"
    ):
        hold_out_dev(corpus("Ann/PER"))


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.25, 0.35, 0.4, 0.5, 0.8])
def test_the_share_that_is_held_out_is_the_one_that_was_asked_for(fraction):
    train, dev = hold_out_dev(parse_conll("Ann B-PER\n\n" * 200), fraction)
    assert (len(dev.documents), len(train.documents)) == (200 * fraction, 200 - 200 * fraction)


def test_a_dev_split_that_would_take_all_names_is_refused():
    text = parse_conll("It O\nrains O\n\n" * 9 + "Ann B-PER\n", name="my.conll")
    with pytest.raises(InputError, match=r"my\.conll: all its names are in the part"):
        hold_out_dev(text)


TEXT = parse_conll("Ann B-person\nLee I-person\nleft O\n")


def test_labels_of_the_text_that_the_model_has_not_are_noted():
    assert notes_on_scoring(TEXT, ["PER", "LOC"]) == [
        "the model has no label person; it has LOC, PER"
    ]
    assert notes_on_scoring(TEXT, ["person"]) == []


def test_chosen_labels_that_the_text_has_not_are_noted():
    assert notes_on_scoring(TEXT, ["PER", "LOC"], ["PER"]) == [
        "no name of the text has the label PER, so each that the model finds counts as wrong; "
        "the labels of the text are person"
    ]
    declared = TEXT.annotating(["person"])
    assert notes_on_scoring(declared, ["person", "LOC"], ["person", "LOC"]) == [
        "the text does not annotate LOC; no such name is scored"
    ]


def test_labels_of_the_model_that_the_text_has_not_are_noted_with_the_command_for_the_others():
    assert notes_on_scoring(TEXT, ["person", "LOC", "ORG"]) == [
        "no name of the text has the label LOC, ORG, so each that the model finds counts as wrong; "
        "if the text does not annotate these labels, score the others: --labels person"
    ]
    assert notes_on_scoring(TEXT.annotating(["person"]), ["person", "LOC"]) == []


def test_sentences_that_occur_twice_are_noted_if_folds_are_to_measure_the_model():
    names = [f"Ann{i}/PER" for i in range(10)]
    (note,) = notes_on(corpus(*names, *names[:3]), None)
    assert note.startswith("46% of the sentences occur more than once, so the model will be worse")
    assert notes_on(corpus(*names, *names[:1]), None) == []


def test_a_dev_split_that_is_in_the_training_data_is_noted():
    note = "100% of the sentences of dev are in the training data too, so the model will be worse "
    assert any(given.startswith(note) for given in notes_on(MANY, MANY))
    assert notes_on(MANY, DEV) == []
