"""A writer behind the server, asked by OpenAI's own client."""

import json
import threading
import time

import httpx
import openai
import pytest

from helpers import serving
from helpers.predictor.writer import Writer, open_writer
from tests.support import tiny_writer

TOKEN = "a token for tests, long enough"
PROMPT = "the film was"


def serve(name, **options):
    folder = tiny_writer.folder()
    options = {"workers": 2} | options
    return serving.create_app(lambda revision: folder / name, "v1.0", token=TOKEN, **options)


@pytest.fixture(scope="module")
def writer_url():
    with serving.running(serve("writer")) as url:
        yield url


@pytest.fixture(scope="module")
def assistant_url():
    with serving.running(serve("assistant")) as url:
        yield url


def client_of(url):
    return openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60)


@pytest.fixture
def story(writer_url):
    with client_of(writer_url) as client:
        yield client


@pytest.fixture
def home(assistant_url):
    with client_of(assistant_url) as client:
        yield client


def ask(client, text=tiny_writer.SAID, **options):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model="tiny-assistant", messages=messages, **options)


def complete(client, **options):
    return client.completions.create(model="tiny-writer", **{"prompt": PROMPT} | options)


def test_models(story):
    (model,) = story.models.list().data
    assert model.id == "tiny-writer" and story.models.retrieve("tiny-writer").id == model.id
    with pytest.raises(openai.NotFoundError, match="called 'tiny-writer'"):
        story.models.retrieve("gpt-4")


def test_a_completion_is_what_python_writes(story):
    answer = complete(story, seed=7, temperature=0.7, top_p=0.9, max_tokens=25)
    bundle = open_writer(tiny_writer.folder() / "writer")
    writing = bundle.stream(PROMPT, seed=7, temperature=0.7, top_p=0.9, most=25)
    assert answer.choices[0].text == "".join(writing)
    assert answer.choices[0].finish_reason == writing.finish
    assert answer.usage.completion_tokens == len(writing.token_ids)
    assert answer.usage.prompt_tokens == writing.prompt_tokens
    assert answer.object == "text_completion" and answer.system_fingerprint == "v1.0"


def test_a_stream_has_the_same_text_in_pieces(story):
    knobs = {"seed": 3, "max_tokens": 25}
    whole = complete(story, **knobs).choices[0]
    *events, last, usage = complete(
        story, stream=True, stream_options={"include_usage": True}, **knobs
    )
    assert len(events) > 1 and "".join(e.choices[0].text for e in events) == whole.text
    assert all(e.choices[0].finish_reason is None for e in events)
    assert last.choices[0].finish_reason == whole.finish_reason
    assert usage.choices == [] and usage.usage.completion_tokens <= 25


def test_stop_and_length(story):
    texts = {seed: complete(story, seed=seed, max_tokens=30).choices[0].text for seed in range(5)}
    seed = max(texts, key=lambda seed: len(texts[seed]))
    whole, stop = texts[seed], texts[seed][5:8]
    answer = complete(story, seed=seed, max_tokens=30, stop=[stop, "never there"]).choices[0]
    assert answer.text == whole[: whole.index(stop)] and answer.finish_reason == "stop"
    assert complete(story, seed=1).usage.completion_tokens <= 16


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 2}, "n is not possible"),
        ({"logit_bias": {"5": 3}}, "logit_bias"),
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"prompt": "word " * 300}, "room for 96"),
    ],
)
def test_what_cannot_be_done_is_said_in_their_shape(story, options, words):
    with pytest.raises(openai.BadRequestError, match=words) as caught:
        complete(story, **options)
    assert caught.value.type == "invalid_request_error"


def test_fields_that_change_nothing_are_passed_over(story):
    assert complete(story, user="me", n=1, best_of=1, logprobs=None, max_tokens=2).choices


def test_calls_are_tool_calls(home, assistant_url):
    tools = httpx.get(f"{assistant_url}/v1/tools").json()
    assert [tool["function"]["name"] for tool in tools] == ["light_set", "turn_on"]
    (choice,) = ask(home, tools=tools, tool_choice="required").choices
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    (call,) = choice.message.tool_calls
    assert call.function.name in ("light_set", "turn_on")
    assert isinstance(json.loads(call.function.arguments), dict)
    chunks = list(ask(home, tools=tools, tool_choice="required", stream=True))
    streamed = [c.choices[0].delta.tool_calls for c in chunks if c.choices[0].delta.tool_calls]
    assert streamed[0][0].function.model_dump() == call.function.model_dump()
    assert streamed[0][0].index == 0
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    one = {"type": "function", "function": {"name": "turn_on"}}
    (choice,) = ask(home, tools=tools, tool_choice=one).choices
    assert choice.message.tool_calls[0].function.name == "turn_on"
    before = [
        {"role": "user", "content": tiny_writer.SAID},
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": choice.message.tool_calls[0].id, "content": "done"},
        {"role": "user", "content": [{"type": "text", "text": "and in the hall?"}]},
    ]
    again = home.chat.completions.create(model="tiny-assistant", messages=before, tools=tools)
    assert again.usage.prompt_tokens > 20


