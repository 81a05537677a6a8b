// Chromium's own developer tools: what they save of a page's requests, and what they show of a HAR.
//
//   node devtools.js CHROMIUM save URL         the HAR of what a desktop at URL asks, with content and secrets
//   node devtools.js CHROMIUM open FILE [PNG]  what the Network panel shows of FILE, and a picture of it
//
// Prints JSON. The tools are those that come with the browser; they are asked as its menus do.

import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const [executablePath, wish, what, picture] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--remote-debugging-port=0", "--remote-allow-origins=*"] });
const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });

// Of what a desktop asks, some of each kind: JSON, forms with files, a file, a WebSocket, what is given up.
async function work() {
  const ask = async (path, options) => (await fetch(path, options)).arrayBuffer();
  const json = { "Content-Type": "application/json", Authorization: "Basic " + btoa("agent@example.com:swordfish") };
  await ask("/api/v2/me", { headers: json });
  const body = JSON.stringify({ operationName: "UploadFile", documentId: "d1", comment: "Zoë" });
  await ask("/api/v2/me/chats/1", { method: "POST", headers: json, body });
  const form = new FormData();
  form.append("note", "text only");
  await ask("/api/v2/me/chats/1/attachments", { method: "POST", body: form });
  form.append("file", new Blob([new Uint8Array([137, 80, 78, 71, 0, 255])], { type: "image/png" }), "é.png");
  await ask("/api/v2/me/chats/1/attachments", { method: "POST", body: form });
  await ask("/api/v2/me/chats/1/attachments/d1");
  await ask("/api/v2/broken").catch(() => {});
}

// The address of the developer tools of a page, and of the port that they reach it by.
async function tools(page) {
  const devtools = await context.newCDPSession(page);
  const { targetInfo } = await devtools.send("Target.getTargetInfo");
  const opened = await context.newPage();
  await opened.goto(`devtools://devtools/bundled/inspector.html?ws=${await port()}/devtools/page/${targetInfo.targetId}&panel=network`);
  await until(opened, async () => {
    const { TargetManager } = await import("./core/sdk/sdk.js");
    return TargetManager.TargetManager.instance().primaryPageTarget() !== null;
  });
  return opened;
}

// Until it is so in the page; before each look that is in vain, something may be done for it.
async function until(page, look, first = () => page.waitForTimeout(50)) {
  for (let left = 200; left; left--) {
    if (await page.evaluate(look)) return;
    await first();
  }
  throw new Error(`it never came true: ${look}`);
}

async function port() {
  const page = await context.newPage();
  await page.goto("chrome://version");
  const profile = (await page.locator("#profile_path").innerText()).replace(/\/[^/]*$/, "");
  await page.close();
  return `127.0.0.1:${(await readFile(`${profile}/DevToolsActivePort`, "utf8")).split("\n")[0]}`;
}

async function save(url) {
  const page = await context.newPage();
  await page.goto(url);
  const opened = await tools(page);
  await until(opened, async () => {
    const { NetworkLog } = await import("./models/logs/logs.js");
    return NetworkLog.NetworkLog.instance().requests().length > 0;
  }, () => page.reload());
  await page.evaluate(work);
  await until(opened, async () => {
    const { NetworkLog } = await import("./models/logs/logs.js");
    const asked = NetworkLog.NetworkLog.instance().requests();
    return asked.some((one) => one.url().endsWith("/broken")) && asked.every((one) => one.finished || one.failed);
  });
  return opened.evaluate(async () => {
    const [{ Writer }, { NetworkLog }, { Progress }] = await Promise.all([
      import("./models/har/har.js"), import("./models/logs/logs.js"), import("./core/common/common.js"),
    ]);
    let text = "";
    const stream = { write: async (piece) => { text += piece; } };
    const asked = NetworkLog.NetworkLog.instance().requests();
    await Writer.Writer.write(stream, asked, { sanitize: false }, new Progress.Progress());
    return JSON.parse(text);
  });
}

async function open(file) {
  const page = await context.newPage();
  const opened = await tools(page);
  const complaints = [];
  opened.on("pageerror", (error) => complaints.push(`${error}`));
  opened.on("dialog", (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  const requests = await opened.evaluate(async (text) => {
    const { NetworkPanel } = await import("./panels/network/network.js");
    const { NetworkLog } = await import("./models/logs/logs.js");
    await NetworkPanel.NetworkPanel.instance().networkLogView.onLoadFromFile(new File([text], "it.har"));
    return Promise.all(NetworkLog.NetworkLog.instance().requests().map(async (one) => {
      const content = await one.requestContentData();
      return {
        method: one.requestMethod, url: one.url(), status: one.statusCode, sent: await one.requestFormData(),
        got: "error" in content ? null : content.isTextContent ? content.text : content.base64,
        startedMs: one.startTime * 1000, lastedMs: one.duration * 1000, frames: one.frames().map((frame) => frame.text),
      };
    }));
  }, await readFile(file, "utf8"));
  const bar = opened.locator(".network-summary-bar, devtools-toolbar.network-summary-bar").first();
  const summary = (await bar.innerText()).replace(/\s+/g, " ").trim();
  if (picture) await opened.screenshot({ path: picture });
  return { requests, summary, complaints };
}

console.log(JSON.stringify(await (wish === "save" ? save : open)(what)));
await browser.close();
