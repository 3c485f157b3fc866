"""From a prompt to a scene: what was said, and good guesses for what was not."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from imgen.engines.sketch.scene.findings import Findings, Mention
from imgen.engines.sketch.scene.looks import without
from imgen.engines.sketch.scene.nearest import settle
from imgen.engines.sketch.scene.negatives import read_negative
from imgen.engines.sketch.scene.parse import Reader
from imgen.engines.sketch.scene.people import PEOPLE
from imgen.engines.sketch.scene.scene import Scene, Thing
from imgen.engines.sketch.scene.vocabulary import vocabulary
from imgen.engines.sketch.styles.registry import find_style
from imgen.engines.sketch.styles.style import Style
from imgen.engines.sketch.subjects.registry import SUBJECTS

_MOST_THINGS = 16
_OPEN_AIR = ("mountains", "lake", "hills", "meadow", "coast", "forest", "sea", "river")
_NIGHT_FEATURES = frozenset({"stars", "milky_way", "aurora", "fireflies", "fireworks", "moon"})
_HOURS_OF_MOOD = {
    "dark": ("night", "dusk"), "mysterious": ("blue_hour", "dusk"), "romantic": ("sunset",),
    "cosy": ("golden_hour", "dusk"), "dramatic": ("sunset", "golden_hour"),
    "dreamy": ("sunrise", "dawn", "golden_hour"), "sad": ("dusk", "morning"),
    "calm": ("sunrise", "morning", "golden_hour"), "happy": ("noon", "morning", "afternoon"),
}  # fmt: skip
_HOURS = ("noon", "afternoon", "morning", "golden_hour", "afternoon", "golden_hour", "morning")
_OUT_OF_FRAME = frozenset({"chair", "sofa", "bed", "table", "lamp"})
"""What a sitter sits on or at: below the edge of a bust."""
_HILLTOP = frozenset({"castle", "temple", "tower", "church", "windmill", "pyramid"})
_CROPS = frozenset({"lavender", "wheat", "tulips", "sunflowers", "poppies"})
_GREY_WEATHER = frozenset({"overcast", "fog", "rain", "storm", "snow"})


def read(
    prompt: str, negative_prompt: str = "", style: str = "", seed: int = 0, *, alone: bool = False
) -> Scene:
    """Read a prompt.

    Args:
        prompt: any text at all; the empty one gives a landscape.
        negative_prompt: what must not appear, comma-separated.
        style: key of a style; where it is empty or unknown, the words of the prompt decide.
        seed: decides everything that the prompt leaves open.
        alone: the things will stand without surroundings, as a cut-out.

    Returns:
        The scene. Reading takes time linear in the length of the text and never fails.
    """
    found = Reader(prompt).read()
    unwanted = read_negative(negative_prompt)
    found.excluded |= unwanted.excluded
    found.forbidden |= unwanted.forbidden
    settle(found)
    chance = np.random.default_rng([seed, zlib.crc32(prompt.encode("utf-8", "replace")), 5])
    chosen = find_style(style) or find_style(prompt) if (style or prompt) else None
    if not found.mentions and (alone or (chosen is not None and chosen.plain_ground)):
        found.mentions.extend(found.scenery)
    _keep_sitter(found, chosen)
    _frame_portrait(found)
    _undress(found)
    things = _things(found, seed)
    setting = _setting(found, things, chosen, chance)
    setting = _with_ground(setting, things)
    things = _on_hilltop(things, setting, seed)
    season = _season(found, setting)
    weather = _weather(found, season, setting, chance)
    return Scene(
        setting=setting,
        time=_time(found, weather, chance),
        weather=weather,
        season=season,
        things=things,
        features=_features(found, setting),
        excluded=frozenset(found.excluded),
        composition=found.all("composition"),
        palette=tuple(found.palette[:4]),
        mood=found.strongest("mood"),
        style=chosen.name if chosen else "",
        quality=float(np.clip(found.quality, -1.0, 1.0)),
        seed=seed,
    )


def _frame_portrait(found: Findings) -> None:
    """`Portrait of a woman` is one bust, and a portrait of a cat is a cat, close by."""
    if "portrait" not in found.all("composition") or "portrait" not in SUBJECTS:
        return
    people = vocabulary().groups["people"] - {"portrait"}
    if "full_figure" in found.all("composition"):
        found.said["composition"].pop("portrait")
        for mention in found.mentions:
            mention.subject = "person" if mention.subject == "portrait" else mention.subject
        return
    busts = [one for one in found.mentions if one.subject == "portrait"]
    sitters = [one for one in found.mentions if one.subject != "portrait"]
    for sitter in sitters:
        if sitter.subject in people:
            sitter.attributes.add(sitter.subject)
            sitter.subject = "portrait"
            for bust in busts:
                sitter.attributes |= bust.attributes - {"bust", "headshot", "face"}
                sitter.colour = sitter.colour or bust.colour
    if sitters:
        seated = any(sitter.subject == "portrait" for sitter in sitters)
        found.mentions[:] = [
            one for one in sitters if not (seated and one.subject in _OUT_OF_FRAME)
        ]


def _keep_sitter(found: Findings, style: Style | None) -> None:
    """A product shot wants no people by its own words, unless the product is worn by one."""
    named = any(mention.subject in PEOPLE for mention in found.mentions)
    if named and style is not None and style.plain_ground:
        found.excluded -= {"people", *PEOPLE}


def _undress(found: Findings) -> None:
    """Takes from the people what must not be seen on them."""
    if not found.forbidden:
        return
    for mention in found.mentions:
        if mention.subject in PEOPLE:
            mention.attributes = without(mention.attributes, found.forbidden)


def _things(found: Findings, seed: int) -> tuple[Thing, ...]:
    mentions = [one for one in _merged(found.mentions) if one.subject not in found.excluded]
    things: list[Thing] = []
    room = _MOST_THINGS - len(mentions)
    for mention in mentions[:_MOST_THINGS]:
        extra = min(mention.count - 1, max(0, room))
        room -= extra
        things.extend(_thing(mention, len(things) + n, seed) for n in range(1 + extra))
    return tuple(things)


def _merged(mentions: list[Mention]) -> list[Mention]:
    """A thing named twice (`a cat …, the cat sleeps`) is one thing with all that was said."""
    kept: list[Mention] = []
    for mention in mentions:
        same = next(
            (
                one for one in kept
                if one.subject == mention.subject
                and (one.colour == mention.colour or None in (one.colour, mention.colour))
            ),
            None,
        )  # fmt: skip
        if same is None:
            kept.append(mention)
            continue
        same.count = max(same.count, mention.count)
        same.colour = same.colour or mention.colour
        same.attributes |= mention.attributes
        same.position = same.position if same.position is not None else mention.position
        same.depth = same.depth if same.depth is not None else mention.depth
    return kept


def _thing(mention: Mention, index: int, seed: int) -> Thing:
    own = np.random.SeedSequence([seed, index, zlib.crc32(mention.subject.encode())])
    return Thing(
        subject=mention.subject, colour=mention.colour, size=mention.size,
        position=mention.position if mention.count == 1 else None, depth=mention.depth,
        attributes=frozenset(mention.attributes), seed=int(own.generate_state(1)[0]),
    )  # fmt: skip


def _setting(
    found: Findings, things: tuple[Thing, ...], style: Style | None, chance: np.random.Generator
) -> str:
    said = found.strongest("setting")
    if style is not None and style.plain_ground:
        return "studio"
    if said:
        indoors = said in ("room", "cafe", "library")
        return "tabletop" if indoors and _fit_on_a_table(things) else _combined(found, said)
    shown = found.all("feature")
    if shown & _CROPS or "planets" in shown:
        return "field" if shown & _CROPS else "space"
    if "portrait" in found.all("composition"):
        return "studio"
    if things:
        return _home(things[0].subject, found, chance)
    return _pick(tuple(s for s in _OPEN_AIR if s not in found.excluded) or _OPEN_AIR, chance)


def _with_ground(setting: str, things: tuple[Thing, ...]) -> str:
    """Open water needs a shore where something is to stand on it."""
    if setting not in ("sea", "island"):
        return setting
    rooted = [
        SUBJECTS[thing.subject]
        for thing in things
        if set(SUBJECTS[thing.subject].places) <= {"ground", "indoors"}
    ]
    if not rooted:
        return setting
    return "coast" if max(kind.height_m for kind in rooted) > 5.0 else "beach"


def _on_hilltop(things: tuple[Thing, ...], setting: str, seed: int) -> tuple[Thing, ...]:
    """A castle in the hills stands on the top of one."""
    if setting != "hills" or not things or things[0].subject not in _HILLTOP:
        return things
    lead = things[0]
    place = lead.position if lead.position is not None else (0.38, 0.5, 0.62)[seed % 3]
    crowned = replace(lead, position=place, attributes=lead.attributes | {"hilltop"})
    return (crowned, *things[1:])


def _fit_on_a_table(things: tuple[Thing, ...]) -> bool:
    """Whether all that is named is small and lies about indoors, as cups and books do."""
    kinds = [SUBJECTS[thing.subject] for thing in things]
    return bool(kinds) and all(
        kind.places[0] == "indoors" and kind.height_m <= 0.5 for kind in kinds
    )


def _features(found: Findings, setting: str) -> frozenset[str]:
    """What was named as a feature, and a lake that lies below the mountains."""
    features = found.all("feature")
    if setting == "mountains" and "lake" in found.all("setting"):
        features |= {"lake"}
    return features


def _combined(found: Findings, said: str) -> str:
    """Two settings in one prompt often make a third."""
    every = found.all("setting")
    for pair, together in (
        ({"mountains", "village"}, "village"), ({"hills", "village"}, "village"),
        ({"mountains", "lake"}, "mountains"), ({"mountains", "sea"}, "coast"),
        ({"mountains", "snowfield"}, "snowfield"), ({"mountains", "river"}, "river"),
        ({"forest", "lake"}, "lake"), ({"forest", "river"}, "river"),
        ({"forest", "waterfall"}, "waterfall"), ({"jungle", "waterfall"}, "waterfall"),
        ({"sea", "underwater"}, "underwater"), ({"sea", "beach"}, "beach"),
        ({"sea", "coast"}, "coast"), ({"sea", "island"}, "island"), ({"city", "street"}, "street"),
        ({"meadow", "mountains"}, "mountains"), ({"meadow", "hills"}, "hills"),
        ({"lake", "hills"}, "lake"), ({"room", "library"}, "library"), ({"room", "cafe"}, "cafe"),
    ):  # fmt: skip
        if pair <= every and said in pair:
            return together
    return said


def _home(subject: str, found: Findings, chance: np.random.Generator) -> str:
    places = [p for p in vocabulary().home.get(subject, ()) if p not in found.excluded]
    if places:
        return _pick(tuple(places), chance)
    first = SUBJECTS[subject].places[0]
    if first == "indoors" or (
        "indoors" in SUBJECTS[subject].places and SUBJECTS[subject].height_m < 0.35
    ):
        return "tabletop" if SUBJECTS[subject].height_m < 0.6 else "room"
    return _pick(
        {
            "water": ("lake", "sea"), "underwater": ("underwater",), "sky": ("hills", "lake"),
            "air": ("hills", "mountains", "lake"),
        }.get(first, ("meadow", "hills", "forest", "garden")),
        chance,
    )  # fmt: skip


def _time(found: Findings, weather: str, chance: np.random.Generator) -> str:
    said = found.strongest("time")
    if said:
        return said
    if found.all("feature") & _NIGHT_FEATURES:
        return "night"
    mood = found.strongest("mood")
    hours = _HOURS_OF_MOOD.get(mood, ("noon", "morning") if weather in _GREY_WEATHER else _HOURS)
    free = tuple(hour for hour in hours if hour not in found.excluded)
    return _pick(free or hours, chance)


def _weather(found: Findings, season: str, setting: str, chance: np.random.Generator) -> str:
    said = found.strongest("weather")
    if said:
        return said
    if found.strongest("mood") in ("dramatic",) and "clouds" not in found.excluded:
        return "cloudy"
    if season == "autumn" and setting in ("forest", "lake", "river") and chance.random() < 0.5:
        return "mist"
    options = ("clear", "clear", "cloudy") if "clouds" not in found.excluded else ("clear",)
    return _pick(options, chance)


def _season(found: Findings, setting: str) -> str:
    said = found.strongest("season")
    if said:
        return said
    if "snow" in found.all("weather"):
        return "winter"
    if "leaves" in found.all("feature"):
        return "autumn"
    if setting == "snowfield":
        return "winter"
    if any(mention.subject == "cherry-tree" for mention in found.mentions):
        return "spring"
    return "summer"


def _pick(options: tuple[str, ...], chance: np.random.Generator) -> str:
    return options[int(chance.integers(len(options)))]
