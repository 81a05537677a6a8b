// An agent at one tab or more, in Node.js. Does what stdin says, and prints what the tabs sent and saw, line by line.
//
//   node desk.js [--library PACKAGE]
//
// PACKAGE is the official client; package.json has it in several versions.

import http from "node:http";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

import { adapt } from "cometd-nodejs-client";
import { obey, tab } from "./tab.js";

const { values } = parseArgs({ options: { library: { type: "string", default: "cometd" } } });
const cookies = new Map();
const tabs = new Map();
const connections = new http.Agent({ keepAlive: true });

// The library logs to the console, and the lines of stdout are ours.
globalThis.console = new console.Console(process.stderr);
adapt({
  cookies: {
    storeCookie: (uri, header, done) => { keepCookie(header); done(); },
    retrieveCookies: (context, uri, done) => done(null, [...cookies.values()]),
  },
});
const library = await load(values.library);

// A module since 8.0, a script before.
async function load(name) {
  const parts = await Promise.all([import(`${name}/cometd.js`), import(`${name}/AckExtension.js`)]);
  const [main, ack] = parts.map((part) => part.default ?? part);
  return { CometD: main.CometD, AckExtension: ack.AckExtension ?? ack };
}

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function keepCookie(header) {
  const [pair] = header.split(";");
  cookies.set(pair.split("=")[0], pair);
}

// Not by fetch: its promises settle later than the client's XMLHttpRequest does, and the order of both is told here.
function ask({ method, url, headers, body }) {
  const cookie = cookies.size ? { Cookie: [...cookies.values()].join("; ") } : {};
  const request = http.request(url, { method, headers: { ...headers, ...cookie }, agent: connections });
  request.on("response", (response) => {
    let content = "";
    response.headers["set-cookie"]?.forEach(keepCookie);
    response.setEncoding("utf8").on("data", (text) => { content += text; });
    response.on("end", () => {
      print({ reply: { method, url, status: response.statusCode, headers: response.headers, body: content } });
    });
  });
  request.end(body);
}

obey(createInterface({ input: process.stdin }), {
  ask,
  open: ({ name, ...options }) => tabs.set(name, tab(library, (line) => print({ tab: name, ...line }), options)),
  disconnect: (name) => tabs.get(name).disconnect(),
  handshake: (name) => tabs.get(name).handshake(),
}).then(() => process.exit());

print({ ready: true });
