"""Tasks with predictions for Label Studio, where people correct them."""

from typing import Any

from window_ner.cli.predict.documents import Answer
from window_ner.cli.predict.writers.json import JsonWriter

_FROM, _TO = "label", "text"
"""The names in Label Studio's template for named entities."""


class LabelStudioWriter(JsonWriter):
    """Writes a list with a task for each document: its text, and the names as a prediction.

    The score of the prediction is that of its least probable name, so that Label Studio can show
    doubtful texts first.
    """

    def as_data(self, answer: Answer) -> dict[str, Any]:
        results = [
            {
                "id": str(number),
                "from_name": _FROM,
                "to_name": _TO,
                "type": "labels",
                "score": round(entity.score, 4),
                "value": {
                    "start": entity.start,
                    "end": entity.end,
                    "text": entity.text,
                    "labels": [entity.label],
                },
            }
            for number, entity in enumerate(answer.entities, 1)
        ]
        least = min((entity.score for entity in answer.entities), default=1.0)
        prediction = {"model_version": "window-ner", "score": round(least, 4), "result": results}
        document = answer.document
        source = {"file": document.file, "document": document.number} if self.with_files else {}
        data = {"text": document.text, **source}
        return {"data": data, "predictions": [prediction]}
