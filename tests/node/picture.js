// Pictures of tables in Datasette, in Chromium: node picture.js CHROMIUM WIDTH HEIGHT URL FILE [URL FILE …]
// Prints a line for each: the columns that are in the picture, as JSON.

import { chromium } from "playwright-core";

const [executablePath, width, height, ...pairs] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath });
const page = await browser.newPage({ viewport: { width: Number(width), height: Number(height) } });
const columns = (all) => all.filter((one) => one.getBoundingClientRect().right <= innerWidth).map((one) => one.dataset.column);
for (let at = 0; at < pairs.length; at += 2) {
  const response = await page.goto(pairs[at]);
  if (!response.ok()) throw new Error(`${pairs[at]}: ${response.status()}`);
  await page.screenshot({ path: pairs[at + 1] });
  process.stdout.write(`${JSON.stringify(await page.locator("thead th").evaluateAll(columns))}\n`);
}
await browser.close();
