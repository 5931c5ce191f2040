"""A list of names that are found exactly in texts, without a model.

Names are matched token by token, so a name begins and ends where a token does: "Oslo" is not found
in "Oslo-based". A name with a capital letter matches as it is written and in ALL CAPITALS; a name
without one matches in any capitalisation.

The names are stored in a trie, a dictionary of dictionaries. Most tokens of a text are not the
first of a name. So the distinct words of many texts are looked up first, and the search in the trie
starts only at words that begin a name.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, compress, islice
from sys import intern
from typing import TypeAlias
from unicodedata import normalize

from window_ner.data.tag_schemes import Span
from window_ner.data.tokenizer import TokenizedText, tokenize
from window_ner.errors import InputError

_NAMES_AT_ONCE = 1_000
"""Number of names to tokenize together: fewer take more time, more take more memory."""

_EXAMPLE = '{"Acme": "ORG"}'

_Node: TypeAlias = "dict[str, _Node | str]"
"""A node of a trie: token -> the node for the next token, or the label of a name that ends there.

If a longer name continues where a name ends, the label is stored under "", which is not a token.
"""

_Nodes: TypeAlias = "dict[str, tuple[_Node | str | None, _Node | str | None]]"


class NameList:
    """A list of names with their labels, to find in texts.

    Parameters
    ----------
    labels
        Name -> its label. White space within a name counts as one space.

    Attributes
    ----------
    labels
        The labels of the list, sorted.
    split_names
        The names that the tokenizer splits into two sentences, like ``Yahoo! Japan``. No match
        crosses the end of a sentence, so they are found only in text whose sentences are given.

    Raises
    ------
    InputError
        If ``labels`` is no mapping, a name has neither a letter nor a digit, or a label is not one
        word or has a comma.

    Examples
    --------
    >>> names = NameList({"Acme Rockets": "ORG", "aspirin": "DRUG"})
    >>> names.find(tokenize("ACME ROCKETS sells Aspirin."))
    [Span(start=0, end=2, label='ORG'), Span(start=3, end=4, label='DRUG')]
    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        if not isinstance(labels, Mapping):
            raise InputError(f"expected names with labels, like {_EXAMPLE}; got {labels!r:.40}")
        for name, label in labels.items():
            if problem := problem_with(name, label):
                raise InputError(problem)
        self._count = len(labels)
        self.labels = sorted(set(labels.values()))
        self._as_written: _Node = {}
        self._any_case: _Node = {}  # its tokens are case-folded
        coded = _in_both_codes(labels)
        with_capital = {name: label for name, label in coded.items() if name != name.lower()}
        without = {name: label for name, label in coded.items() if name not in with_capital}
        split_names = _add(self._as_written, with_capital)
        split_names += _add(self._any_case, without, fold=str.casefold)
        self.split_names = [name for name in split_names if name in labels]
        # Names of the list come before their variants: US before the capitals of Us. If two names
        # have the same capitals, the first wins.
        capitals = {name.upper(): label for name, label in reversed(with_capital.items())}
        _add(self._as_written, capitals)
        for change in (str.upper, str.title):  # "co." is two tokens where "CO." and "Co." are one
            changed = {change(name): label for name, label in without.items()}
            _add(self._any_case, changed, fold=str.casefold)

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"<NameList of {self._count:,} {'name' if self._count == 1 else 'names'}>"

    def find(self, text: TokenizedText) -> list[Span]:
        """Find the names in one text; see `find_all`."""
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[TokenizedText]) -> list[list[Span]]:
        """Find the names in texts, from left to right, the longest at each place.

        No name crosses the end of a sentence.

        Returns
        -------
        list of list of Span
            For each text, spans over its tokens that do not overlap.
        """
        words: set[str] = set().union(*(text.tokens for text in texts))
        # Word -> its nodes in the two tries; None if that trie has no name that begins with it.
        nodes: _Nodes = {
            word: (node, None) for word in words if (node := self._as_written.get(word))
        }
        if self._any_case:
            for word in words:
                if node := self._any_case.get(word.casefold()):
                    nodes[word] = (nodes.get(word, (None, None))[0], node)
        return [_find(text, nodes) for text in texts]


def _find(text: TokenizedText, nodes: _Nodes) -> list[Span]:
    """Find the names in a text, given the nodes of its words."""
    tokens = text.tokens
    folded: list[str] = []
    spans: list[Span] = []
    sentence_ends = accumulate(text.sentence_lengths)
    sentence_end = free_from = 0
    for start in compress(range(len(tokens)), map(nodes.__contains__, tokens)):
        if start < free_from:
            continue
        while start >= sentence_end:
            sentence_end = next(sentence_ends)
        as_written, any_case = nodes[tokens[start]]
        end = start
        if as_written:
            end, label = _longest(as_written, tokens, start, sentence_end)
        if any_case:
            folded = folded or list(map(str.casefold, tokens))
            other_end, other = _longest(any_case, folded, start, sentence_end)
            if other_end > end:
                end, label = other_end, other
        if end > start:
            spans.append(Span(start, end, label))
            free_from = end
    return spans


