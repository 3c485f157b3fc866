"""Reading a text word by word: noun phrases with their counts and colours, places, negations."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.scene.findings import Findings, Head, Mention
from imgen.engines.sketch.scene.heads import phrase_of
from imgen.engines.sketch.scene.looks import HAIR, Part, attributes_of, hair_of, part_ahead
from imgen.engines.sketch.scene.negatives import exclude, forbid
from imgen.engines.sketch.scene.nouns import corrected, subject_of
from imgen.engines.sketch.scene.people import PEOPLE
from imgen.engines.sketch.scene.tokens import Token, tokens_of
from imgen.engines.sketch.scene.vocabulary import (
    LONGEST,
    Meaning,
    vocabulary,
)
from imgen.engines.sketch.subjects.registry import SUBJECTS

_FUZZY_WORDS = 24


@dataclass(slots=True)
class _Pending:
    """Words that wait for their noun."""

    count: int | None = None
    colours: list[RGB] = field(default_factory=list)
    size: float = 1.0
    words: set[str] = field(default_factory=set)


class Reader:
    """Goes through one text once, left to right."""

    def __init__(self, text: str) -> None:
        self.found = Findings()
        self._words = vocabulary()
        self._tokens = tokens_of(text)
        self._at = 0
        self._pending = _Pending()
        self._negated = False
        self._last: Mention | None = None
        self._fuzzy_left = _FUZZY_WORDS
        self._fresh = True
        """No thing was named in this clause yet."""
        self._wearing = False
        """What the last thing wears was just told, and `and` may go on with it."""
        self._looks: list[Part] = []
        """Said of a person who was not named yet."""
        self._ahead = ""
        """A place that was said before its noun: `in the background a tree`."""

    def read(self) -> Findings:
        """Everything that the text says."""
        self.found.words = sum(1 for token in self._tokens if token.text)
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if not token.text:
                self._at += 1
                self._close()
                continue
            self._at += self._step(token)
        self._spill()
        return self.found

    # -- one step ---------------------------------------------------------------------------
    def _step(self, token: Token) -> int:
        """Understand what begins here; how many words it took."""
        if token.text in self._words.grammar["negators"]:
            self._spill()
            self._negated = True
            return 1
        taken = self._wears(token) or self._describes_a_part()
        if taken:
            return taken
        for length in range(min(LONGEST, len(self._tokens) - self._at), 0, -1):
            window = self._tokens[self._at : self._at + length]
            if all(part.text for part in window) and self._phrase(window):
                return length
        self._word(token)
        return 1

    def _phrase(self, window: list[Token]) -> bool:
        """Whether these words together mean something; notes it if so."""
        words = tuple(part.text for part in window)
        if words in self._words.craft:
            return True
        weights = [part.weight for part in window]
        weight = max(weights) if weights[0] >= 1 else min(weights)
        meanings = self._words.phrases.get(words, ())
        subject = subject_of(" ".join(words), len(words))
        if self._negated:
            return self._exclude(words, meanings, subject)
        if self._is_coat(words):
            return False
        if self._is_adjective(words):
            return False
        quality = self._words.quality.get(words, 0.0)
        self.found.quality += quality * weight
        if subject and self._noun(subject, words, meanings, weight):
            return True
        self._mean(words, meanings, weight)
        return bool(meanings or quality)

    def _noun(
        self, subject: str, words: tuple[str, ...], meanings: tuple[Meaning, ...], weight: float
    ) -> bool:
        """Half of all places are things as well (`pine forest`, `a tree`): usually a thing."""
        if meanings and self._is_scenery(subject, words[-1]):
            colour = self._pending.colours[0] if self._pending.colours else None
            self.found.scenery.append(Mention(subject, 1, colour))
            self._say(meanings, weight)
            self._spill()
            return True
        if self._is_part_of_place(words):
            return False
        if self._describes_a_noun(words):
            self._pending.words.update(words)
            return True
        self._mention(subject, words[-1], weight)
        self._say([m for m in meanings if m[0] in ("feature", "composition", "time")], weight)
        return True

    def _mean(self, words: tuple[str, ...], meanings: tuple[Meaning, ...], weight: float) -> None:
        if self._shades(words, meanings):
            self._pending.words.update(words)
            return
        self._say(meanings, weight)
        if not meanings:
            return
        if len(words) == 1 and all(kind == "mood" for kind, _ in meanings):
            self._pending.words.add(words[0])
        elif any(kind in ("setting", "feature") for kind, _ in meanings):
            self._spill()

    def _shades(self, words: tuple[str, ...], meanings: tuple[Meaning, ...]) -> bool:
        """`Dark` in `a dark blue car`, `warm` in `warm stone`: a shade of it, not the mood."""
        if len(words) > 1 or not meanings or any(kind != "mood" for kind, _ in meanings):
            return False
        ahead = [token.text for token in self._tokens[self._at + 1 : self._at + 2]]
        return bool(ahead) and (
            ahead[0] in self._words.colours or ahead[0] in self._words.grammar["materials"]
        )

    def _say(self, meanings: list[Meaning] | tuple[Meaning, ...], weight: float) -> None:
        for kind, key in meanings:
            if kind == "where":
                self._place(key)
            else:
                self.found.say(kind, key, weight)

    def _is_adjective(self, words: tuple[str, ...]) -> bool:
        """`Orange` in `an orange cat`; not in `an orange on a plate`, which is a fruit."""
        if len(words) > 1 or words[0] not in self._words.colours:
            return False
        if words[0] == "lavender" and self._at and self._tokens[self._at - 1].text == "of":
            return False  # `a field of lavender` means the plant
        if not subject_of(words[0], 1):
            return True
        ahead = [token.text for token in self._tokens[self._at + 1 : self._at + 3]]
        if ahead[:1] == ["and"]:
            return ahead[-1] in self._words.colours
        return bool(ahead and ahead[0]) and ahead[0] not in self._words.grammar["ends_phrase"]

    def _is_scenery(self, subject: str, noun: str) -> bool:
        if subject in self._words.scenery:
            return True
        return noun.endswith("s") and subject in self._words.scenery_in_plural

    def _describes_a_noun(self, words: tuple[str, ...]) -> bool:
        """`Pirate` in `pirate ship`: of two nouns in a row, the last one is the thing."""
        ahead = self._tokens[self._at + len(words) : self._at + len(words) + 1]
        if not ahead or not ahead[0].text or words[-1].endswith("s"):
            return False
        if ahead[0].text in self._words.grammar["heads"]:
            return True
        meant = subject_of(ahead[0].text, 1)
        return meant not in ("", "portrait") and ahead[0].text not in self._words.colours

    def _is_coat(self, words: tuple[str, ...]) -> bool:
        """`black and white` before a noun is what the thing looks like, not the picture."""
        if words != ("black", "and", "white"):
            return False
        ahead = self._tokens[self._at + 3 : self._at + 4]
        return bool(ahead and subject_of(ahead[0].text, 1))

    def _is_part_of_place(self, words: tuple[str, ...]) -> bool:
        """`pine` in `pine forest` names no thing of its own."""
        ahead = self._tokens[self._at + len(words) : self._at + len(words) + 1]
        if not ahead or not ahead[0].text or words[-1].endswith("s"):
            return False
        joined = self._words.phrases.get((*words, ahead[0].text), ())
        alone = self._words.phrases.get((ahead[0].text,), ())
        return any(kind == "setting" for kind, _ in (*joined, *alone))

    # -- words ------------------------------------------------------------------------------
    def _word(self, token: Token) -> None:
        word, pending = token.text, self._pending
        if word in ("over", "above") and self._last is not None and not self._fresh:
            self._last.attributes.add("over")
        if (
            word in self._words.grammar["ends_phrase"]
            and not (word == "and" and pending.colours)
            and word != "of"
        ):
            if word != "and" or not pending.words:
                self._spill()
            if word not in ("and", "or"):
                self._negated = False
            return
        if self._negated:
            self._negated = (
                word in self._words.grammar["still_negated"] or word in self._words.colours
            )
            return
        if word in self._words.colours:
            pending.colours.append(self._words.colours[word])
            pending.words.add(word)
        elif word in self._words.counts:
            pending.count = max(pending.count or 0, self._words.counts[word])
        elif word.isdigit() and 0 < int(word[:4]) <= 99 and len(word) <= 2:
            pending.count = int(word)
        elif word in self._words.sizes:
            pending.size *= self._words.sizes[word]
            pending.words.add(word)
        elif (
            word not in self._words.grammar["small_words"]
            and word not in self._words.grammar["ends_phrase"]
        ):
            self._unknown(token)

    def _describes_a_part(self) -> int:
        """`dark brown eyes`, `red wool coat`: of the person named, or of the one who will be."""
        part = part_ahead(self._tokens, self._at, self._words)
        if part is None:
            return 0
        if self._negated:
            forbid(self.found, part, self._words)
            return part.taken
        people = [one for one in self.found.mentions if one.subject in PEOPLE]
        if people:
            self._dress(people[-1], part)
        elif part.worn:
            return 0
        elif self._last is not None:
            self._last.attributes |= attributes_of(part, self._words)
        else:
            self._looks.append(part)
        self._pending = _Pending()
        return part.taken

    def _dress(self, person: Mention, part: Part) -> None:
        person.attributes |= attributes_of(part, self._words)
        colours = [self._words.colours[word] for word in part.words if word in self._words.colours]
        if colours and part.noun in self._words.grammar["surfaces"] and part.worn:
            person.colour = person.colour or colours[0]

    def _worn(self, word: str) -> bool:
        """`…, satin emerald gown`: worn by the last person named, with or without `wearing`."""
        if word not in self._words.grammar["parts"]:
            return False
        people = [one for one in self.found.mentions if one.subject in PEOPLE]
        if not people:
            return False
        pending, self._pending = self._pending, _Pending()
        self._dress(people[-1], Part(word, tuple(sorted(pending.words)), worn=True))
        return True

    def _unknown(self, token: Token) -> None:
        """A word of no table: perhaps misspelt, else it describes the noun that comes or came."""
        if self._worn(token.text):
            return
        meant = self._corrected(token.text)
        if meant and meant != token.text:
            self._tokens[self._at] = Token(meant, token.weight)
            if self._phrase([self._tokens[self._at]]):
                return
            self._word(self._tokens[self._at]) if meant in self._words.colours else None
            return
        self._note_head(token)
        if token.text.endswith(("ing", "ed")) and self._last and not self._pending.words:
            self._last.attributes.add(token.text)
            return
        self._pending.words.add(token.text)

    def _note_head(self, token: Token) -> None:
        """Keep an unknown word that ends its phrase, and so is the noun of it."""
        told = phrase_of(self._tokens, self._at, self._pending.words, self._words)
        if told is None:
            return
        pending, plural = self._pending, token.text.endswith("s") and token.text[-2:] != "ss"
        mention = Mention(
            "", min(pending.count or (3 if plural else 1), 14),
            pending.colours[0] if pending.colours else None,
            pending.size, attributes=set(pending.words), weight=token.weight,
        )  # fmt: skip
        self.found.heads.append(Head(token.text, *told, mention))

    def _corrected(self, word: str) -> str:
        if self._fuzzy_left <= 0:
            return ""
        self._fuzzy_left -= 1
        return corrected(word)

    # -- things -----------------------------------------------------------------------------
    def _mention(self, subject: str, noun: str, weight: float) -> None:
        if weight <= 0.05:
            self.found.excluded.add(subject)
            self._pending = _Pending()
            return
        pending, self._pending = self._pending, _Pending()
        plural = noun.endswith("s") and not noun.endswith("ss") and noun not in SUBJECTS
        plural = plural and not noun.endswith(("us", "is"))
        plural = plural or noun in ("people", "men", "women", "children", "crowd", "fishermen")
        count = pending.count if pending.count is not None else (3 if plural else 1)
        if plural and count == 1:
            count = 3
        self._last = Mention(
            subject, min(count, 14), pending.colours[0] if pending.colours else None,
            pending.size * max(0.4, min(weight, 2.0)) ** 0.6, attributes=set(pending.words),
            weight=weight,
        )  # fmt: skip
        single = noun.removesuffix("s") if plural else noun
        if single != subject:
            self._last.attributes.add(single)
        self._fresh = False
        if self._ahead:
            self._place(self._ahead)
            self._ahead = ""
        for part in self._looks:
            self._last.attributes |= attributes_of(part, self._words)
        self._looks.clear()
        self.found.mentions.append(self._last)

    def _wears(self, token: Token) -> int:
        """`with a blue roof`, `wearing a red hat`: bound to the noun before."""
        chained = token.text == "and" and self._wearing
        self._wearing = False
        if (
            self._last is None
            or self._negated
            or not (token.text in self._words.grammar["wears"] or chained)
        ):
            return 0
        colour: str = ""
        words: list[str] = []
        for offset, part in enumerate(self._tokens[self._at + 1 : self._at + 7], start=1):
            if not part.text or part.text in self._words.grammar["ends_phrase"] - {"and"}:
                return 0
            if part.text in self._words.grammar["parts"]:
                self._last.attributes.update({part.text, *words})
                self._last.attributes.add(f"{colour} {part.text}".strip())
                if part.text in HAIR:
                    self._last.attributes.update(hair_of({colour, *words}, self._words))
                if (
                    colour
                    and part.text in self._words.grammar["surfaces"]
                    and self._last.colour is None
                ):
                    self._last.colour = self._words.colours[colour]
                self._wearing = True
                return offset + 1
            if part.text in self._words.colours:
                colour = part.text
            elif part.text not in ("a", "an", "the", "and", "its", "his", "her"):
                words.append(part.text)
        return 0

    def _place(self, key: str) -> None:
        if self._last is None or self._fresh:
            self._ahead = key
            return
        if key in ("near", "far"):
            self._last.depth = 0.12 if key == "near" else 0.92
        else:
            self._last.position = {"left": 0.24, "right": 0.76, "centre": 0.5}[key]

    # -- negatives --------------------------------------------------------------------------
    def _exclude(self, words: tuple[str, ...], meanings: tuple[Meaning, ...], subject: str) -> bool:
        hit = exclude(self.found, words, meanings, subject, self._words)
        if hit:
            self._pending = _Pending()
        return hit

    # -- ends -------------------------------------------------------------------------------
    def _spill(self) -> None:
        """Colours that found no thing belong to the picture as a whole."""
        self.found.palette.extend(self._pending.colours)
        self._pending = _Pending()

    def _close(self) -> None:
        self._spill()
        self._negated = False
        if self._ahead and self._last is not None and not self._fresh:
            self._place(self._ahead)
        self._fresh = True
