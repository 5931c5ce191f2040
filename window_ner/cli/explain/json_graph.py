"""An explanation as JSON: each node of the graph with its values and gradients."""

import json
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from window_ner.analysis.explanation import Explanation


def write_json(stream: TextIO, explanation: "Explanation") -> None:
    """Write every node of the graph, in order, and what each word adds."""
    from window_ner.analysis.explanation_data import explanation_data

    json.dump(explanation_data(explanation), stream, indent=2, ensure_ascii=False)
    stream.write("\n")
