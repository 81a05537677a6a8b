// What the report knows, out of the lists that its makers wrote (`row.py`, `chats.py`, `said.py`).

const block = (name) => JSON.parse($(`data-${name}`).textContent);
const RANK = { error: 3, warning: 2, info: 1 };
const SEVERITIES = ["error", "warning", "info"];

const sessions = block("sessions").map(([recording, uuid]) => ({ recording, uuid }));
const left = block("left")[0];

function finding([rule, severity, exchange, message, text, pointer, expected, actual, excused], session) {
  return { rule, severity, exchange, message, text, pointer, expected, actual, excused: Boolean(excused), session };
}

function outcome(list) {
  if (!list) return null;
  const [exchange, at, status, code, error] = list;
  return { exchange, at, status, code, error };
}

const ledger = (() => {
  const words = [];
  const word = (value) => (typeof value === "number" ? words[value] : (words.push(value), value));
  return block("ledger").map((list, index) => {
    const [at, session, number] = list;
    const [login, user, direction, chat] = list.slice(3, 7).map(word);
    const [document, file, name] = list.slice(7, 10);
    const [declared, detected] = list.slice(10, 12).map(word);
    const [declaredSize, seenSize, sha256] = list.slice(12, 15);
    const uploadType = word(list[15]);
    const [path, description] = list.slice(16, 18);
    const how = word(list[18]);
    const told = list[21] && { exchange: list[21][0], position: list[21][1], at: list[21][2], lag: list[21][3] };
    const fetched = list[22].map(([exchange, when, agent, status]) => ({ exchange, at: when, agent: word(agent), status }));
    const state = word(list[23]);
    const findings = list[24].map((one) => finding(one, session));
    const worst = findings.reduce((most, one) => (one.excused ? most : Math.max(most, RANK[one.severity])), 0);
    return {
      index, at, session, number, login, user, direction, chat, document, file, name, declared, detected, declaredSize,
      seenSize, sha256, uploadType, path, description, how, linked: outcome(list[19]), uploaded: outcome(list[20]), told,
      fetched, state, findings, worst,
      type: detected || declared || "not known", size: seenSize ?? declaredSize,
      agent: login || user || (direction === "agent" ? "not known" : direction),
    };
  });
})();

const others = block("others").map(([session, ...rest]) => finding(rest, session));

// By place: "session:exchange" has all findings of an exchange, "session:exchange:message" those of one message.
const places = new Map();
const rulesBroken = new Map();

function placed(found) {
  const at = `${found.session}:${found.exchange}`;
  for (const key of found.message === null ? [at] : [at, `${at}:${found.message}`]) {
    const there = places.get(key) ?? [];
    const same = (one) => one.found.rule === found.rule && one.found.text === found.text && one.found.message === found.message;
    const known = there.find(same);
    if (known && key === at) return;
    places.set(key, [...there, { found }]);
  }
  const broken = rulesBroken.get(found.rule) ?? { told: [], excused: 0 };
  if (found.excused) broken.excused += 1;
  else broken.told.push(found);
  rulesBroken.set(found.rule, broken);
}

for (const row of ledger) for (const found of row.findings) placed(found);
for (const found of others) placed(found);

const lazily = (make) => { let made; return () => (made ??= make()); };

const chats = lazily(() => block("chats").map((chat, index) => ({
  index, session: chat.session, chat: chat.chat, left: chat.left,
  calls: chat.calls.map(([exchange, at, mono, done, agent, operation, status, code, error, document]) => (
    { exchange, at, mono, done, agent, operation, status, code, error, document })),
  told: chat.told.map(([exchange, position, mono, at, agent, kind, document, sender, nickname, text]) => (
    { exchange, position, mono, at, agent, kind, document, sender, nickname, text })),
  causes: chat.causes.map(([call, exchange, position, kind, evidence, lag]) => ({ call, exchange, position, kind, evidence, lag })),
})));
const chatOf = lazily(() => new Map(chats().map((chat) => [`${chat.session}:${chat.chat}`, chat])));
const drawnIn = lazily(() => new Map(chats().flatMap((chat) => [...chat.calls, ...chat.told].map((one) => [`${chat.session}:${one.exchange}`, chat]))));
const rowsAt = lazily(() => {
  const at = new Map();
  for (const row of ledger) {
    for (const one of [row.linked, row.uploaded, row.told, ...row.fetched]) {
      if (!one) continue;
      const key = `${row.session}:${one.exchange}`;
      if (!at.has(key)) at.set(key, []);
      if (!at.get(key).includes(row)) at.get(key).push(row);
    }
  }
  return at;
});
const exchanges = lazily(() => new Map(block("exchanges").map(([session, number, said]) => [`${session}:${number}`, said])));
const names = lazily(() => new Map(ledger.map((row) => [`${row.session}:${row.chat}:${row.document}`, row.name])));

const placeOf = (found) => `#${found.exchange}${found.message === null ? "" : `:${found.message}`}`;
const titleOf = (rule) => $(`${rule}-title`)?.lastChild?.textContent.trim() ?? "";

// Where in a chat's time line something is, if it is drawn there.
function inChat(session, chat, exchange, message) {
  const drawn = chatOf().get(`${session}:${chat}`);
  if (!drawn) return null;
  const there = message === null || message === undefined
    ? drawn.calls.some((one) => one.exchange === exchange) || drawn.told.some((one) => one.exchange === exchange)
    : drawn.told.some((one) => one.exchange === exchange && one.position === message);
  return there ? `#c-${drawn.index}-${exchange}${message === null || message === undefined ? "" : `-${message}`}` : null;
}

const tag = (rule, severity) => el("a", { class: `tag ${severity}`, href: `#${rule}`, title: titleOf(rule) }, rule);
const raw = (session, exchange, label) => el("a", { class: "raw", href: `#x-${session}-${exchange}`, title: "What was said" }, label ?? `#${exchange}`);

// One finding for people: rule, text, where.
function told(found, chat) {
  const line = chat === undefined ? null : inChat(found.session, chat, found.exchange, found.message);
  return el("li", { class: `finding ${found.severity}${found.excused ? " excused" : ""}` },
    tag(found.rule, found.severity),
    el("div", {},
      el("p", {}, found.text, found.excused ? el("span", { class: "dim" }, " — excused") : null),
      found.pointer || found.expected || found.actual !== null ? el("p", { class: "dim" },
        found.pointer ? el("code", {}, found.pointer) : null,
        found.expected ? [found.pointer ? " should be " : "Expected: ", el("bdi", {}, found.expected)] : null,
        found.actual !== null ? ["; is ", el("bdi", {}, el("code", {}, short(found.actual, 160)))] : null) : null,
      el("p", { class: "links" }, el("a", { href: `#${found.rule}` }, `Rule ${found.rule}`), " · ",
        line ? [el("a", { href: line }, "In the time line"), " · "] : null,
        raw(found.session, found.exchange, `Exchange ${placeOf(found)}`))));
}
