// What it all comes to: a sentence, states, findings, delays, totals.

const GOOD = ["sent", "received"];
const STATES = ["sent", "received", "accepted", "asked", "linked", "removed", "undecided", "refused", "lost"];
const MEANING = {
  sent: "all in the chat were told of it", received: "a customer’s file", accepted: "accepted, not told of yet",
  asked: "asked for, not answered yet", linked: "linked, never sent", removed: "taken back before it was sent",
  undecided: "the recording does not show what became of it", refused: "the server said no",
  lost: "accepted, and nobody was told of it in time",
};

function tally(values) {
  const tallied = new Map();
  for (const value of values) tallied.set(value, (tallied.get(value) ?? 0) + 1);
  return tallied;
}

function showSentence() {
  const of = (name) => new Set(ledger.map((row) => `${row.session}:${row[name]}`)).size;
  const agents = new Set(ledger.filter((row) => row.login).map((row) => row.login)).size;
  const told = [...rulesBroken.values()].flatMap((broken) => broken.told);
  const errors = told.filter((found) => found.severity === "error").length;
  $("sentence").append(ledger.length === 0 ? "No file was linked, sent or received in what was recorded." : [
    `${count(ledger.length, "transfer")} in ${count(of("chat"), "chat")} with ${count(agents, "agent")}`,
    `${ledger[0].at === null ? "" : `, ${days()}`}. `,
    told.length === 0 ? "No rule was broken."
      : `${count(told.length, "finding")}, ${errors === 0 ? "none of them an error" : `${count(errors, "error")} among them`}.`,
  ].join(""));
}

function days() {
  let [first, last] = [Infinity, -Infinity];
  for (const { at } of ledger) if (at !== null) { first = Math.min(first, at); last = Math.max(last, at); }
  const [from, to] = [instant(first).day, instant(last).day];
  return from === to ? from : `${from} to ${to}`;
}

function showStates() {
  const tallied = tally(ledger.map((row) => row.state));
  const there = STATES.filter((state) => tallied.has(state));
  if (!there.length) return $("states").append(el("p", { class: "empty" }, "No transfers."));
  const bar = el("div", { class: "stack", "aria-hidden": "true" });
  for (const state of there) {
    const piece = el("span", { class: `state-${state}`, title: `${state}: ${tallied.get(state)}` });
    piece.style.flexGrow = tallied.get(state);
    bar.append(piece);
  }
  const legend = el("ul", { class: "legend" }, there.map((state) => el("li", {},
    el("button", { type: "button", class: "pick", title: `Show these in the ledger: ${MEANING[state]}`, onclick: () => only({ state }) },
      el("span", { class: `dot state-${state}`, "aria-hidden": "true" }), el("b", {}, NUMBER.format(tallied.get(state))), ` ${state}`,
      el("span", { class: "dim" }, MEANING[state])))));
  $("states").append(bar, legend);
}

function showFindings() {
  const told = [...rulesBroken].filter(([, broken]) => broken.told.length);
  const excused = [...rulesBroken.values()].reduce((sum, broken) => sum + broken.excused, 0);
  const all = told.flatMap(([, broken]) => broken.told);
  const bySeverity = tally(all.map((found) => found.severity));
  if (!all.length) {
    $("findings").append(el("p", { class: "empty good" }, "No rule was broken."));
  } else {
    $("findings").append(el("ul", { class: "figures" }, SEVERITIES.map((severity) => el("li", { class: severity },
      el("b", {}, NUMBER.format(bySeverity.get(severity) ?? 0)), el("span", {}, (bySeverity.get(severity) ?? 0) === 1 || severity === "info" ? severity : `${severity}s`)))));
    const worst = (broken) => Math.max(...broken.told.map((found) => RANK[found.severity]));
    told.sort(([one, a], [other, b]) => worst(b) - worst(a) || b.told.length - a.told.length || (one < other ? -1 : 1));
    $("findings").append(el("ul", { class: "ruled" }, told.map(([rule, broken]) => el("li", {},
      tag(rule, SEVERITIES.find((severity) => RANK[severity] === worst(broken))), el("span", { class: "title" }, titleOf(rule)),
      el("button", { type: "button", class: "pick number", title: "Show these in the ledger", "aria-label": `Show the transfers that broke ${rule}`, onclick: () => only({ find: rule }) }, NUMBER.format(broken.told.length))))));
  }
  if (excused) $("findings").append(el("p", { class: "dim" }, `${count(excused, "more was", "more were")} excused.`));
}

// A scale of equal steps (1, 2 or 5 times a power of ten) for nearly all delays; the few beyond it are put at its ends.
function scale(lags) {
  const at = (share) => lags[Math.min(lags.length - 1, Math.floor(share * lags.length))];
  const [low, high] = [Math.min(0, lags.length < 200 ? lags[0] : at(0.005)), Math.max(0, lags.length < 200 ? lags.at(-1) : at(0.99))];
  const rough = Math.max((high - low) / 24, 0.1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough);
  const [first, last] = [Math.floor(low / step), Math.floor(high / step)];
  return { step, first, last, of: (lag) => Math.max(first - 1, Math.min(last + 1, Math.floor(lag / step))) };
}

