// Elements and texts. Nothing here makes markup of a text, and the page's policy would not let it.

const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const el = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
const svg = (name, attributes = {}, ...children) => filled(document.createElementNS(SVG, name), attributes, children);

const NUMBER = new Intl.NumberFormat("en");
const count = (number, one, many = `${one}s`) => `${NUMBER.format(number)} ${number === 1 ? one : many}`;
const short = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);

function bytes(size) {
  if (size === null || size === undefined) return "";
  if (size < 1000) return `${size} B`;
  const power = Math.min(4, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** power;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

// −8.8 ms, 20.7 ms, 1.5 s, 2 min: U+2212 stands as wide as a digit.
function duration(ms) {
  const size = Math.abs(ms);
  const [value, unit] = size < 1000 ? [size, "ms"] : size < 120000 ? [size / 1000, "s"]
    : size < 7200000 ? [size / 60000, "min"] : [size / 3600000, "h"];
  return `${ms < 0 ? "−" : ""}${value < 100 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)} ${unit}`;
}

// Microseconds since 1970 in UTC: { day, time }; whoever made the recording may have put anything there.
function instant(at) {
  if (at === null || at === undefined) return { day: "", time: "" };
  const date = new Date(Math.floor(at / 1000));
  if (Number.isNaN(date.getTime())) return { day: "no time", time: "" };
  const whole = date.toISOString();
  return { day: whole.slice(0, -14), time: whole.slice(-13, -1) };
}

const when = (at) => { const { day, time } = instant(at); return `${day} ${time}`.trim(); };

function copying(text, label) {
  const button = el("button", { type: "button", class: "copy", title: `Copy ${label}`, "aria-label": `Copy ${label}` }, "copy");
  button.addEventListener("click", async (event) => {
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no clipboard where the page lies: it is selected instead
      getSelection().selectAllChildren(button.previousElementSibling);
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1200);
  });
  return button;
}

const digest = (sha256) => [el("code", { class: "digest", title: sha256 }, sha256), copying(sha256, "digest")];
const isTyping = (element) => element && /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName);
