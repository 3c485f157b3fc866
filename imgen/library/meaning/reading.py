"""Reads a prompt: which things it names, how they are described, placed, counted and excluded."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgen.library.meaning.items import Item, Role, items_of
from imgen.library.meaning.lexicon import Lexicon

Relation = tuple[str, str, str]
"""What stands how to what: ("above", "lamp", "desk")."""

MIRRORED = {"under": "above", "behind": "front", "right": "left"}
_OPEN_ACTS = 3
"""How many earlier verbs of a clause may concern a noun; bounds the time of endless clauses."""
_SYMMETRIC = frozenset(("beside", "between"))


@dataclass(slots=True)
class Act:
    """Who does something, and to, at or with whom or what."""

    doers: set[str]
    concerned: set[str] = field(default_factory=set)
    direct: str | None = None
    """The first of those concerned."""
    passive: bool = False
    """While reading: the next noun is the doer."""


@dataclass(slots=True)
class Reading:
    """What a prompt says, as far as rules can tell."""

    words: set[str] = field(default_factory=set)
    """Every content word that is not excluded."""
    excluded: set[frozenset[str]] = field(default_factory=set)
    """What must not be there: each a set of words ({"red", "dress"})."""
    heads: set[str] = field(default_factory=set)
    """Nouns that something may be said about: the last words of their groups."""
    described: dict[str, set[str]] = field(default_factory=dict)
    """A describing word to the heads that it is said of."""
    relations: set[Relation] = field(default_factory=set)
    acts: dict[str, list[Act]] = field(default_factory=dict)
    """A verb to what is done in its name."""
    single: set[str] = field(default_factory=set)
    """Heads with "a" or "one" before them."""
    plural: set[str] = field(default_factory=set)
    little: set[str] = field(default_factory=set)
    """Relations as written, with or without both their ends."""
    loose: set[str] = field(default_factory=set)
    """Relations as written that lack an end ("behind it")."""
    clauses: list[list[Item]] = field(default_factory=list)
    """What stands between commas, without articles and other little words."""
    is_list: bool = False
    """Written as tags: phrases between commas, without articles or forms of "to be"."""


def read(text: str, lexicon: Lexicon) -> Reading:
    """Read the positive text of a prompt. Never fails; takes time in proportion to the length."""
    items = items_of(text, lexicon)
    reader = _Reader(lexicon)
    reader.reading.clauses = _clauses(items)
    for item in items:
        reader.take(item)
    reader.take(Item(Role.STOP, ","))
    commas = sum(item.role is Role.STOP for item in items)
    sentence = any(item.role in (Role.DETERMINER, Role.BEING) for item in items)
    reader.reading.is_list = commas > 0 and not sentence
    return reader.reading


def _clauses(items: list[Item]) -> list[list[Item]]:
    clauses: list[list[Item]] = [[]]
    for item in items:
        if item.role is Role.STOP:
            clauses.append([])
        elif item.role not in (Role.DETERMINER, Role.LITTLE, Role.BEING):
            clauses[-1].append(item)
    return [clause for clause in clauses if clause]


class _Reader:
    """Collects the words of a group until something ends it, then settles what is said of it."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.reading = Reading()
        self._lexicon = lexicon
        self._group: list[Item] = []
        self._one = False
        self._negated: list[str] | None = None
        self._subjects: list[str] = []
        """Heads of the current clause, coordinated ones together, the latest last."""
        self._joining = False
        self._relation: tuple[str, str | None] | None = None
        self._acts: list[Act] = []
        """Of the current clause: what comes later in it may be concerned."""
        self._predicate = False
        self._place = ""

    def take(self, item: Item) -> None:
        """Work one item in."""
        if item.role in (Role.WORD, Role.NUMBER):
            self._group.append(item)
            return
        if self._negated is not None and self._in_scope(item):
            return
        denied = self._negated is not None and item in self._group  # "a dog not barking"
        self._settle()
        if self._negated is not None:
            self._exclude()
        if denied:
            self._act(item)
            return
        getattr(self, f"_take_{item.role.value}", self._ignore)(item)

    def _in_scope(self, item: Item) -> bool:
        """Whether a negation still reaches past this item ("no hat or glasses")."""
        if item.role is Role.OR:
            self._exclude_group()
            return True
        early = not self._group and not self._negated
        if early and item.value in self._lexicon.implied:
            return True
        if early and item.role in (Role.VERB, Role.PASSIVE, Role.RELATION):
            self._group.append(item)
            return item.role is Role.RELATION
        return early and item.role in (Role.LITTLE, Role.DETERMINER, Role.BEING)

    def _ignore(self, item: Item) -> None:
        """A little word: it ended the group, and that is all."""

    def _take_determiner(self, item: Item) -> None:
        self._one = item.one
        self._predicate = False

    def _take_being(self, item: Item) -> None:
        self._predicate = True

    def _take_and(self, item: Item) -> None:
        self._joining = bool(self._subjects)

    _take_or = _take_and

    def _take_not(self, item: Item) -> None:
        self._negated = []

    def _take_relation(self, item: Item) -> None:
        self._drop_relation()
        self.reading.little.add(item.value)
        self._relation = (item.value, self._subjects[-1] if self._subjects else None)
        self._predicate = False

    def _take_place(self, item: Item) -> None:
        self.reading.words.add(item.value)
        if self._subjects:
            self._describe(item.value, self._subjects[-1])
        else:
            self._place = item.value

    def _take_verb(self, item: Item) -> None:
        self.reading.words.add(item.value)
        self._act(item)

    _take_passive = _take_verb

    def _act(self, item: Item) -> None:
        if item.role is Role.PASSIVE:
            last = self._subjects[-1] if self._subjects else None
            act = Act(doers=set(), concerned=set(self._subjects), direct=last, passive=True)
        else:
            act = Act(doers=set(self._subjects))
        self.reading.acts.setdefault(item.value, []).append(act)
        self._acts = [*self._acts[-_OPEN_ACTS:], act]
        self._predicate = False

    def _take_stop(self, item: Item) -> None:
        self._acts = []
        self._subjects = []
        self._drop_relation()
        self._predicate = self._joining = False

    def _settle(self) -> None:
        """The group is complete: its last word is the thing, the others describe it."""
        group, self._group = self._group, []
        one, self._one = self._one, False
        if not group:
            return
        if self._negated is not None:
            self._negated += [item.value for item in group]
            return
        self.reading.words |= {item.value for item in group}
        if self._predicate and self._subjects:
            for item in group:
                self._describe(item.value, self._subjects[-1])
            self._predicate = False
            return
        self._name(group, one=one)

    def _name(self, group: list[Item], *, one: bool) -> None:
        head = group[-1].value
        self.reading.heads.add(head)
        for item in group[:-1]:
            self._describe(item.value, head)
        numbered = any(item.role is Role.NUMBER for item in group)
        if one and not numbered:
            self.reading.single.add(head)
        elif group[-1].plural:
            self.reading.plural.add(head)
        if self._place:
            self._describe(self._place, head)
            self._place = ""
        self._relate(head)
        for act in self._acts:
            if act.passive:
                act.doers, act.passive = {head}, False
            else:
                act.concerned.update(item.value for item in group)
                act.direct = act.direct or head
        self._subjects = [*self._subjects, head] if self._joining else [head]
        self._joining = False

    def _drop_relation(self) -> None:
        """It found no noun after it."""
        if self._relation:
            self.reading.loose.add(self._relation[0])
            self._relation = None

    def _relate(self, head: str) -> None:
        if not self._relation:
            return
        kind, before = self._relation
        if before is None or before == head:
            self._drop_relation()
            return
        self._relation = None
        if kind == "under" and head in self._lexicon.overhead:
            return
        if kind in MIRRORED:
            kind, before, head = MIRRORED[kind], head, before
        if kind in _SYMMETRIC:
            before, head = sorted((before, head))
        self.reading.relations.add((kind, before, head))

    def _describe(self, word: str, head: str) -> None:
        if word != head:
            self.reading.described.setdefault(word, set()).add(head)

    def _exclude_group(self) -> None:
        self._negated = [*(self._negated or []), *(item.value for item in self._group)]
        self._group = []
        self._exclude()
        self._negated = []

    def _exclude(self) -> None:
        """What a negation reached; one that met no word with a meaning still counts as one."""
        if self._negated is not None:
            self.reading.excluded.add(frozenset(self._negated or ("not",)))
        self._negated = None


def read_terms(terms: frozenset[str], lexicon: Lexicon) -> set[frozenset[str]]:
    """What negative terms exclude, each as the set of its words."""
    found: set[frozenset[str]] = set()
    for term in terms:
        reading = read(term, lexicon)
        words = frozenset(reading.words.union(*reading.excluded))
        if words:
            found.add(words)
    return found