function showDelays() {
  const lags = ledger.filter((row) => row.told && row.told.lag !== null).map((row) => row.told.lag).sort((a, b) => a - b);
  if (!lags.length) return $("delays").append(el("p", { class: "empty" }, "No upload of this report was told of."));
  const { step, of, ...ends } = scale(lags);
  const steps = tally(lags.map(of));
  const [first, last] = [Math.min(ends.first, of(lags[0])), Math.max(ends.last, of(lags.at(-1)))];
  const [width, height, floor, side] = [440, 238, 200, 26];  // at either side half of a label has room
  const most = Math.max(...steps.values());
  const wide = (width - 2 * side) / (last - first + 1);
  const every = Math.ceil((last - first + 1) / 7);
  const early = lags.filter((lag) => lag < 0).length;
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label":
    `Histogram of ${count(lags.length, "delay")}: ${count(early, "notification")} came before the reply` });
  for (let number = first; number <= last; number += 1) {
    const [x, amount] = [side + (number - first) * wide, steps.get(number) ?? 0];
    const tall = amount ? Math.max(3, (amount / most) * (floor - 22)) : 0;
    const span = number < ends.first ? `before ${duration(ends.first * step)}` : number > ends.last ? `${duration((ends.last + 1) * step)} and later`
      : `${duration(number * step)} to ${duration((number + 1) * step)}`;
    chart.append(svg("rect", { x: x + 1, y: floor - tall, width: Math.max(1, wide - 2), height: tall, rx: 2, class: number < 0 ? "early" : "late" }, svg("title", {}, `${span}: ${NUMBER.format(amount)}`)));
    if (amount && (amount === most || steps.size < 9)) chart.append(svg("text", { x: x + wide / 2, y: floor - tall - 5, class: "amount" }, NUMBER.format(amount)));
    if (number % every === 0 && number >= ends.first) chart.append(svg("text", { x, y: floor + 16, class: "edge" }, number === 0 ? "0" : duration(number * step)));
  }
  const zero = side - first * wide;
  chart.append(svg("line", { x1: side, x2: width - side, y1: floor + 0.5, y2: floor + 0.5, class: "axis" }),
    svg("line", { x1: zero, x2: zero, y1: 8, y2: floor + 4, class: "reply" }), svg("text", { x: zero, y: height - 5, class: "edge" }, "reply"));
  const at = (share) => lags[Math.min(lags.length - 1, Math.floor(share * lags.length))];
  $("delays").append(chart, el("dl", { class: "inline" },
    [["median", duration(at(0.5))], ["95 %", duration(at(0.95))], ["longest", duration(lags.at(-1))], ["before the reply", NUMBER.format(early)]]
      .map(([name, value]) => el("div", { class: name === "before the reply" && early ? "early" : "" }, el("dt", {}, name), el("dd", {}, value)))));
}

const FEW = 6;

function total(title, key, pick) {
  const sums = new Map();
  for (const row of ledger) {
    const [name, sum] = [key(row), sums.get(key(row)) ?? { files: 0, size: 0, troubled: 0 }];
    sum.files += 1;
    sum.size += row.size ?? 0;
    sum.troubled += row.worst > 1 ? 1 : 0;
    sums.set(name, sum);
  }
  const sorted = [...sums].sort(([, a], [, b]) => b.files - a.files);
  const body = el("tbody");
  const show = (limit) => body.replaceChildren(...sorted.slice(0, limit).map(([name, sum]) => el("tr", {},
    el("th", { scope: "row" }, el("button", { type: "button", class: "pick", title: name, onclick: () => pick(name) }, el("bdi", {}, short(name, 60)))),
    el("td", { class: "number" }, NUMBER.format(sum.files)), el("td", { class: "number" }, bytes(sum.size)),
    el("td", { class: "number" }, sum.troubled ? NUMBER.format(sum.troubled) : el("span", { class: "dim" }, "–")))));
  show(FEW);
  const more = sorted.length > FEW ? el("button", { type: "button", class: "quiet more", onclick: () => { show(1000); more.remove(); } }, `Show ${sorted.length > 1000 ? "1,000 of " : "all "}${NUMBER.format(sorted.length)}`) : null;
  return el("div", {}, el("table", { class: "plain totals" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, title), el("th", { scope: "col", class: "number" }, "Files"), el("th", { scope: "col", class: "number" }, "Size"), el("th", { scope: "col", class: "number", title: "Transfers with errors or warnings" }, "Amiss"))), body), more);
}

function showTotals() {
  if (!ledger.length) return $("totals").append(el("p", { class: "empty" }, "Nothing to add up."));
  $("totals").append(el("div", { class: "four" },
    total("Agent", (row) => row.agent, (agent) => only({ agent })),
    total("Chat", (row) => row.chat || "none", (chat) => only({ find: chat })),
    total("Type", (row) => row.type, (type) => only({ type })),
    total("Day (UTC)", (row) => instant(row.at).day || "not known", (day) => only({ find: day }))));
}
