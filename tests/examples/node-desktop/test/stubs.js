// `gws-inspector replay`, started once for a run, and a stub of its own for each test. Nothing here is about uploads.
//
// The control address is described in OpenAPI, so a client can also be generated: see its /__inspector__/openapi.json.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

const SHIPPED = fileURLToPath(new URL("../../../../recordings/upload-file.db", import.meta.url));
const RECORDING = process.env.UPLOADS_RECORDING || SHIPPED;

let replay;
let control; // { url, token }

before(async () => {
  const command = ["replay", RECORDING, "--listen", "127.0.0.1:0", "--quiet"];
  replay = spawn("gws-inspector", command, { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => replay.kill());
  control = await new Promise((resolve, reject) => {
    replay.once("error", ({ message }) => reject(new Error(`gws-inspector is to be on the PATH: ${message}`)));
    replay.once("exit", (code) => reject(new Error(`gws-inspector ended with exit code ${code}: see above`)));
    // ready http://127.0.0.1:PORT, and then control http://127.0.0.1:PORT token TOKEN
    createInterface({ input: replay.stdout }).on("line", (line) => {
      const [kind, url, , token] = line.split(" ");
      if (kind === "control") resolve({ url, token });
    });
  });
});

after(async () => {
  if (replay.exitCode !== null || !replay.pid) return;
  const ended = once(replay, "exit");
  replay.kill("SIGINT");
  await ended;
});

// A test with a stub: `test("…", withStub(async (stub) => { … }))`. The stub plays the recording from its start;
// `wanted` is what else it is to be (`{ faults: […] }`), see WantedStub in the OpenAPI document. After a miss the test
// has failed, whatever it says itself; its own failure is told as the cause.
export function withStub(act, wanted = {}) {
  return async () => {
    const stub = new Stub(await ask("POST", "/stubs", wanted));
    let failure;
    try {
      await act(stub);
    } catch (error) {
      failure = error;
    }
    const run = await ask("DELETE", `/stubs/${stub.id}`).catch((error) => { throw failure ?? error; });
    if (run.failed) throw new Error(explained(run, failure), { cause: failure });
    if (failure) throw failure;
  };
}

class Stub {
  constructor({ id, url }) {
    this.id = id;
    this.url = url; // where the client under test finds its server
  }

  // Arms a fault, or several: `{ fault: "refuse", status_code: 3 }`.
  arm(...faults) {
    return ask("POST", `/stubs/${this.id}/faults`, faults);
  }

  // What it was asked so far.
  journal() {
    return ask("GET", `/stubs/${this.id}/journal`);
  }
}

async function ask(method, path, body) {
  const response = await fetch(`${control.url}/__inspector__${path}`, {
    method,
    headers: { Authorization: `Bearer ${control.token}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const value = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${value.error}`);
  return value;
}

// Every miss of the run: what was asked, where it differs from what is recorded, and what to do; and the test's own words.
function explained({ misses }, failure) {
  const lines = misses.flatMap(({ text, nearest, advice, times }) => [
    `the recording has no answer (${times}×): ${text}`,
    ...(nearest[0]?.differences ?? []).map(
      ({ part, place, recorded, asked }) => `  ${part} ${place}: recorded ${recorded ?? "nothing"}, asked ${asked ?? "nothing"}`,
    ),
    ...advice.map((one) => `  → ${one}`),
  ]);
  return [...lines, ...(failure ? [`The test itself: ${failure.message}`] : [])].join("\n");
}
