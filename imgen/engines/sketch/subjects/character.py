"""Who a drawn person is: hair, skin and clothes, from the prompt's words or else by seed."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from imgen.engines.sketch.look import RGB
from imgen.engines.sketch.subjects.colour import mix, turn
from imgen.engines.sketch.subjects.pen import Pen

_SKIN_WORDS: dict[str, tuple[int, ...]] = {
    "pale skin": (0,), "fair skin": (0,), "porcelain skin": (0,), "light skin": (0,),
    "olive skin": (2,), "tan skin": (2,), "tanned skin": (2,), "kissed skin": (2,),
    "bronze skin": (3,), "golden skin": (2,), "brown skin": (4,), "dark skin": (5,),
    "deep skin": (5,), "black skin": (5,), "ebony skin": (5,),
}  # fmt: skip
"""Which of `SKINS` a prompt asks for."""
SKINS: tuple[RGB, ...] = (
    (246, 210, 184),
    (236, 188, 154),
    (216, 162, 122),
    (184, 126, 88),
    (140, 90, 62),
    (104, 66, 48),
)
HAIR: dict[str, RGB] = {
    "black": (44, 38, 46),
    "brown": (96, 62, 44),
    "auburn": (134, 66, 42),
    "red": (186, 84, 42),
    "blonde": (222, 178, 106),
    "grey": (158, 158, 166),
    "white": (226, 224, 226),
}
CLOTHES: tuple[RGB, ...] = (
    (196, 82, 66),
    (44, 94, 118),
    (226, 164, 74),
    (86, 118, 92),
    (116, 84, 132),
    (224, 210, 186),
    (62, 76, 108),
    (204, 120, 128),
)
_WOMAN = ("woman", "female", "lady", "girl", "queen", "princess", "mother", "dress", "witch")
_MAN = ("man", "male", "gentleman", "boy", "king", "prince", "father", "beard", "bearded")


@dataclass(frozen=True, slots=True)
class Character:
    """One person's looks. Always clothed, always adult, never anyone real."""

    skin: RGB
    hair: RGB
    style: str
    """`short`, `quiff`, `bob`, `long`, `bun`, `ponytail`, `curly`, `bald` or `headscarf`."""
    feminine: bool
    top: RGB
    bottom: RGB
    garment: str
    """`crew`, `shirt`, `turtleneck`, `blazer`, `dress` or `coat`."""
    hat: str
    """`beanie`, `brim`, `cap`, `crown`, `wizard` or empty."""
    glasses: bool
    beard: bool
    scarf: bool
    smiling: bool


def _style(pen: Pen, feminine: bool) -> str:
    asked = {
        "bald": ("bald",),
        "headscarf": ("headscarf", "hijab"),
        "curly": ("curly", "afro", "curls", "curly hair"),
        "bun": ("bun", "updo"),
        "ponytail": ("ponytail", "braid"),
        "bob": ("bob",),
        "long": ("long hair", "long-haired", "long-hair", "wavy", "long haired"),
        "short": ("short hair", "short-haired", "short-hair"),
    }
    own = (
        ("bob", "long", "bun", "ponytail", "curly", "long")
        if feminine
        else ("short", "quiff", "curly", "quiff", "short")
    )
    seeded = pen.pick(own)
    if pen.has(f"not {seeded} hair", f"not {seeded}"):
        seeded = "bob" if feminine else "short"
    return next((style for style, words in asked.items() if pen.has(*words)), seeded)


def _skin(pen: Pen) -> RGB:
    seeded = pen.pick(SKINS)
    told = sorted(name for name in pen.look.attributes if name.endswith((" hair", " eyes")))
    if told:  # A person who is described looks the same in every picture.
        seeded = SKINS[zlib.crc32(" ".join(told).encode()) % 4]
    asked = (SKINS[at] for word, (at,) in _SKIN_WORDS.items() if pen.has(word))
    return next(asked, seeded)


def _hair(pen: Pen) -> RGB:
    names = tuple(HAIR)[:5]
    start = names.index(pen.pick(names))
    turned = (*names[start:], *names[:start])
    free = next((name for name in turned if not pen.has(f"not {name} hair")), turned[0])
    seeded = HAIR[free]
    old = pen.has("old", "elderly", "senior", "grandmother", "grandfather")
    words = {
        "blonde": ("blonde", "blond", "blonde hair", "golden hair"),
        "auburn": ("auburn hair",),
        "red": ("redhead", "ginger", "red hair"),
        "black": ("black hair", "dark hair"),
        "brown": ("brunette", "brown hair"),
        "grey": ("grey hair", "gray hair"),
        "white": ("white hair", "silver hair"),
    }
    asked = next((HAIR[name] for name, ways in words.items() if pen.has(*ways)), None)
    return asked or (HAIR["grey"] if old else seeded)


def _hat(pen: Pen) -> str:
    words = {
        "wizard": ("wizard", "witch", "witch hat", "wizard hat"),
        "beanie": ("beanie",),
        "cap": ("cap",),
        "crown": ("crown", "king", "queen"),
        "brim": ("hat", "fedora", "sunhat", "cowboy", "straw hat"),
    }
    if pen.has("not hat"):
        return ""
    return next((hat for hat, ways in words.items() if pen.has(*ways)), "")


def _garment(pen: Pen, feminine: bool) -> str:
    words = {
        "blazer": ("suit", "blazer", "jacket", "business", "tuxedo", "waistcoat"),
        "dress": ("dress", "gown", "sundress", "kaftan"),
        "coat": ("coat", "raincoat", "trenchcoat", "cloak", "parka", "cape", "overcoat"),
        "shirt": ("shirt", "blouse", "smock", "overalls"),
        "turtleneck": ("turtleneck", "sweater", "jumper", "pullover", "knit", "cardigan"),
    }
    seeded = pen.pick(
        ("crew", "turtleneck", "dress", "coat")
        if feminine
        else ("crew", "shirt", "turtleneck", "blazer", "coat")
    )
    return next((garment for garment, ways in words.items() if pen.has(*ways)), seeded)


def character(pen: Pen) -> Character:
    """Whom the prompt asks for; the seed decides what it leaves open."""
    seeded = pen.chance(0.5)
    feminine = not pen.has(*_MAN) and (pen.has(*_WOMAN) or seeded)
    beard = pen.chance(0.3) and not pen.has("not beard")
    skin = _skin(pen)
    top = pen.main(*CLOTHES)
    return Character(
        skin=skin,
        hair=_hair(pen),
        style=_style(pen, feminine),
        feminine=feminine,
        top=top,
        bottom=mix(turn(top, pen.pick((150, 190, 40)), 0.5), (52, 58, 78), 0.72),
        garment=_garment(pen, feminine),
        hat=_hat(pen),
        glasses=pen.has("glasses", "spectacles", "sunglasses", "eyeglasses"),
        beard=not feminine and (beard or pen.has("beard", "bearded", "moustache")),
        scarf=pen.has("scarf"),
        smiling=pen.look.mood == "happy" or pen.has("smiling", "happy", "laughing", "smile"),
    )
