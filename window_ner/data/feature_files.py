"""Features as files of a model folder.

The keys of the tables are the lines of keys.txt; features.json says how many each table has. Each
table of the lexicon has a file of its own. From one JSON file, all these words take twice as long
to read.
"""

import json
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from typing import Any

from window_ner.data.features import Features, lexicon_features
from window_ner.data.lexicon import word_table_from
from window_ner.settings.inputs import FeatureSettings

_ENCODING = "utf-8", "surrogatepass"
"""Of keys.txt; the words of a corpus that is made in Python may have any character."""


def feature_files(features: Features) -> dict[str, bytes]:
    """Return the files for the features, by name; `features_from` reads them."""
    stored = {
        "keys": {table: len(keys) for table, keys in features.keys.items()},
        "gazetteers": [dict(names) for names in features.gazetteers],
    }
    lines = [f"{key}\n" for keys in features.keys.values() for key in keys]
    lexicon = {f"{feature}.txt": table.as_bytes() for feature, table in features.lexicon.items()}
    return {
        "features.json": json.dumps(stored, indent=0).encode(),
        "keys.txt": "".join(lines).encode(*_ENCODING),
        **lexicon,
    }


def features_from(settings: FeatureSettings, files: Mapping[str, bytes]) -> Features:
    """Make features from the files that `feature_files` returned.

    Raises
    ------
    AttributeError, KeyError, TypeError, ValueError
        If a file is missing, has another form, or does not fit the settings.
    """
    stored = json.loads(files["features.json"])
    keys = _keys_from(files["keys.txt"], stored["keys"])
    gazetteers = [
        dict(zip(names, _strings(names.values()), strict=True)) for names in stored["gazetteers"]
    ]
    lexicon = {
        feature: word_table_from(feature, files[f"{feature}.txt"])
        for feature in lexicon_features(settings)
    }
    features = Features(settings, keys, gazetteers, lexicon)
    if set(keys) != {*features.forms, *features.columns}:
        raise ValueError(f"features of {', '.join(keys) or 'nothing'} do not fit the settings")
    if len(gazetteers) != len(settings.gazetteers_files):
        raise ValueError(f"{len(gazetteers)} gazetteers do not fit the settings")
    return features


def _keys_from(text: bytes, numbers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Divide the lines of keys.txt, given the number of keys of each table.

    Raises
    ------
    AttributeError, TypeError, ValueError
        If there are not so many keys, or they are not sorted.
    """
    *lines, rest = text.decode(*_ENCODING).split("\n")
    ends = list(accumulate(numbers.values(), initial=0))
    if rest or ends[-1] != len(lines) or sorted(ends) != ends:
        raise ValueError("keys.txt does not have as many keys as its tables")
    keys = {table: lines[a:b] for table, (a, b) in zip(numbers, pairwise(ends), strict=True)}
    for table, of_table in keys.items():
        if sorted(of_table) != of_table:
            raise ValueError(f"the keys of {table} are not sorted")
    return keys


def _strings(values: Iterable[Any]) -> list[str]:
    values = list(values)
    if not set(map(type, values)) <= {str}:
        raise TypeError("a name in a gazetteer is not a string")
    return values
