// The page: a text in, a verdict and the words behind it out, at every pause of the typing.
import { fetchFile, influences, measure, openBundle, pieces } from "./classifier.js";
import { LONGEST_TEXT } from "./hashing.js";

const PAUSE = 80; // milliseconds without a key before the model is asked
const FAINT = 0.05; // changes of the log-odds below this are not shown
const PLAIN = 1 / 8; // nor marked below this part of the strongest one
const TOP = 6; // words listed for each label

const $ = (id) => document.getElementById(id);
const signed = (x) => `${x < 0 ? "\u2212" : "+"}${Math.abs(x).toFixed(2)}`;
const percent = (p) => (p > 0.995 ? "over 99 %" : `${Math.round(100 * p)} %`);

function element(tag, text, attributes = {}) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.textContent = text; // texts are shown, never read as HTML
  return made;
}

function showVerdict(labels, probability) {
  const known = probability !== null;
  const which = known && probability >= 0.5 ? 1 : 0;
  const verdict = known
    ? `${labels[which]}, ${percent(which ? probability : 1 - probability)}`
    : "Type or choose a text.";
  if ($("verdict").textContent !== verdict) $("verdict").textContent = verdict; // said once
  $("scale").dataset.side = known ? which : "";
  $("scale").style.setProperty("--at", `${100 * (known ? probability : 0.5)}%`);
}

function mark(word, change, strongest, labels) {
  const side = change > 0 ? 1 : 0;
  const strength = Math.min(3, Math.ceil((3 * Math.abs(change)) / strongest));
  const title = `${word}: ${signed(change)}, speaks for ${labels[side]}`;
  return element("mark", word, { className: `side-${side} strength-${strength}`, title });
}

function showWords(labels, text, changes) {
  const strongest = Math.max(FAINT, ...[...changes.values()].map(Math.abs));
  $("reading").replaceChildren(
    ...pieces(text, changes).map(([piece, change]) =>
      Math.abs(change) < Math.max(FAINT, PLAIN * strongest) ? piece : mark(piece, change, strongest, labels),
    ),
  );
  for (const side of [0, 1]) {
    const sign = side ? 1 : -1;
    const words = [...changes].filter(([, change]) => sign * change >= FAINT);
    words.sort((a, b) => sign * (b[1] - a[1]));
    const rows = words.slice(0, TOP).map(([word, change]) => {
      const row = element("li", "");
      row.append(element("span", word), element("span", signed(change), { className: "number" }));
      return row;
    });
    $(`top-${side}`).replaceChildren(...(rows.length ? rows : [element("li", "none")]));
  }
}

function showFacts({ config, card, metrics, tokenizer, bytes }, page) {
  document.title = `${config.name}: a model in your browser`;
  const row = metrics.interval ? metrics : null;
  const facts = {
    model: config.name,
    version: page.version ?? "not published yet",
    size: `${bytes.toLocaleString("en")} bytes`,
    accuracy: row
      ? `${(100 * row.accuracy).toFixed(1)} % on ${row.n.toLocaleString("en")} test texts ` +
        `(95 % interval ${row.interval.map((x) => (100 * x).toFixed(1)).join(" to ")})`
      : "see the card",
    reads: `the first ${tokenizer.max_words} words and marks, and the last ${tokenizer.tail}`,
    runtime: page.runtime,
  };
  for (const [id, fact] of Object.entries(facts)) $(id).textContent = fact;
  for (const side of [0, 1]) {
    for (const place of document.querySelectorAll(`.label-${side}`)) {
      place.textContent = config.labels[side];
    }
  }
  const limits = card.split(/^## Limits$/m)[1]?.split(/^## /m)[0].match(/^- .+$/gm);
  $("limits").replaceChildren(
    ...(limits ?? ["- The card names none."]).map((limit) => element("li", limit.slice(2))),
  );
  $("card").textContent = card.replace(/^---\n[^]*?\n---\n+/, "");
}

function showExamples(examples, choose) {
  $("examples").replaceChildren(
    ...examples.map((text) => {
      const button = element("button", text, { type: "button" });
      button.addEventListener("click", () => choose(text));
      return button;
    }),
  );
}

async function start() {
  const page = await (await fetchFile(new URL("page.json", document.baseURI))).json();
  const bundle = await openBundle(new URL("model/", document.baseURI));
  const { labels } = bundle.config;
  let turn = 0;

  async function answer() {
    const mine = ++turn;
    const isStale = () => mine !== turn;
    const text = $("text").value.replaceAll("<br />", "\n");
    $("too-long").hidden = new TextEncoder().encode(text).length <= LONGEST_TEXT;
    if (!text.trim()) {
      showVerdict(labels, null);
      return showWords(labels, "", new Map());
    }
    const probability = await bundle.predict(text);
    if (isStale()) return;
    showVerdict(labels, probability);
    const changes = await influences(bundle, text, isStale);
    if (isStale()) return;
    showWords(labels, text, changes);
    const microseconds = await measure(bundle, text);
    if (!isStale()) $("time").textContent = `${Math.round(microseconds)} µs, mean of 50`;
  }

  const attempt = () => answer().catch(fail);
  let timer;
  $("text").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(attempt, PAUSE);
  });
  showFacts(bundle, page);
  showExamples(page.examples, (text) => {
    $("text").value = text;
    attempt();
  });
  $("longest").textContent = LONGEST_TEXT.toLocaleString("en");
  $("text").maxLength = LONGEST_TEXT; // in characters: of one byte or more
  $("text").disabled = false;
  $("problem").hidden = true;
  document.body.dataset.state = "ready";
  await attempt();
}

function fail(error) {
  console.error(error);
  $("problem").textContent = `The model cannot be used. ${error.message}`;
  $("problem").hidden = false;
  $("verdict").textContent = "No model.";
  $("text").disabled = true;
  document.body.dataset.state = "failed";
}

start().catch(fail);
