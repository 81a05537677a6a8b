// An agent at one tab or more, in Chromium. Does what stdin says, and prints what the tabs sent and saw, line by line.
//
//   node browser.js [--library PACKAGE] CHROMIUM
//
// Its pages have an origin of their own, so that whatever the client asks for is cross-origin; they forbid all scripts
// but their own and those of the server that they are told of. PACKAGE is as in desk.js. A `complaint` is an error in a page or its console.

import { readFile } from "node:fs/promises";
import http from "node:http";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

// Up to 1.61: later ones do not run on the Node.js 18 of Debian 12.
import { chromium } from "playwright-core";
import { obey } from "./tab.js";

const options = { library: { type: "string", default: "cometd" } };
const { values, positionals: [executablePath] } = parseArgs({ options, allowPositionals: true });

const SCRIPT = `
  import { tab } from "/tab.js";

  const load = (path) => new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: path, onload: resolve, onerror: reject });
    document.head.append(script);
  });

  // A module since 8.0, a script before.
  async function parts(name) {
    const path = "/node_modules/" + name;
    const { type } = await (await fetch(path + "/package.json")).json();
    if (type !== "module") {
      for (const file of ["cometd.js", "AckExtension.js"]) await load(path + "/" + file);
      return window.org.cometd;
    }
    return { ...await import(path + "/cometd.js"), ...await import(path + "/AckExtension.js") };
  }

  window.begin = async (name, options) => { window.cometd = tab(await parts(name), window.report, options); };
`;
const PAGE = `<!doctype html><meta charset="utf-8"><title>Desktop</title>
<link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`;

// The client keeps its time in a worker that it makes itself.
const policy = (server) => `default-src 'self' data:; script-src 'self' ${server}; connect-src 'self' ${server}; worker-src blob:`;

const tabs = new Map();
const pages = http.createServer(async ({ url }, response) => {
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  response.setHeader("X-Content-Type-Options", "nosniff");
  if (pathname === "/") {
    response.setHeader("Content-Type", "text/html;charset=UTF-8");
    response.setHeader("Content-Security-Policy", policy(searchParams.get("server")));
    response.end(PAGE);
  } else {
    response.setHeader("Content-Type", pathname.endsWith(".json") ? "application/json" : "text/javascript;charset=UTF-8");
    response.end(pathname === "/page.js" ? SCRIPT : await readFile(new URL(`.${pathname}`, import.meta.url)));
  }
});
await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));

const browser = await chromium.launch({ executablePath });
const context = await browser.newContext();

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function newTab(name) {
  const page = await context.newPage();
  const complain = (text) => print({ tab: name, complaint: text });
  page.on("console", (message) => { if (message.type() === "error") complain(message.text()); });
  page.on("pageerror", (error) => complain(`${error}`));
  await page.exposeFunction("report", (line) => print({ tab: name, ...line }));
  return page;
}

// Where the tab is there already, its page is loaded again: without a goodbye.
async function open({ name, ...options }) {
  if (!tabs.has(name)) tabs.set(name, await newTab(name));
  const page = tabs.get(name);
  await page.goto(`http://127.0.0.1:${pages.address().port}/?server=${new URL(options.url).origin}`);
  await page.evaluate(([library, given]) => window.begin(library, given), [values.library, options]);
}

// Beside the pages, with their cookies: not bound by any rule of theirs.
async function ask({ method, url, headers, body }) {
  const response = await context.request.fetch(url, { method, headers, data: body });
  const answer = { status: response.status(), headers: response.headers(), body: await response.text() };
  print({ reply: { method, url, ...answer } });
}

obey(createInterface({ input: process.stdin }), {
  ask,
  open,
  disconnect: (name) => tabs.get(name).evaluate(() => window.cometd.disconnect()),
  handshake: (name) => tabs.get(name).evaluate(() => window.cometd.handshake()),
}).then(() => browser.close()).then(() => process.exit());

print({ ready: true });
