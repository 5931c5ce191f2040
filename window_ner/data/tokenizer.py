"""Raw English text -> sentences of tokens with exact character offsets.

The tokens follow CoNLL-2003: "Germany 's", "do n't", "$ 17,000", "U.S.", "12-year-old", "3-1". One
regular expression has an alternative for each kind of token, the most frequent first. Keep these
three properties when you change it:

- Every alternative also matches the white space after the token, and the last alternative matches
  any character. So the matches together are the whole text, and the offsets are sums of lengths.
- A letter is any character that is neither white space nor a symbol listed here. So combining marks
  and the letters of any script stay inside their words.
- Repetitions are possessive (``++``), and no lookahead goes further than the alternatives after it
  match, so that the time is linear for any text.

docs/tokenizer.md compares it with libraries that could replace it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate, repeat, takewhile
from operator import ne, sub
from typing import NamedTuple


class TokenizedText(NamedTuple):
    """The tokens and sentences of a text.

    Token i begins at the character ``starts[i]`` of the text. No token is empty or contains white
    space, and there is only white space between the tokens. The first ``sentence_lengths[0]``
    tokens are the first sentence, and so on; no sentence is empty.
    """

    tokens: list[str]
    starts: list[int]
    sentence_lengths: list[int]

    @property
    def ends(self) -> list[int]:
        """The end of each token: ``text[starts[i]:ends[i]] == tokens[i]``."""
        return [start + len(t) for start, t in zip(self.starts, self.tokens, strict=True)]

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Return where the tokens ``first`` to ``last - 1`` are: ``text[start:end]``."""
        return self.starts[first], self.starts[last - 1] + len(self.tokens[last - 1])

    @property
    def sentences(self) -> list[list[str]]:
        """The tokens of each sentence."""
        ends = accumulate(self.sentence_lengths)
        return [self.tokens[e - n : e] for e, n in zip(ends, self.sentence_lengths, strict=True)]


# Titles before a name; their full stop never ends a sentence.
_TITLES = """Mr Mrs Ms Messrs Dr Prof Rev Hon Gov Sen Sens Rep Reps Gen Maj Col Lt Capt Cmdr
    Adm Sgt Cpl Pvt Supt Insp Mme Mlle vs cf
    mr mrs ms dr prof rev gov sen gen lt col"""
# These keep their full stop inside a sentence. In lower case only if it is not also a common word.
_ABBREVIATIONS = """Inc Corp Ltd Co Cos Bros Jr Sr St Mt Ft Esq Ph.D Assn Dept Univ Ave Blvd Rd Govt
    Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Tue Tues Thu Thurs Fri
    Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Kan Ky La Mass Md Mich Minn Mo Mont Neb Nev Okla
    Ore Pa Penn Tenn Tex Va Vt Wash Wis Wisc Wyo Ont Que Sask etc approx est vol
    inc corp ltd st jan feb aug sept oct nov dec calif fla"""
# One of these words after an abbreviation begins a new sentence.
_OPENERS = """The A An This That These Those There It Its He His She Her They Their We Our You I
    In On At By To From With For As But And If When While After Before Since What Who How Why
    Where No Not Some Many Most One Two Last"""


def _capitals_too(words: str) -> list[str]:
    return list(dict.fromkeys(form for word in words.split() for form in (word, word.upper())))


def _any_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(map(re.escape, words)) + ")"


# Symbols are neither letters nor white space. They are written as the inside of a character class.
_ASCII_SYMBOLS = r"\x00-\x08\x0e-\x1b!-/:-@\[-`{-\x7f"
_SYMBOLS = (
    rf"{_ASCII_SYMBOLS}\x80-\x84\x86-\x9f"  # and controls
    r"\xa1-\xa9\xab\xac\xae-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7"  # Latin-1
    r"\u060c\u061b\u061f\u06d4\u0964\u0965"  # stops and commas of Arabic, Urdu, Hindi
    r"\u200b\u200e-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u206f"  # dashes, quotes, invisible marks
    r"\u20a0-\u20cf\u2120\u2122\u2190-\u2bff\u2e00-\u2e7f"  # currencies, arrows, mathematics
    r"\u3001-\u3004\u3008-\u3020\u3030\ufe10-\ufe19\ufe30-\ufe6f"  # Chinese and Japanese
    r"\ufeff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff9-\ufffd"
    r"\U0001f000-\U0001faff"  # emoji
)
_INITIAL = r"[a-zA-ZÀ-ÖØ-öø-ž]"
_EMOJI_PARTS = r"[\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]"
_PARAGRAPH_END = r"(?:\s*+\Z|[^\S\n]*+\n[^\S\n]*+\n)"


