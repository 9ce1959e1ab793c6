"""Conversations of two turns: a command, and then “and in the kitchen?”.

The second turn means the first call with one thing changed. Its phrases are cut into the parts, as
templates and values are.
"""

from random import Random

from helpers.data.intents import choice
from helpers.predictor import calls
from helpers.writer import made_up
from helpers.writer.assistant import Turn
from helpers.writer.home_calls import Said, values
from helpers.writer.home_phrases import FOLLOW_UPS
from helpers.writer.home_talk import cut

SAME_AGAIN = (  # functions of which one may say: the same for another room or device
    "turn_on turn_off light_set set_position climate_set_temperature climate_get_temperature "
    "fan_set_speed set_volume set_volume_relative media_pause media_unpause media_next get_state "
    "media_player_mute vacuum_clean_area climate_set_fan_mode"
)


def conversations(
    said: list[Said], part: str, count: int, *, words: str = "", invent: float = 0.0, seed: int = 0
) -> list[list[Turn]]:
    """Return up to `count` conversations of two turns that begin with some of the sentences.

    Args:
        said: first turns to choose from.
        part: whose phrases for the second turn.
        count: how many.
        words: whose values for the second turn; by default the part's own.
        invent: which share of them is made up (of training only).
        seed: of the draws.
    """
    random = Random(f"turns {part} {seed}")
    found: list[list[Turn]] = []
    for first in sorted(said, key=lambda each: random.random()):
        second = _second(first, part, words or part, invent, random)
        if second and len(found) < count:
            found.append([(first.text, first.call), second])
    return found


def _second(first: Said, part: str, words: str, invent: float, random: Random) -> Turn | None:
    call, language = first.call, first.language
    changed = "area" if "area" in call["arguments"] else "name"
    if call["name"] not in SAME_AGAIN.split():
        return None
    if call["name"] == "turn_on" and random.random() < 0.3:
        phrase = choice(cut(FOLLOW_UPS[language]["off"], part), random)
        return phrase, {**call, "name": "turn_off"}
    if changed not in call["arguments"]:
        return None
    phrase = choice(cut(FOLLOW_UPS[language][changed], part), random)
    kind = "area" if changed == "area" else choice(first.kinds or ("light",), random)
    value = choice(values(language, kind, words), random)
    if random.random() < invent:
        value = made_up.value(language, kind, value, random)
    if calls.spaced(value) == calls.spaced(call["arguments"][changed]):
        return None
    return phrase.format(value), {**call, "arguments": call["arguments"] | {changed: value}}
