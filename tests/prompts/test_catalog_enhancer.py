"""The built-in enhancer: it adds, and never contradicts, repeats or touches what was chosen."""

import random
from itertools import islice, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgen.catalog import load_catalog
from imgen.prompts.catalog_enhancer import CatalogEnhancer
from imgen.prompts.enhance import LONGEST_PROMPT
from imgen.prompts.random_prompt import random_prompt
from imgen.prompts.syntax import ParsedPrompt, format_prompt, parse, split_terms
from imgen.prompts.vocabulary import Phrase, builtin_vocabulary, words

CATALOG = load_catalog()
ENHANCER = CatalogEnhancer(CATALOG)
VOCABULARY = builtin_vocabulary()
SEEDS = range(60)


async def added(text: str, seed: int, tone: str = "") -> str:
    """What the enhancer put after a prompt's own words."""
    before = parse(text)
    after = await ENHANCER.enhance(before, tone=tone, seed=seed)
    assert after.positive.startswith(before.positive)
    return after.positive[len(before.positive) :].lstrip(", ")


async def test_it_says_more_and_leaves_character_and_negatives_alone() -> None:
    before = parse("@aya black lingerie, on bed, -red dress")
    after = await ENHANCER.enhance(before, seed=1)
    assert (after.character, after.negatives) == (before.character, before.negatives)
    assert after.positive.startswith("black lingerie, on bed, ")
    assert len(split_terms(after.positive)) >= 5


async def test_the_same_seed_gives_the_same_and_others_differ() -> None:
    prompt = parse("a red fox in a forest")
    once = [await ENHANCER.enhance(prompt, seed=seed) for seed in SEEDS]
    assert once == [await CatalogEnhancer(CATALOG).enhance(prompt, seed=seed) for seed in SEEDS]
    assert len(set(once)) > 30


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("a harbour at night", "golden sun midday dappled morning dawn evening rays shade"),
        ("a moonlit lake", "golden sun midday dappled dawn evening daylight amber warm"),
        ("a mountain at sunrise", "moonbeams evening afterglow midday lamplight night rose"),
        ("a desert at noon", "moonbeams evening horizon dawn winter flakes rain mist shoots"),
        ("an astronaut in outer space", "grasses birds leaves moss rooftops lamplight warm"),
        ("a turtle under the sea", "grasses birds leaves lamplight window softbox evening warm"),
        ("a kitchen in a cottage", "grasses horizon powder softbox ridges towering"),
        ("snow on a wooden fence", "shoots flowers leaves grasses warm rain lichen"),
        ("black and white street scene", "colours tones palette ambers rust blues warm orange"),
        ("a logo for a bakery", "depth field rim texture grain fur blurred ridges skin warm"),
        ("oil painting of a lake", "film skin washes hatching pixel depth occlusion paper"),
        ("a haunted house, spooky", "cheer charm snug homely serene playful wonder"),
        ("a volcano at night", "moonbeams blues greys midday dappled"),
        ("a knight fighting a dragon", "graceful relaxed quiet serene"),
        ("a desert in a sandstorm", "midday birds lightning directional"),
        ("an aerial view of fields", "birds grasses ridges low path"),
        ("a calm pond", "tension energy infectious brooding motion"),
        ("a storm over the sea", "midday birds evening serene quiet gentle warm"),
        ("a portrait without warm lighting", "warm"),
        ("a room without windows at night", "window windows midday sun"),
        ("no people, empty street", "people crowd pose gaze posture"),
    ],
)
async def test_nothing_added_contradicts_the_prompt(text: str, never: str) -> None:
    for seed in SEEDS:
        said = await added(text, seed)
        assert not words(said) & words(never), said


@pytest.mark.parametrize("negative", ["warm lighting", "background", "harmonious colours", "light"])
async def test_what_the_user_does_not_want_is_not_added(negative: str) -> None:
    for seed in SEEDS:
        prompt = ParsedPrompt("", "a cat on a sofa", (negative,))
        after = await ENHANCER.enhance(prompt, seed=seed)
        new = after.positive.removeprefix("a cat on a sofa")
        assert not words(new) & words(negative)
        assert after.negatives == (negative,)


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("a fox in candlelight", "lighting"),
        ("a fox, soft lighting", "lighting"),
        ("a fox, close-up", "composition"),
        ("a fox, highly detailed", "texture"),
        ("a fox, pastel colours", "palette"),
        ("a fox, gloomy atmosphere", "mood"),
        ("a fox, blurred background", "setting"),
    ],
)
async def test_an_aspect_that_the_prompt_speaks_of_is_left_alone(text: str, aspect: str) -> None:
    of_it = next(one for one in VOCABULARY.aspects if one.name == aspect)
    phrases = {phrase.text for phrase in of_it.phrases}
    for seed in SEEDS:
        assert not phrases & set(split_terms(await added(text, seed)))


async def test_every_answer_lights_a_scene_that_says_nothing_of_light() -> None:
    lighting = next(one for one in VOCABULARY.aspects if one.name == "lighting")
    phrases = {phrase.text for phrase in lighting.phrases}
    for text in ("a cat", "a sailing boat", "a portrait of a man", "a castle on a hill"):
        for seed in SEEDS:
            assert phrases & set(split_terms(await added(text, seed)))