@cache
def _token(symbols: str, with_abbreviations: bool) -> re.Pattern[str]:
    """Compile the expression for a token and the white space after it.

    Parameters
    ----------
    symbols
        What symbols are, as the inside of a character class.
    with_abbreviations
        Whether the text may have abbreviations with a full stop that is part of the token.
    """
    letter = rf"[^\s{symbols}]"  # includes digits
    clitic = rf"['’](?:[sSmMdD]|[rR][eE]|[vV][eE]|[lL][lL])(?!{letter})"
    joint = rf"""(?:
        [-‐‑&@_+]
      | \.(?!(?<=[a-z]{{2}}\.)[A-Z][a-z])           # J.J.Lehto, reuters.com; but said.The
      | (?!{clitic})['’]                            # O'Brien; but Germany's
      | (?<=[0-9])(?:[,:](?=[0-9])|/(?=[0-9]{{1,4}}(?![.,]?[0-9])))  # 1,200  10:30  1996/97
    )"""
    word = rf"{letter}++(?:{joint}{letter}++)*+"
    sentence_end = rf"""["'”’)\]]*+(?:
        {_PARAGRAPH_END}
      | \s++["'“‘(\[]*+{_any_of(_capitals_too(_OPENERS))}(?!{letter}|\.)
    )"""
    abbreviation = rf"""
      | (?: {_any_of(_capitals_too(_TITLES))}\.(?!{letter}|{_PARAGRAPH_END})
          | (?:{_any_of(_capitals_too(_ABBREVIATIONS))}|{_INITIAL})\.(?!\.|{letter}|{sentence_end})
          | (?:[a-zA-Z]++-)?(?:[a-zA-Z]\.){{2,}}+(?!{letter})  # U.S.  a.m.  non-U.S.
          | [nN][oO]s?\.(?=\s[0-9])
        )(?:-{word})?                               # U.S.-led
    """
    return re.compile(
        rf"""(?:
        [a-zA-Z]++(?=[\s,;)"!?\]])                   # a plain word: three in four tokens
      | (?=[a-zA-Z]++(?<=[nN])['’][tT](?!{letter}))[a-zA-Z]+(?=[nN]['’])           # do|n't
      | (?:https?://|ftp://|www\.)[^\s<>"“”]*[^\s<>"“”.,;:!?'’)\]}}…]
      {abbreviation if with_abbreviations else ""}
      | (?<![^\n])[0-9]{{1,3}}\.(?=[^\S\n])          # 1. at the start of a line
      | [a-zA-Z]{{1,3}}\$                             # US$
      | (?: \+(?=[0-9]) | (?<![\w.)])\.(?=[0-9]) | [@#](?![0-9])_*+ )?  # +44  .500  @user
        {word}(?:\++(?![^\s),.;]))?                 # AA+
      | (?<=\S){clitic}
      | -++ | \.++ | \*++ | _++ | =++ | ~++ | [+]++ | \#++ | !++ | \?++
      | \S{_EMOJI_PARTS}*+
    )\s*+""",
        re.VERBOSE,
    )


def _token_in(text: str) -> re.Pattern[str]:
    """Return the expression for the tokens of a text, without what the text does not need.

    For ASCII, it has only the symbols of ASCII, and so compiles in two thirds of the time. A full
    stop at the very end of a text is a token by itself; so a text without any other full stop needs
    no abbreviations, and then it compiles in a third of that.
    """
    symbols = _ASCII_SYMBOLS if text.isascii() else _SYMBOLS
    return _token(symbols, "." in text.rstrip()[:-1])


_WITH_STOP = frozenset(_capitals_too(f"{_TITLES} {_ABBREVIATIONS} no No nO nos Nos nOs NOs"))
_LONGEST = max(map(len, _WITH_STOP))
_SYMBOL = f"[{_SYMBOLS}]"
_PIECE_AND_SPACE = re.compile(r"\S+\s*")
_BETWEEN_SPACES = re.compile(r"\S+")
_BLANK_LINE = re.compile(r"(?:\n[^\S\n]*+\n|\r[^\S\r\n]*+\r|\u2029)\s*+")
_TERMINATORS = frozenset(".!?…")
_CLOSING = frozenset("\"'”’»)]}")
_OPENING = frozenset("\"'“‘«([{")
_OPENER_WORDS = frozenset(_capitals_too(_OPENERS))


