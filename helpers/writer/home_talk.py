"""Sentences that are no commands: small talk, trivia, reviews, and talk about a home.

Of the packaged dialogues the files (topics) are cut into the parts, of the reviews the films and
the blocks that the core cuts, of house talk the phrases.
"""

from collections.abc import Iterator
from functools import cache
from random import Random

import pandas as pd
import yaml

from helpers.data import chinese_reviews, imdb, intents, packages, parts
from helpers.writer.home_phrases import HOUSE_TALK

PACKAGE, VERSION = "chatterbot-corpus", "1.3.3"
LONGEST = 20  # words, or Chinese characters, of a sentence
HELD_OUT = {"test": 0.25, "validation": 0.15}  # of the phrases of house talk
FOLDERS = {"en": "english", "de": "german", "fr": "french", "zh": "chinese"}
TOPICS = {  # language -> part -> topic and the file's SHA-256
    "en": {
        "train": "ai 620a65787a56641db4a03e1419a7578e813967218cf6721e3ea4ef90844916aa "
        "botprofile 1a694c5288f3f8f87d027d2f98dae71d02efa88e28853a6e5d27e6dbce907294 "
        "conversations 1cf105b5802f377b2dc145f741f7df85629c9ca27e450538165286a75b5e3416 "
        "emotion 510a018938c1880dd0f67e1ae458e26878c91a570daef5a84fb83713c89f0989 "
        "gossip d6f1b1613ed70821fc1c427bdd00395f58b77ff57d76fbe4ab8cb2038cf15c9b "
        "greetings 0dd7eb8dcee8e2a38cd1a137bcfbd7f3eb732cddfa1bd396fac5a24b063a4d55 "
        "humor d2aa03a63f0e8e054589f642788afbc41b8c76f5d734c50901a9a63b359ea06b",
        "validation": "food 68eab2497721d03044d520b70c27d8a0d8ba8e505b3265fb3a1ff3e1a64c7124 "
        "money 2911d9766625ff5c2feb3d784f2951b2ebd5e9658547efce7568d0282c49274b "
        "sports 8d1bcc632cad4058e3b8490daa15dcd7c2a51790a7b9140b252600b794590403 "
        "politics c436d5efedea6f715a8a811423a8edf396097771eb11e43b1f0a43a6aee7c2f0",
        "test": "computers a222c5a432efe4289e6c5edf1c3d99fd26c48df99db0ff893d1d5ab569f5b750 "
        "literature 9361ff1478273d811259ca307a1e6be23a5e08e776a5bc5d9524fb13deb886f1 "
        "psychology 5047c211d35f715af4fbc3398f111135e99d34afcd0905a661c40bdeb1413a58 "
        "trivia 3a9de77e6d82803d1ea3eba48cf6543c884908f4c4f50501fed69f88112994dc",
    },
    "de": {
        "train": "conversations 6e193e3ddea7487bd3d811df9b2146b18a9f4b4e8f5a4444e5306bf486f37012 "
        "movies 7077b6e851b7560c7c4a1faeda1e2af7f6787268c34e74f6f14ffe89e70277f3",
        "validation": "food 7b0a25b7eda4f621202b6224614746f24f5c382d2c3040ac065684e808515309",
        "test": "greetings c2bec7ad9e399ce463c48145913df05d62dcdb721a262fee92b0a32e01787b84 "
        "history 2187a91120eb614c486f7c48e2df52f8861c9c3adc03ad0f141991df52c89c6a",
    },
    "fr": {
        "train": "conversations d805aa4bad35e323cc6b61893a4ffe8fad99b53fd224251bfc5c305729cb67bc "
        "botprofile a4377c8e9a2c8ae7fb6409202b84e4b3c536c15f989971e492ee81bd30406890",
        "validation": "food 286654901aad63098d09f60ec71adac16ccfc046fdfc1b44f247e0ee247b792a",
        "test": "greetings 0025d510fd3f491ebe35c3623f7bc47220678f9eee2ed98c5791859593747790 "
        "trivia d8e91de58d529e1eb64d6f8bb517efc389b4232fe786730276fcb17c22e44d22",
    },
    "zh": {
        "train": "ai 2bcf4865be21fe3617cc32bb6f7322e3b976fc367600c28c39f9d666713e26fc "
        "conversations b689bacb7b35467c5340f18b32a363a3affb76747c0e6bba78c17bbd15fafb66 "
        "emotion b49abd01b2102d187dbb0d83ad989115d641d9b6798fa098adde2e7922ea4dff "
        "humor c0b0b7a819d87e22d7ce4af11ffd8545692cfa7632bc66658a537db6ec22dc95",
        "validation": "money 25b942878b8eed6fa3ef6a3cc3400323c5278dc37ee43c1ae31e818af6284574 "
        "politics c7b2b23eeacf1bbeeff5ce9a767b76e6c7df81068850b03d79a48f4064f5df97",
        "test": "literature 823ce961391461ddfbde987f766082d39cee02349fd6adc1e686b761eec9e9e1 "
        "science 5491bac9e5a6deaece06138fc235e9387e26bb73730b32afe43b5f28fb79ba15 "
        "psychology 4ab365ccfc38b078269a75bbc7beb5a88bacad1340ee2cdb008924d8bcb4317e "
        "trivia 46c1f8bd45d3d3e0c7f7644e7a1d9f8f23d2ecdf7f57bcb0709b355eabd114f2",
    },
}


