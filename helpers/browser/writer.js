// A model that writes, in the browser: the same tokens as helpers/predictor/writer.py draws.
import { openTokenizer } from "./bpe.js";
import { BundleError, SLICE, pause, startRuntime, verifiedReader } from "./bundle.js";
import { Dice, pick, probabilities } from "./sampling.js";
import { openSteps } from "./steps.js";

const SPOKEN = ["user", "assistant"]; // roles that the model has learned

export class PromptError extends Error {}

// Load the bundle in a folder: {config, card, metrics, bytes, tokenizer,
// seqLen, stream, read}.
export async function openWriter(folder) {
  const runtime = startRuntime();
  const read = await verifiedReader(folder);
  const text = async (name) => new TextDecoder().decode(await read(name));
  const config = JSON.parse(await text("config.json"));
  if (config.kind !== "writer") throw new BundleError("This bundle's model does not write.");
  const [content, metrics, card, file] = await Promise.all([
    text(config.tokenizer),
    text("metrics.json").then(JSON.parse),
    text("README.md"),
    read(config.models.litert),
  ]);
  const tokenizer = openTokenizer(JSON.parse(content));
  await runtime;
  const steps = await openSteps(file);
  const mark = (name) => tokenizer.special[`<|${name}|>`];
  const [end, user, assistant] = ["end", "user", "assistant"].map(mark);
  const special = new Set(Object.values(tokenizer.special));
  special.delete(end); // the others never stand in an answer
  const functions = config.functions ? JSON.parse(await text(config.functions)) : [];
  const rules = functions.length ? await import("./grammar.js") : null;
  const grammar = rules?.openGrammar(functions, tokenizer.bytes, end);

  const calling = functions.some((tool) => tool.function.name === "no_call");
  const refusal = calling ? tokenizer.encode(`{"name":"no_call","arguments":{}}`) : [];
  // nothing to refuse with where the first token does not tell this call from others
  const apart = refusal.length && tokenizer.decode([refusal[0]]).includes("no_call");
  const nothing = apart && [...refusal, end];

  // What the model reads: a text after the end of another, or turns with their marks.
  function encode(prompt) {
    if (typeof prompt === "string") return [end, ...tokenizer.encode(prompt)];
    let turns = prompt.filter(({ role }) => SPOKEN.includes(role)).map(turn);
    if (turns.at(-1)?.[0] !== user) throw new PromptError("The last message must be the user's.");
    const size = () => turns.reduce((sum, each) => sum + each.length, 0);
    while (turns.length > 1 && size() > Math.floor((steps.seqLen * 3) / 4)) {
      const next = turns.findIndex((each, i) => i && each[0] === user);
      turns = turns.slice(Math.max(1, next));
    }
    return [...turns.flat(), assistant];
  }

  function turn({ role, content }) {
    if (role === "assistant") return [assistant, ...tokenizer.encode(content), end];
    return [user, ...tokenizer.encode(grammar ? rules.spaced(content) : content)];
  }

  // Whether it is less likely that anything is asked than the bundle wants.
  function doubts(logits) {
    const most = logits.reduce((a, b) => Math.max(a, b));
    const all = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    return 1 - Math.exp(logits[nothing[0]] - most) / all < (config.threshold ?? 0);
  }

  // Write: an async iterator of pieces of text. Leave the loop, and it stops. `knobs` are those of
  // Python's `Knobs`; `writing`, if given, is told {ids, finish, promptTokens}.
  async function* stream(prompt, knobs = {}, writing = {}) {
    if (typeof prompt === "string" && config.chat) prompt = [{ role: "user", content: prompt }];
    const ids = encode(prompt);
    const room = steps.seqLen - ids.length;
    if (room < 1) {
      throw new PromptError(`This is too long: ${ids.length} tokens, and ${steps.seqLen} in all.`);
    }
    const limit = grammar && typeof prompt !== "string" ? grammar.begin(saidIn(prompt)) : null;
    const shape = { temperature: grammar ? 0 : 1, ...knobs };
    const dice = new Dice(knobs.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
    const most = Math.min(room, knobs.most ?? room);
    Object.assign(writing, { ids: [], finish: "", promptTokens: ids.length });
    const pieces = tokenizer.stream();
    let begin = performance.now();
    let planned = []; // a whole answer, where it was not sure of the one it began
    while (writing.ids.length < most) {
      const chance = dice.draw(); // one for each token, whether it is needed or not
      let token = planned.shift() ?? limit?.only() ?? null;
      if (token === null) {
        const logits = await steps.logits([...ids, ...writing.ids]);
        for (const id of special) logits[id] = -Infinity;
        limit?.narrow(logits);
        token = pick(probabilities(logits, shape), chance);
        if (limit && nothing && !writing.ids.length && doubts(logits)) {
          [token, ...planned] = nothing;
        }
      }
      if (token === end) {
        writing.finish = "stop";
        break;
      }
      limit?.add(token);
      writing.ids.push(token);
      const piece = pieces.feed(token);
      if (piece) yield piece;
      if (performance.now() - begin > SLICE) {
        await pause();
        begin = performance.now();
      }
    }
    writing.finish ||= "length";
    const rest = pieces.end();
    if (rest) yield rest;
  }

  const saidIn = (messages) =>
    messages
      .filter(({ role }) => role === "user")
      .map(({ content }) => rules.spaced(content))
      .join("\n");
  // The call that an assistant's answer is: {name, arguments}, spelled as it was said.
  const call = (answer, messages) => rules.read(answer, messages);
  const { seqLen } = steps;
  return { config, card, metrics, tokenizer, bytes: file.length, seqLen, stream, read: call };
}
