// A desktop's page in Chromium, and every address that it asked for. Prints them as JSON.
//
//   node advertised.js CHROMIUM URL CONTENT      (CONTENT: the bytes of a file, as JSON)

import { chromium } from "playwright-core";

const [executablePath, url, content] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath });
const page = await browser.newPage();
const asked = [];
const complaints = [];
page.on("request", (request) => asked.push(request.url()));
page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
page.on("pageerror", (error) => complaints.push(`${error}`));

await page.goto(url);
await page.waitForFunction(() => window.work);
const result = await page.evaluate((bytes) => window.work(bytes), JSON.parse(content));
const cookies = await page.context().cookies();
console.log(JSON.stringify({ ...result, asked, cookies, complaints }));
await browser.close();