def small_talk(language: str, part: str) -> list[str]:
    """Return what is said in the dialogues of a part's topics, each sentence once."""
    found = TOPICS[language][part].split()
    texts: dict[str, None] = {}
    for topic, digest in zip(found[::2], found[1::2], strict=True):
        name = f"data/{FOLDERS[language]}/{topic}.yml"
        content = yaml.safe_load(packages.read_file(PACKAGE, VERSION, name, digest))
        for conversation in content["conversations"]:
            for said in conversation if isinstance(conversation, list) else [conversation]:
                texts |= dict.fromkeys(_short(str(said), language))
    return list(texts)


def reviews(language: str, part: str, count: int) -> list[str]:
    """Return sentences of a part's reviews, English ones of films, Chinese ones of goods."""
    texts = sorted(_review_texts(language, part), key=parts.digest)[:count]
    return [line for text in texts for line in [*_short(text, language)][:1]]


def no_commands(language: str, part: str, count: int, things: list[str], seed: int) -> list[str]:
    """Return up to `count` sentences that ask for nothing; every second is about `things`."""
    talk = small_talk(language, part) + reviews(language, part, count)
    about = house_talk(language, part, things, count // 2, seed)
    return Random(seed).sample(talk, min(len(talk), count - len(about))) + about


@cache
def _review_texts(language: str, part: str) -> list[str]:
    if language == "en":
        return _films()[part]["text"].tolist()
    if language != "zh":
        return []
    lines, turns = chinese_reviews.packaged_lines(), {"train": 0, "validation": 4, "test": 8}
    return lines.loc[lines["block"] % chinese_reviews.EVERY == turns[part], "text"].tolist()


@cache
def _films() -> dict[str, pd.DataFrame]:
    return imdb.film_aligned_split(imdb.packaged_reviews())


def house_talk(language: str, part: str, words: list[str], count: int, seed: int) -> list[str]:
    """Return phrases about rooms and devices, none of which asks for anything."""
    phrases = cut(HOUSE_TALK[language], part)
    random = Random(f"{language} {part} {seed}")
    return [
        intents.choice(phrases, random).format(intents.choice(words, random)) for _ in range(count)
    ]


def cut(phrases: str, part: str) -> list[str]:
    """Return a part's phrases of a list: the last are the test's, those before validation's."""
    listed = phrases.split("|")
    test = max(1, round(HELD_OUT["test"] * len(listed)))
    validation = max(1, round(HELD_OUT["validation"] * len(listed)))
    return {
        "train": listed[: -test - validation],
        "validation": listed[-test - validation : -test],
        "test": listed[-test:],
    }[part]


def _short(text: str, language: str) -> Iterator[str]:
    """Yield the sentences of a text that are neither long nor nearly nothing."""
    for mark in ("<br />", "\n", "!", "?", "。", "！", "？", "；"):
        text = text.replace(mark, ". ")
    for sentence in text.split(". "):
        line = " ".join(sentence.split()).strip(". ")
        size = len(line) if language == "zh" else len(line.split())
        if 2 <= size <= LONGEST:
            yield line
