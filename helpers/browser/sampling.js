// Drawing the next token, as helpers/predictor/sampling.py does: the same dice, the same knobs.
// All sums run from left to right in both. Only `exp`, which no standard fixes to the last bit, may
// differ there, by one part in 10 ** 15.

// Random numbers from a seed, mulberry32. Good enough to draw words with, not for secrets.
export class Dice {
  constructor(seed) {
    this.state = seed >>> 0; // 32 bits
  }

  // The next number of [0, 1), a multiple of 2 ** -32.
  draw() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
}

// What may come next: Float64Array [vocab_size], adding up to one. Minus infinity among the logits
// is what must not come. The knobs work in this order; of equally likely tokens the smaller id
// comes first. (Plain loops: they run for every token.)
export function probabilities(logits, { temperature = 1, top_k = 0, top_p = 1, min_p = 0 } = {}) {
  const p = new Float64Array(logits.length);
  const best = argmax(logits);
  if (temperature <= 0) return p.fill(1, best, best + 1);
  for (let i = 0; i < p.length; i++) p[i] = Math.exp((logits[i] - logits[best]) / temperature);
  divide(p);
  if (top_k || top_p < 1) keepLikeliest(p, top_k || p.length, top_p);
  const least = min_p * p[best];
  for (let i = 0; i < p.length; i++) if (p[i] < least && i !== best) p[i] = 0;
  return divide(p);
}

// The token into whose part of [0, 1) the chance falls; parts stand by id.
export function pick(p, chance) {
  const place = chance * sum(p);
  let upto = 0, last = 0;
  for (let i = 0; i < p.length; i++) {
    upto += p[i];
    if (upto > place) return i;
    if (p[i] > 0) last = i;
  }
  return last;
}

// Keep so many of the likeliest, and of these so many as have that share together, at least one.
function keepLikeliest(p, top_k, top_p) {
  const sorted = p.slice().sort().reverse();
  let count = 0;
  for (let upto = 0; count < Math.min(top_k, p.length); count++) {
    upto += sorted[count];
    if (count && top_p < 1 && upto - sorted[count] >= top_p) break;
  }
  const least = sorted[count - 1];
  let equal = count - sorted.indexOf(least); // so many of those as likely as the last one kept
  for (let i = 0; i < p.length; i++) {
    if (p[i] < least || (p[i] === least && equal-- <= 0)) p[i] = 0;
  }
}

function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

function sum(values) {
  let all = 0;
  for (let i = 0; i < values.length; i++) all += values[i];
  return all;
}

function divide(p) {
  const all = sum(p);
  for (let i = 0; i < p.length; i++) p[i] /= all;
  return p;
}
