// The page of a writer: words in, words out while they are written, with a button that stops them.
import { fetchFile } from "./bundle.js";
import { PromptError, openWriter } from "./writer.js";

const UNKNOWN = { lang: "", dir: "auto" }; // the language of texts: not the page's
const $ = (id) => document.getElementById(id);
const KNOBS = ["temperature", "top_p", "seed", "most"];

function element(tag, text, attributes = {}) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.textContent = text; // texts are shown, never read as HTML
  return made;
}

function line(className, text = "") {
  const made = element("p", text, { ...UNKNOWN, className });
  $("talk").append(made);
  return made;
}

function knobs() {
  const value = (id) => Number($(id).value);
  const all = Object.fromEntries(KNOBS.map((id) => [id, value(id)]));
  return { ...all, seed: Math.trunc(all.seed), most: Math.max(1, Math.trunc(all.most) || 1) };
}

// `light_set(area="kitchen", brightness=40)`
function shown({ name, arguments: given }) {
  const parts = Object.entries(given).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}(${parts.join(", ")})`;
}

function showFacts({ config, card, bytes, seqLen }, page) {
  document.title = `${config.name}: a model that writes, in your browser`;
  const facts = {
    model: config.name,
    version: page.version ?? "not published yet",
    size: `${bytes.toLocaleString("en")} bytes`,
    remembers: `${seqLen} tokens, what it writes among them`,
    runtime: page.runtime,
  };
  for (const [id, fact] of Object.entries(facts)) $(id).textContent = fact;
  const limits = card.split(/^## Limits$/m)[1]?.split(/^## /m)[0].match(/^- .+$/gm);
  $("limits").replaceChildren(
    ...(limits ?? ["- The card names none."]).map((limit) =>
      element("li", limit.slice(2).replaceAll("`", "")),
    ),
  );
  $("card").textContent = card.replace(/^---\n[^]*?\n---\n+/, "");
}

async function start() {
  const page = await (await fetchFile(new URL("page.json", document.baseURI))).json();
  const writer = await openWriter(new URL("model/", document.baseURI));
  const { chat, functions } = writer.config;
  let messages = [];
  let text = ""; // of a model that goes on with one
  let stopped = true;

  async function write() {
    const said = $("text").value;
    if (!stopped || !(said.trim() || (!chat && text))) return;
    stopped = false;
    $("text").value = "";
    if (said) line("mine", said);
    const answer = line("answer");
    const asked = [...messages, { role: "user", content: said }];
    const gap = text && /^[\p{L}\p{N}]/u.test(said) ? " " : "";
    const prompt = chat ? asked : text + gap + said;
    const writing = {};
    toggle(true);
    const begin = performance.now();
    let first = null;
    try {
      for await (const piece of writer.stream(prompt, functions ? {} : knobs(), writing)) {
        first ??= performance.now() - begin;
        answer.textContent += piece;
        if (stopped) break;
      }
    } catch (error) {
      if (!(error instanceof PromptError)) throw error;
      answer.textContent = error.message;
      forget();
    }
    const seconds = (performance.now() - begin) / 1000;
    const written = answer.textContent;
    if (chat) messages = [...asked, { role: "assistant", content: written }];
    else text = prompt + written;
    if (functions && writing.finish === "stop") {
      line("call", shown(writer.read(written, asked)));
    }
    const count = writing.ids?.length ?? 0;
    $("speed").textContent =
      `${count} tokens in ${seconds.toFixed(2)} s, ${Math.round(count / seconds)} a second; ` +
      `the first after ${Math.round(first ?? 0)} ms.`;
    stopped = true;
    toggle(false);
  }

  function forget() {
    messages = [];
    text = "";
  }

  function toggle(writes) {
    document.body.dataset.writes = writes;
    $("stop").disabled = !writes;
    for (const id of ["write", "new", "text"]) $(id).disabled = writes;
    if (!writes) $("text").focus();
  }

  const attempt = () => write().catch(fail);
  $("write").addEventListener("click", attempt);
  $("stop").addEventListener("click", () => (stopped = true));
  $("new").addEventListener("click", () => {
    forget();
    $("talk").replaceChildren();
  });
  $("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    attempt();
  });
  for (const id of ["temperature", "top_p"]) {
    const show = () => ($(`${id}-shown`).textContent = Number($(id).value).toFixed(2));
    $(id).addEventListener("input", show);
    show();
  }
  if (chat) $("task").textContent = "It answers what you say.";
  if (functions) {
    $("task").textContent = "It answers what you say with a call of a function.";
    $("knobs").hidden = true;
  }
  showFacts(writer, page);
  $("examples").replaceChildren(
    ...page.examples.map((example) => {
      const button = element("button", example, { type: "button", ...UNKNOWN });
      button.addEventListener("click", () => {
        if (!stopped) return;
        $("text").value = example;
        attempt();
      });
      return button;
    }),
  );
  $("problem").hidden = true;
  toggle(false);
  document.body.dataset.state = "ready";
}

function fail(error) {
  console.error(error);
  $("problem").textContent = `The model cannot be used. ${error.message}`;
  $("problem").hidden = false;
  $("text").disabled = true;
  document.body.dataset.state = "failed";
}

start().catch(fail);
