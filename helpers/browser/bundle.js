// A bundle's files in the browser, each verified, and the program that runs its model.
import { loadLiteRt } from "./litert/core.js";

const here = (path) => new URL(path, import.meta.url);
export const pause = () =>
  globalThis.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));
export const SLICE = 12; // milliseconds of work between two looks at the keyboard

export class BundleError extends Error {}

export async function fetchFile(address) {
  const answer = await fetch(address, { cache: "no-cache" }); // not the one of an older bundle
  if (!answer.ok) {
    throw new BundleError(`${address.pathname} cannot be fetched (status ${answer.status}).`);
  }
  return answer;
}

// Give a function that reads a file of the bundle only if its SHA-256 is the listed one. This
// finds damage and mixed-up files; whoever can change every file can change the list too.
export async function verifiedReader(folder) {
  if (!globalThis.crypto?.subtle) {
    throw new BundleError("Checksums need a secure page: open it over https or on localhost.");
  }
  const list = await (await fetchFile(new URL("checksums.sha256", folder))).text();
  const expected = new Map(list.trim().split("\n").map((line) => line.split("  ").reverse()));
  return async (name) => {
    if (!expected.has(name)) {
      throw new BundleError(`${name} has no checksum: it is not opened.`);
    }
    const bytes = await (await fetchFile(new URL(name, folder))).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex !== expected.get(name)) {
      throw new BundleError(`${name} was altered: it is not opened. Fetch the bundle again.`);
    }
    return new Uint8Array(bytes);
  };
}

// The program is stored packed, a third of its size, and unpacked here while it arrives.
async function loadRuntime() {
  if (!globalThis.DecompressionStream) {
    throw new BundleError("This browser is too old to unpack the program. Update it.");
  }
  const { body } = await fetchFile(here("litert/runtime.wasm.gzip"));
  const unpacked = body.pipeThrough(new DecompressionStream("gzip"));
  const headers = { "Content-Type": "application/wasm" };
  const program = await WebAssembly.compileStreaming(new Response(unpacked, { headers }));
  globalThis.Module = {
    instantiateWasm(imports, done) {
      WebAssembly.instantiate(program, imports).then((instance) => done(instance, program));
    },
    printErr: (line) => console.debug(line), // its log, which is no error
  };
  await loadLiteRt(here("litert/runtime.js").href);
}

let runtime; // one for the page

// Start what runs models, once; await it before the first model is loaded.
export function startRuntime() {
  return (runtime ??= loadRuntime());
}
