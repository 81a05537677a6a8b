// What mitmweb's page shows, in Chromium: the flows, and the response of the newest one of a path. Prints it as JSON.
//
//   node web.js CHROMIUM URL PATH

import { chromium } from "playwright-core";

const [executablePath, url, path] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath });
const page = await browser.newPage();
const complaints = [];
page.on("pageerror", (error) => complaints.push(`${error}`));
page.on("dialog", (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });

await page.goto(url);
const rows = page.locator(".flow-table tbody tr");
const row = rows.filter({ hasText: path }).last();
await row.waitFor();
const flows = (await rows.allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim()).filter(Boolean);
await row.click();
await page.locator(".nav-tabs a", { hasText: "Response" }).click();
const shown = page.locator(".contentview pre");
await shown.waitFor();
const view = await page.locator(".contentview .controls h5").innerText();
console.log(JSON.stringify({ flows, view, text: await shown.innerText(), complaints }));
await browser.close();
