"""A writer: streaming, stopping, remembering; calls; bundles; the chat in a terminal."""

import io
import json
import shutil

import numpy as np
import pytest

from helpers.predictor import calls, load_predictor, load_writer, steps
from helpers.predictor.chat import Chat, main, shown, talk
from helpers.predictor.checksums import BundleError, write_checksums
from helpers.predictor.writer import PromptError, Writer, open_writer
from helpers.predictor.writing import Knobs
from tests.support import tiny_writer

TEXT = "the film was a film"


@pytest.fixture(scope="module")
def bundles():
    return tiny_writer.folder()


@pytest.fixture
def writer(bundles):
    return open_writer(bundles / "writer")


@pytest.fixture
def assistant(bundles):
    return open_writer(bundles / "assistant")


def scripted(text, functions=(), **config):
    """A writer whose model wants to say one text and then end."""
    tokenizer = tiny_writer.tokenizer()
    ids = [*tokenizer.encode(text).ids, 0]
    seen = []

    def run(arrays):
        row, start = arrays["token_ids"][0], int(arrays["start"][0])
        seen.append((start, row.tolist()))
        logits = np.zeros((1, len(row), tokenizer.get_vocab_size()), "float32")
        for i in range(len(row)):
            written = start + i + 1 - run.prompt
            logits[0, i, ids[min(max(written, 0), len(ids) - 1)]] = 50.0
        return {"logits": logits, "keys": arrays["keys"], "values": arrays["values"]}

    made = Writer(tokenizer, steps.Steps(run, (1, 1, 1, 96, 1), (16, 1)), config, list(functions))
    made.run, made.seen = run, seen
    return made


def say(made, prompt, **knobs):
    made.run.prompt = len(made.encode(prompt))
    return made.stream(prompt, **{"temperature": 0.0} | knobs)


def test_whole_characters_come_one_after_the_other():
    pieces = list(say(made := scripted("élan 电影!"), "so"))
    assert "".join(pieces) == "élan 电影!" and len(pieces) > 3
    assert all("\ufffd" not in piece for piece in pieces)
    assert made.seen[0][0] == 0 and made.seen[0][1][:1] == [0]


def test_what_was_read_is_not_read_again():
    made = scripted("ab")
    list(say(made, TEXT))
    count = len(made.seen)
    writing = say(made, TEXT)
    list(writing)
    assert writing.cached_tokens == writing.prompt_tokens - 1
    assert len(made.seen) == count + 3  # the last of the prompt, and what was written
    assert all(len(row) == 1 for _, row in made.seen[count:])


def test_stop_texts_and_limits():
    assert "".join(say(scripted("one two three"), "x", stop=("tw",))) == "one "
    assert "".join(say(scripted("one two three"), "x", stop=("two three four",))) == "one two three"
    writing = say(scripted("one two three"), "x", stop=("two",))
    assert "".join(writing) == "one " and writing.finish == "stop"
    writing = say(scripted("one two three"), "x", most=2)
    assert list(writing) and writing.finish == "length" and len(writing.token_ids) == 2


def test_leaving_and_interrupting_stop_the_model():
    made = scripted("one two three four")
    for _ in say(made, "x"):
        break
    asked = len(made.seen)
    writing = say(made, "x")
    next(writing)
    writing.interrupt()
    assert list(writing) == [] and writing.finish == "interrupted"
    assert len(made.seen) <= asked + 2


@pytest.mark.parametrize("format", ["litert", "onnx", "keras"])
def test_the_same_seed_gives_the_same_words(bundles, format):
    first, second = (open_writer(bundles / "writer", format) for _ in range(2))
    written = first.write(TEXT, seed=3, most=30)
    assert written == first.write(TEXT, seed=3, most=30) == second.write(TEXT, seed=3, most=30)
    assert written != first.write(TEXT, seed=4, most=30)
    assert first.write(TEXT, most=30) != first.write(TEXT, most=30)


def test_marks_of_turns_are_never_drawn_nor_typed(writer):
    assert not {1, 2, 3} & {*writer.encode("<|user|><|pad|> <|assistant|>")}
    for seed in range(5):
        assert not {0, 1, 2, 3} & {*(w := writer.stream("", seed=seed, temperature=5.0)).token_ids}
        list(w)
        assert not {1, 2, 3} & {*w.token_ids}


def test_prompts_that_cannot_be_read(writer, assistant):
    with pytest.raises(PromptError, match="room for 96"):
        writer.stream("many words " * 90)
    with pytest.raises(PromptError, match="not learned to answer"):
        writer.stream([{"role": "user", "content": "hi"}])
    with pytest.raises(PromptError, match="must be one of the user"):
        assistant.stream([{"role": "assistant", "content": "hi"}])
    with pytest.raises(BundleError, match="no functions"):
        writer.call("hi")
    assert "".join(writer.stream("half \ud800 a character", most=3)) is not None


def test_every_answer_is_a_call(assistant):
    for said in (tiny_writer.SAID, "", "电影", "what?!"):
        call = assistant.call(said, temperature=0.0)
        assert call["name"] in {f["function"]["name"] for f in tiny_writer.FUNCTIONS}
    for seed in range(8):
        call = assistant.call(tiny_writer.SAID, temperature=2.0, seed=seed)
        for value in call["arguments"].values():
            assert isinstance(value, int) or value in tiny_writer.SAID  # spelled as it was said