def test_without_tools_the_call_is_the_content(home):
    (choice,) = ask(home).choices
    assert set(json.loads(choice.message.content)) == {"name", "arguments"}
    assert choice.finish_reason == "stop" and choice.message.tool_calls is None
    (choice,) = ask(home, tools=tiny_writer.FUNCTIONS[2:]).choices  # nothing may be called
    assert choice.message.content == "None of my functions does that."


def test_unknown_functions_and_wrong_routes(home, story):
    tools = [{"type": "function", "function": {"name": "fly", "parameters": {}}}]
    with pytest.raises(openai.BadRequestError, match="not learned to call fly"):
        ask(home, tools=tools)
    with pytest.raises(openai.BadRequestError, match="chat/completions"):
        home.completions.create(model="tiny-assistant", prompt="a")
    with pytest.raises(openai.BadRequestError, match="/v1/completions"):
        messages = [{"role": "user", "content": "hi"}]
        story.chat.completions.create(model="tiny-writer", messages=messages)
    with pytest.raises(openai.BadRequestError, match="last message"):
        home.chat.completions.create(
            model="tiny-assistant", messages=[{"role": "system", "content": "hi"}]
        )
    image = [{"type": "image_url", "image_url": {"url": "https://a.b"}}]
    with pytest.raises(openai.BadRequestError, match="text only"):
        ask(home, image)


def test_the_guard_stands_before_these_routes(writer_url):
    foreign = httpx.get(f"{writer_url}/v1/models", headers={"host": "evil.example"})
    assert foreign.status_code == 421 and foreign.json()["error"]["type"] == "invalid_request_error"
    large = httpx.post(f"{writer_url}/v1/completions", content=b"x" * (5 << 20))
    assert large.status_code == 413 and "bytes" in large.json()["error"]["message"]
    assert httpx.get(f"{writer_url}/v1/nothing").json()["error"]["message"].startswith("There is")
    assert httpx.post(f"{writer_url}/predict", json={"text": "a"}).status_code == 404
    assert "/v1/completions" in httpx.get(writer_url).text
    assert "chat/completions" in httpx.get(f"{writer_url}/docs").text
    assert 'slm_tokens_total{kind="written"}' in httpx.get(f"{writer_url}/metrics").text


@pytest.fixture
def slow(monkeypatch):
    """Every token takes a while; what is written is counted."""
    written = []
    draw = Writer._tokens

    def slowly(self, *arguments):
        for token in draw(self, *arguments):
            time.sleep(0.05)
            written.append(token)
            yield token

    monkeypatch.setattr(Writer, "_tokens", slowly)
    return written


@pytest.mark.parametrize("stream", [True, False])
def test_who_leaves_ends_the_answer(slow, stream):
    body = {"model": "tiny-writer", "prompt": PROMPT, "max_tokens": 90, "temperature": 0}
    with serving.running(serve("writer")) as url:
        body = {**body, "stream": stream}
        try:
            with httpx.stream("POST", f"{url}/v1/completions", json=body, timeout=1.0) as answer:
                for _ in answer.iter_lines():
                    break
        except httpx.ReadTimeout:
            pass
        time.sleep(0.5)
        count = len(slow)
        time.sleep(0.5)
        assert len(slow) == count < 60
        assert complete(client_of(url), max_tokens=2).choices  # the worker is free again


def test_a_full_house_says_so(slow):
    limits = serving.Limits(waiting=0)
    with serving.running(serve("writer", workers=1, limits=limits)) as url:
        busy = threading.Thread(target=complete, args=(client_of(url),), kwargs={"max_tokens": 40})
        busy.start()
        time.sleep(0.5)
        with pytest.raises(openai.APIStatusError) as caught:
            complete(client_of(url))
        assert caught.value.status_code == 503 and caught.value.code == "server_busy"
        busy.join()


def test_versions_of_other_kinds_are_not_switched_to(tmp_path):
    folder = tiny_writer.folder()
    app = serving.create_app(lambda revision: folder / revision, "writer", token=TOKEN, workers=1)
    with serving.running(app) as url:
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = httpx.post(f"{url}/admin/switch", json={"revision": "assistant"}, headers=headers)
        assert answer.status_code == 409 and "answers calls" in answer.json()["error"]