def _in_both_codes(labels: Mapping[str, str]) -> dict[str, str]:
    """Add each name with accents as one character with its letter (NFC), and as two (NFD)."""
    coded = dict(labels)
    for form in ("NFC", "NFD"):
        for name, label in labels.items():
            if not name.isascii():
                coded.setdefault(normalize(form, name), label)
    return coded


def problem_with(name: str, label: str) -> str | None:
    """Return what is wrong with a name or its label; None if nothing is."""
    for given in (name, label):
        if not isinstance(given, str):
            return f"expected names with labels, like {_EXAMPLE}; got {given!r}"
    if not any(map(str.isalnum, name)):
        return f"the name {name!r} has neither a letter nor a digit"
    if label.split() != [label]:
        return f"the label {label!r} is not one word"
    if "," in label:
        return f"the label {label!r} has a comma, which separates labels"
    return None


def _longest(node: "_Node | str", tokens: Sequence[str], start: int, limit: int) -> tuple[int, str]:
    """Return the end and the label of the longest name whose first token led to ``node``.

    ``(start, "")`` if no name ends at or before ``limit``.
    """
    end, label = start, ""
    place = start + 1
    following: _Node | str | None = node
    while type(following) is dict:  # optimised: `find_all` spends most of its time here
        if "" in following:
            end, label = place, str(following[""])
        if place == limit:
            return end, label
        following = following.get(tokens[place])
        place += 1
    return (place, following) if isinstance(following, str) else (end, label)


def _add(
    trie: _Node, labels: Mapping[str, str], fold: Callable[[str], str] | None = None
) -> list[str]:
    """Add names to a trie if they are new; return those that the tokenizer splits."""
    split_names = []
    names = iter(labels)
    while some := list(islice(names, _NAMES_AT_ONCE)):
        for name, tokens, is_split in _tokenized(some):
            _insert(trie, list(map(fold, tokens)) if fold else tokens, intern(labels[name]))
            if is_split:
                split_names.append(name)
    return split_names


def _insert(trie: _Node, tokens: Sequence[str], label: str) -> None:
    *before, last = map(intern, tokens)  # names share the memory of their words
    node = trie
    for token in before:
        following = node.get(token)
        # nothing yet, or the end of a name that a longer one continues
        if not isinstance(following, dict):
            following = node[token] = {} if following is None else {"": following}
        node = following
    there = node.setdefault(last, label)
    if isinstance(there, dict):
        there.setdefault("", label)


def _tokenized(names: Sequence[str]) -> Iterator[tuple[str, Sequence[str], bool]]:
    """Yield each name with its tokens, and whether a sentence ends within it.

    The tokens of a name depend on the text around it: "Apple Inc." keeps its full stop within a
    sentence, but loses it at the end of one. So a name is yielded with the tokens of both cases,
    and also with those in text that was tokenized at white space.
    """
    others = []
    for name in names:
        if name.isascii() and name.replace(" ", "").isalpha():  # these tokens are always the same
            yield name, name.split(), False
        else:
            others.append(name)
    alone = _tokens_between("", others, "")
    within = _tokens_between("x ", others, " x")
    for name, (tokens, _), (inner, is_split) in zip(others, alone, within, strict=True):
        yield name, inner[1:-1], is_split
        yield name, tokens, False
        yield name, name.split(), False


def _tokens_between(
    before: str, names: Sequence[str], after: str
) -> Iterator[tuple[list[str], bool]]:
    """Yield the tokens of each name between two strings, and whether a sentence ends among them.

    All names are tokenized as paragraphs of one text.
    """
    paragraphs = [f"{before}{' '.join(name.split())}{after}" for name in names]
    text = tokenize("\n\n".join(paragraphs))
    sentence_ends = list(accumulate(text.sentence_lengths))
    first = 0
    for end in accumulate(len(paragraph) + 2 for paragraph in paragraphs):
        last = bisect_left(text.starts, end, first)
        inside = last - bool(after)
        sentence = bisect_left(sentence_ends, first + 1 + bool(before))
        yield text.tokens[first:last], sentence_ends[sentence] < inside
        first = last


def refuse_no_list(names: object) -> None:
    """Refuse names that are not a `NameList`.

    Raises
    ------
    InputError
        If they are not; the message says how to make one.
    """
    if not isinstance(names, NameList):
        raise InputError(f"names must be a list, like NameList({_EXAMPLE}); got {names!r:.40}")