def test_a_doubtful_call_is_none():
    call = '{"name":"light_set","arguments":{"brightness": 40}}'
    made = scripted(call, tiny_writer.FUNCTIONS, chat=True)
    asked = [{"role": "user", "content": "dim it to 40"}]
    made.run.prompt = len(made.encode(asked))
    assert made.call(asked) == json.loads(call)
    made.config["threshold"] = 1.1
    assert made.call(asked)["name"] == calls.NO_CALL
    chosen = made.answer(asked, Knobs(0.0), tiny_writer.FUNCTIONS[:1])
    assert json.loads("".join(chosen))["name"] == "light_set"  # one must be called


def test_whoever_hesitates_between_two_calls_was_asked_for_one():
    made = scripted('{"name":"light_set","arguments":{}}', tiny_writer.FUNCTIONS, chat=True)
    made.config["threshold"], run, shown = 0.9, made.steps.run, {}
    asked = [{"role": "user", "content": "dim it"}]
    made.run.prompt = len(made.encode(asked))

    def hesitant(arrays):
        out = run(arrays)
        for name, logit in shown.items():
            token = made.tokenizer.token_to_id(f'{{"name":"{name}","arguments":{{')
            out["logits"][..., token] = logit
        return out

    made.steps.run = hesitant
    shown["turn_on"] = 49.9
    assert made.call(asked)["name"] == "light_set"
    shown[calls.NO_CALL] = 49.0
    assert made.call(asked)["name"] == calls.NO_CALL


def test_old_turns_are_left_out_when_there_is_no_room(assistant):
    long = [{"role": "user", "content": "light " * 8}, {"role": "assistant", "content": "{}"}] * 9
    ids = assistant.encode([*long, {"role": "user", "content": "kitchen"}])
    assert len(ids) < 80 and ids[0] == assistant.user and ids[-1] == assistant.assistant
    system = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "kitchen"}]
    assert assistant.encode(system) == assistant.encode(system[1:])


def test_a_call_of_a_client_is_read_as_it_was_written(assistant):
    call = {"name": "light_set", "arguments": {"area": "Kitchen", "brightness": 4}}
    written = calls.written(call, tiny_writer.FUNCTIONS)
    function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
    said, then = {"role": "user", "content": "a"}, {"role": "user", "content": "b"}
    ways = [
        {"role": "assistant", "content": None, "tool_calls": [{"function": function}]},
        {"role": "assistant", "content": json.dumps(call)},
    ]
    expected = [*assistant.tokenizer.encode(written).ids, assistant.end]
    for way in ways:
        ids = assistant.encode([said, way, then])
        at = ids.index(assistant.assistant) + 1
        assert ids[at : at + len(expected)] == expected


def test_bundles_are_verified(bundles, tmp_path):
    shutil.copytree(bundles / "assistant", tmp_path / "v1.0")
    with pytest.raises(BundleError, match="load_writer"):
        load_predictor(tmp_path / "v1.0")
    bundle = tmp_path / "v1.0"
    (bundle / "functions.json").write_text("[]")
    with pytest.raises(BundleError, match="altered"):
        load_writer(tmp_path / "v1.0")
    (bundle / "checksums.sha256").unlink()
    write_checksums(bundle)
    assert load_writer(tmp_path, "v1.0").grammar is None
    (bundle / "model.tflite").write_bytes(b"no model")
    (bundle / "checksums.sha256").unlink()
    write_checksums(bundle)
    with pytest.raises(BundleError, match="cannot be opened"):
        load_writer(tmp_path / "v1.0")


def test_a_chat_remembers(assistant, writer):
    chat = Chat(assistant)
    list(chat.say(tiny_writer.SAID))
    list(chat.say("and off"))
    assert chat.writing.cached_tokens > 10 and len(chat.messages) == 4
    assert chat.call()["name"]
    story = Chat(writer, {"seed": 0, "most": 4})
    list(story.say("The film"))
    text = story.text
    list(story.say("was"))
    assert story.text.startswith(text + " was") and story.call() is None


def test_talk_in_a_terminal(assistant):
    output = io.StringIO()
    talk(Chat(assistant), iter([tiny_writer.SAID, "", "/new", "x " * 200]), output)
    first, second, third, *_ = output.getvalue().splitlines()
    assert first.startswith('{"name":') and second.startswith("  = ")
    assert "Send a shorter one" in third
    assert shown({"name": "a", "arguments": {"b": "c", "d": 1}}) == "a(b='c', d=1)"


def test_ctrl_c_ends_the_answer_and_not_the_talk(monkeypatch):
    made = scripted("one two three")
    made.run.prompt = 1
    chat = Chat(made, {"temperature": 0.0})
    say_as_usual = chat.say

    def interrupted(said):
        for i, piece in enumerate(say_as_usual(said)):
            if i == 1:
                raise KeyboardInterrupt
            yield piece

    monkeypatch.setattr(chat, "say", interrupted)
    output = io.StringIO()
    talk(chat, iter(["a", "b"]), output)
    assert output.getvalue().count(" …") == 2


def test_the_command_says_what_is_wrong(bundles, tmp_path, capsys, monkeypatch):
    assert main([str(tmp_path / "nothing")]) == 2
    assert "error:" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tiny_writer.SAID}\n"))
    assert main([str(bundles / "assistant")]) == 0
    assert '{"name":' in capsys.readouterr().out
