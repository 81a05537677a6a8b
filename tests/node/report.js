// A report in Chromium, as a person has it: does what stdin says, one line of JSON at a time, and answers each with one.
//
//   node report.js CHROMIUM FILE [OPTIONS]
//
// OPTIONS are those of a browser context, as JSON. `asked` are the requests that left the page, `complaints` are errors
// of the page or of its console, dialogs among them.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const PATIENCE = 20_000;
const [executablePath, file, options = "{}"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...JSON.parse(options) });
const page = await context.newPage();
const url = pathToFileURL(file).href;
const [asked, complaints] = [[], []];
page.setDefaultTimeout(PATIENCE);
page.on("request", (request) => { if (request.url().split("#")[0] !== url) asked.push(request.url()); });
page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(`${error}`));
page.on("dialog", (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });

// The texts in the page that stand out from what is behind them by less than so much to 1 (WCAG 2.2, relative luminance).
function faintTexts(least) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, share, at) => sum + share * linear(colour[at] / 255), 0);
  const behind = (one) => {
    const colour = rgba(getComputedStyle(one).backgroundColor);
    return colour[3] === 255 || !one.parentElement ? colour : behind(one.parentElement);
  };
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const contrast = (one) => {
    const [a, b] = [light(rgba(getComputedStyle(one).color)), light(behind(one))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return [...document.querySelectorAll("main :not(svg, svg *)")].filter((one) => one.checkVisibility() && hasText(one))
    .map((one) => [contrast(one).toFixed(2), one.outerHTML.slice(0, 160)]).filter(([value]) => value < least);
}

const first = (selector) => page.locator(selector).first();
const can = {
  texts: ([selector]) => page.locator(selector).evaluateAll((all) => all.map((one) => one.innerText ?? one.textContent)),
  count: ([selector]) => page.locator(selector).count(),
  visible: ([selector]) => first(selector).isVisible(),
  attribute: ([selector, name]) => first(selector).getAttribute(name),
  click: ([selector]) => first(selector).click(),
  press: async ([...keys]) => { for (const key of keys) await page.keyboard.press(key); },
  type: ([text]) => page.keyboard.type(text),
  select: ([selector, value]) => first(selector).selectOption(value),
  media: ([media]) => page.emulateMedia(media),
  evaluate: ([expression]) => page.evaluate(expression),
  // The page's policy forbids what Playwright's own waiting would have it evaluate.
  wait: async ([expression]) => {
    const patience = Date.now() + PATIENCE;
    while (!(await page.evaluate(expression))) {
      if (Date.now() > patience) throw new Error(`in vain: ${expression}`);
      await page.evaluate(() => new Promise((done) => setTimeout(done, 20)));
    }
  },
  again: () => open(),
  screenshot: ([path, options]) => page.screenshot({ path, ...options }).then(() => true),
  pdf: async ([path]) => (await page.pdf({ path })).length,
  faint: ([least]) => page.evaluate(faintTexts, least),
  seen: () => ({ asked, complaints }),
};

async function open() {
  await page.goto(url);
  if (!(await page.evaluate("'ready' in document.documentElement.dataset"))) complaints.push("the page's script came to no end");
}

await open();
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...rest] = JSON.parse(line);
  try {
    process.stdout.write(`${JSON.stringify({ said: (await can[verb](rest)) ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ trouble: `${verb}: ${error}` })}\n`);
  }
}
await browser.close();
