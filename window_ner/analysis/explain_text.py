"""Explains a word of raw text: what ``tagger.explain(text, word)`` does."""

from window_ner.analysis.explanation import Explanation
from window_ner.analysis.explanation import explain as explain_tokens
from window_ner.data.tokenizer import tokenize
from window_ner.model.tagger import Tagger


def explain(
    tagger: Tagger, text: str, word: str | int | None = None, tag: str | None = None
) -> Explanation:
    """Explain the score of one word of a text, as ``window-ner explain`` does.

    A notebook shows the explanation as a picture.

    Parameters
    ----------
    tagger
        The tagger.
    text
        A text that contains the word.
    word, tag
        See `window_ner.analysis.explanation.explain`.

    Raises
    ------
    InputError
        If the text has no word, or not this word, or the model does not have the tag.
    """
    return explain_tokens(tagger.model, tokenize(text).sentences, word, tag)