async def test_additions_agree_with_one_another() -> None:
    """Claims of the added phrases never lie in one group as two different facts."""
    claims = {p.text: p.claims for aspect in VOCABULARY.aspects for p in aspect.phrases}
    rng = random.Random(11)
    for seed in range(300):
        prompt = parse(random_prompt(CATALOG, rng, None if seed % 2 else ""))
        after = await ENHANCER.enhance(prompt, seed=seed)
        new = split_terms(after.positive[len(prompt.positive) :])
        claimed = frozenset[str]().union(*(claims[text] for text in new))
        stated = claimed | VOCABULARY.stated(prompt.positive)
        assert not VOCABULARY.clash(claimed, claimed)
        for group, facts in VOCABULARY.groups.items():
            assert not (claimed & facts and len(stated & facts) > 1), (group, after.positive)


async def test_enhancing_again_repeats_nothing() -> None:
    rng = random.Random(12)
    for seed in range(100):
        prompt = parse(random_prompt(CATALOG, rng))
        for _ in range(3):
            prompt = await ENHANCER.enhance(prompt, seed=seed)
        terms = split_terms(prompt.positive)
        assert len(terms) == len(set(terms))


async def test_a_tone_steers() -> None:
    after = await ENHANCER.enhance(parse("robot reading a book"), tone="anime, cozy", seed=3)
    terms = split_terms(after.positive)
    assert terms[0] == "robot reading a book"
    assert {"anime", "cel shading", "cozy"} <= set(terms)
    assert len(terms) > 4


async def test_a_tone_does_not_overrule_what_the_prompt_states() -> None:
    assert "sunny" not in await added("a harbour at night", 1, tone="sunny day")
    assert "anime" not in await added("oil painting of a lake", 1, tone="anime")
    assert "cozy" in await added("a quiet library", 1, tone="cozy")


@pytest.mark.parametrize("tone", ["@mira", "-cat, @mira", "a(b", "\\", "warm\x00\ud800", ",,,"])
async def test_a_tone_brings_no_syntax_with_it(tone: str) -> None:
    prompt = parse("@aya a cat, -dogs")
    after = await ENHANCER.enhance(prompt, tone=tone, seed=4)
    assert (after.character, after.negatives) == ("aya", ("dogs",))
    assert parse(format_prompt(after)) == after


async def test_a_bare_character_gets_a_picture_and_nothing_stays_nothing() -> None:
    alone = await ENHANCER.enhance(ParsedPrompt("aya"), seed=5)
    assert len(split_terms(alone.positive)) >= 3
    nothing = ParsedPrompt("", "", ("rain",))
    assert await ENHANCER.enhance(nothing, seed=5) == nothing


@pytest.mark.parametrize("length", [1900, 1950, 1980, 1999, 2000, 2500])
async def test_the_limit_on_length_holds(length: int) -> None:
    prompt = ParsedPrompt("aya", ("a cat " * 500)[: length - len("@aya ")].strip())
    for seed in range(10):
        after = await ENHANCER.enhance(prompt, tone="cosy, dreamy", seed=seed)
        assert len(format_prompt(after)) <= max(LONGEST_PROMPT, len(format_prompt(prompt)))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120), st.text(max_size=60), st.integers())
async def test_whatever_comes_in_what_goes_out_parses_to_itself(
    text: str, tone: str, seed: int
) -> None:
    prompt = parse(text.replace("@", ""))
    after = await ENHANCER.enhance(prompt, tone=tone, seed=seed)
    assert (after.character, after.negatives) == (prompt.character, prompt.negatives)
    assert parse(format_prompt(after)) == after


def test_the_vocabulary_names_only_conditions_that_exist() -> None:
    """A claim is a fact, and no phrase is stated twice in one aspect with the same conditions."""
    facts = frozenset[str]().union(*VOCABULARY.groups.values())
    for aspect in VOCABULARY.aspects:
        assert len(set(aspect.phrases)) == len(aspect.phrases)
        for phrase in aspect.phrases:
            assert phrase.claims <= facts, phrase
            assert not phrase.needs & phrase.excludes, phrase
            assert split_terms(phrase.text) == [phrase.text] == [parse(phrase.text).positive]


async def test_every_phrase_comes_up_for_some_prompt() -> None:
    """A phrase whose conditions are misspelt or exclude one another would never be seen."""
    for aspect in VOCABULARY.aspects:
        for phrase in aspect.phrases:
            assert await _comes_up(phrase), phrase


async def _comes_up(phrase: Phrase) -> bool:
    """Whether a prompt made of cues for the phrase's conditions ever gets it."""
    for kind in sorted(phrase.kinds) or [""]:
        cues = [_cues(condition) for condition in (*sorted(phrase.needs), kind)]
        for combination in islice(product(*cues), 60):
            text = ", ".join(filter(None, combination)) or "thing"
            for seed in range(25):
                if phrase.text in split_terms(await added(text, seed)):
                    return True
    return False


def _cues(condition: str) -> list[str]:
    """Words that state a fact or kind; a plain word states itself."""
    found = sorted(cue for cue, facts in VOCABULARY.cues.items() if condition in facts)
    return found[:12] or [condition]
