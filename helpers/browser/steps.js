// A decoder in the browser: some tokens and a cache in, logits and the cache out, as
// helpers/predictor/steps.py has it. What was read stays in the cache, in the runtime's memory.
import { BundleError } from "./bundle.js";
import { Tensor, loadAndCompile } from "./litert/core.js";

// Open a `.tflite` file with the signatures `prefill` and `decode`, as bytes.
export async function openSteps(file) {
  const model = await loadAndCompile(file, { accelerator: "wasm" });
  const { prefill, decode } = model.signatures;
  if (!prefill || !decode) throw new BundleError("The model has not the signatures of a writer.");
  const shapeOf = (runner, name) => [
    ...runner.getInputDetails().find((each) => each.name === name).shape,
  ];
  const shape = shapeOf(decode, "keys");
  const runners = [prefill, decode].map((run) => ({ run, size: shapeOf(run, "token_ids")[1] }));
  const zeros = () => new Tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const seqLen = shape[3];
  let read = []; // the tokens in the cache
  let cache = { keys: zeros(), values: zeros() };

  // How many tokens at the beginning are in the cache; the last is always read.
  function inCommon(ids) {
    const most = Math.min(read.length, ids.length - 1);
    for (let i = 0; i < most; i++) if (read[i] !== ids[i]) return i;
    return most;
  }

  // The logits of what follows these tokens, a Float32Array [vocab_size].
  async function logits(ids) {
    if (!ids.length || ids.length > seqLen) throw new RangeError(`It reads 1 to ${seqLen} tokens.`);
    let start = inCommon(ids);
    read.length = start;
    let last;
    while (start < ids.length) {
      const left = ids.length - start;
      const { run, size } = runners.find((each) => each.size <= left || left > 1);
      const part = ids.slice(start, start + size);
      const row = new Int32Array(size); // what is read beyond the end is written over
      row.set(part);
      const inputs = {
        token_ids: new Tensor(row, [1, size]),
        start: new Tensor(Int32Array.of(start), [1]),
      };
      const out = await run.run({ ...inputs, ...cache });
      start += part.length;
      read.push(...part);
      if (start === ids.length) {
        const all = out.logits.toTypedArray();
        const width = all.length / size;
        last = all.slice((part.length - 1) * width, part.length * width);
      }
      // memory of the runtime is not collected by JavaScript
      for (const tensor of [...Object.values(inputs), ...Object.values(cache), out.logits]) {
        tensor.delete();
      }
      cache = { keys: out.keys, values: out.values };
    }
    return last;
  }

  return { seqLen, logits, inCommon };
}