def tokenize(text: str) -> TokenizedText:
    r"""Split English text into sentences of tokens.

    Parameters
    ----------
    text
        Any string. A blank line ends a sentence; a single line end counts as a space.

    Returns
    -------
    TokenizedText
        Empty lists if the text has only white space.

    Examples
    --------
    >>> tokenize("Mr. Blair didn't go to the U.S. on Jan. 3. He's ill.").tokens[:8]
    ['Mr.', 'Blair', 'did', "n't", 'go', 'to', 'the', 'U.S.']
    """
    begin = len(text) - len(text.lstrip())
    found = _token_in(text).findall(text, begin)  # tokens, each with white space
    tokens = list(map(str.rstrip, found))
    starts = list(accumulate(map(len, found), initial=begin))
    starts.pop()  # the end of the text

    cuts = {bisect_left(starts, end) for end in blank_lines(text)}
    candidates = [i for i, token in enumerate(tokens) if may_end_sentence(token)]
    is_spaced = list(map(ne, found, tokens))
    cuts.update(sentence_starts(tokens, is_spaced, candidates, repeat((0, len(tokens)))))
    bounds = sorted(cuts - {0} | {len(tokens)})
    lengths = list(map(sub, bounds, [0, *bounds])) if tokens else []
    return TokenizedText(tokens, starts, lengths)


def split_at_spaces(text: str) -> TokenizedText:
    """Split text that is already tokenized: tokens at white space, one sentence a line."""
    matches = list(_BETWEEN_SPACES.finditer(text))
    lengths = [len(line.split()) for line in text.split("\n")]
    return TokenizedText(
        tokens=[match.group() for match in matches],
        starts=[match.start() for match in matches],
        sentence_lengths=[length for length in lengths if length],
    )


def split_pieces(pieces: Sequence[str]) -> tuple[list[str], list[int]]:
    """Split what stands between white space: return all tokens, and the number in each piece.

    >>> split_pieces(["(Paris),", "doesn't"])
    (['(', 'Paris', ')', ',', 'does', "n't"], [4, 2])
    """
    text = " ".join([*pieces, ""])
    found = _token_in(text).findall(text)
    ends = [i for i, token in enumerate(found, 1) if token[-1] == " "]
    return list(map(str.rstrip, found)), list(map(sub, ends, [0, *ends]))


def depends_on_context(piece: str) -> bool:
    """Whether the tokens of a piece depend on what stands before or after it.

    Only the alternatives for abbreviations and for numbers of list items look so far. They do at
    the last full stop of a piece, if nothing but closing quotes and brackets follows.

    >>> [depends_on_context(piece) for piece in ("Inc.", "(J.)", "3.", "U.S.A", "Paris.")]
    [True, True, True, False, False]
    """
    before, stop, after = piece.rpartition(".")
    if not stop or after.strip("\"'”’)]"):
        return False
    word = re.split(_SYMBOL, before[-_LONGEST - 1 :])[-1]
    return len(word) == 1 or word in _WITH_STOP or (len(word) <= 3 and word.isdigit())


def tokens_between(text: str, start: int, end: int) -> tuple[str, ...]:
    """Return the tokens of a piece of a text."""
    found = takewhile(lambda match: match.start() < end, _token_in(text).finditer(text, start))
    return tuple([match.group().rstrip() for match in found])


def piece_starts(text: str) -> list[int]:
    """Return where each piece begins: what stands between white space."""
    pieces = _PIECE_AND_SPACE.findall(text)
    starts = list(accumulate(map(len, pieces), initial=len(text) - len(text.lstrip())))
    return starts[:-1]


def blank_lines(text: str) -> list[int]:
    """Return where the text goes on after each blank line."""
    return [blank.end() for blank in _BLANK_LINE.finditer(text)]


def may_end_sentence(token: str) -> bool:
    """Whether a sentence may end with a token, and perhaps closing quotes after it."""
    return token[-1] in _TERMINATORS


def sentence_starts(
    tokens: Sequence[str],
    is_spaced: Sequence[int],
    candidates: Iterable[int],
    bounds: Iterable[tuple[int, int]],
) -> Iterator[int]:
    """Yield the index of each token that begins a sentence because a sentence ends before it.

    Parameters
    ----------
    tokens
        The tokens of one text or of several.
    is_spaced
        Whether white space, or the end of the text, follows each token.
    candidates, bounds
        The tokens with which a sentence may end, and for each the first token of its text and the
        end of its text.
    """
    for i, (begin, count) in zip(candidates, bounds, strict=False):
        j = i + 1
        while j < count and not is_spaced[j - 1] and tokens[j] in _CLOSING:
            j += 1
        if j == count:
            continue
        if not is_spaced[j - 1] and not (tokens[i] == "." and tokens[j][0].isupper()):
            continue
        k = j
        while k < count - 1 and tokens[k] in _OPENING:
            k += 1
        mark, following = tokens[i], tokens[k]
        if mark[0] not in _TERMINATORS:  # an abbreviation: U.S. can end a sentence, Mr. cannot
            ends_sentence = "." in mark[:-1] and following in _OPENER_WORDS
        elif following[0].islower():  # "Why?" he asked. But a plain full stop ends a sentence
            ends_sentence = mark == "." and j == i + 1 and tokens[max(i - 1, begin) : i] != ["."]
        else:
            ends_sentence = following[0] not in ".!?…,;:)]}"
        if ends_sentence:
            yield j
