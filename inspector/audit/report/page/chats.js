// A chat in time, as a sequence diagram: time goes down, long silences are cut short, and what brought about what is an
// arrow at the right of the server.

const LANE = { time: 14, agent: 190, apart: 170, server: 560, customer: 900, edge: 1010, head: 46 };

// Everything that happens, in the order in which it did: asked, replied, told.
function happenings(chat) {
  const all = [];
  chat.calls.forEach((call, number) => {
    all.push({ kind: "asked", mono: call.mono, at: call.at, rank: 2, call, number });
    const done = call.done ?? null;
    if (done !== null) all.push({ kind: "replied", mono: done, at: call.at + (done - call.mono), rank: 0, call, number });
  });
  for (const told of chat.told) all.push({ kind: "told", mono: told.mono, at: told.at ?? null, rank: 1, told });
  return all.sort((a, b) => a.mono - b.mono || a.rank - b.rank || (a.told?.position ?? 0) - (b.told?.position ?? 0));
}

const findingsAt = (chat, one) => (places.get(one.told ? `${chat.session}:${one.told.exchange}:${one.told.position}` : `${chat.session}:${one.call.exchange}`) ?? [])
  .map((there) => there.found).filter((found) => !found.excused && (one.told || found.message === null));

// Sets y of each happening; one with findings is given room for them, a silence a piece of its own.
function laidOut(chat, all) {
  let y = 30;
  all.forEach((one, number) => {
    const gap = number ? (one.mono - all[number - 1].mono) / 1000 : 0;
    if (number) y += 26 + Math.min(22, 5 * Math.log2(1 + gap / 8));
    if (gap >= 400) { one.silence = { y: y - 6, gap }; y += 26; }
    one.y = y;
    one.findings = one.kind === "replied" ? [] : findingsAt(chat, one);
    y += 21 * one.findings.length;
  });
  return y + 34;
}

function arrow(from, to, y, kind) {
  const way = Math.sign(to - from);
  const end = to - way * 2;
  return svg("g", { class: `arrow ${kind}` }, svg("line", { x1: from, x2: end - way * 4, y1: y, y2: y }),
    svg("path", { d: kind.includes("reply") ? `M${end - way * 8},${y - 4} L${end},${y} L${end - way * 8},${y + 4}` : `M${end - way * 9},${y - 4.5} L${end},${y} L${end - way * 9},${y + 4.5} Z`, class: kind.includes("reply") ? "open" : "" }));
}

const label = (x, y, anchor, ...parts) => svg("text", { x, y, class: "label", "text-anchor": anchor },
  parts.filter(Boolean).map(([text, name]) => svg("tspan", { class: name, dx: name === "first" ? 0 : 6 }, text)));

const link = (href, title, name, ...children) => svg("a", { href, class: name, "aria-label": title }, svg("title", {}, title), children);

function fileOf(chat, document) {
  if (!document) return null;
  const name = names().get(`${chat.session}:${chat.chat}:${document}`);
  return [short(name || document, 24), "dim"];
}

function drawnCall(chat, one, lanes) {
  const { call, y } = one;
  const x = lanes.agent(call.agent);
  const middle = (x + lanes.server) / 2;
  const href = `#x-${chat.session}-${call.exchange}`;
  if (one.kind === "asked") {
    return link(href, `#${call.exchange} ${call.operation} ${call.document}`, "event", arrow(x + 5, lanes.server - 5, y, "call"),
      label(middle, y - 6, "middle", [short(call.operation || "?", 34), "first"], fileOf(chat, call.document), [`#${call.exchange}`, "dim"]));
  }
  const bad = call.error || call.code || (call.status ?? 0) >= 400;
  const text = call.error ? short(call.error, 34) : `HTTP ${call.status}${call.code === null ? "" : ` · ${call.code === 0 ? "ok" : `statusCode ${call.code}`}`}`;
  return link(href, `#${call.exchange} replied after ${duration((call.done - call.mono) / 1000)}: ${text}`, "event", arrow(lanes.server - 5, x + 5, y, `reply${bad ? " bad" : ""}`),
    label(middle, y - 5, "middle", [text, bad ? "first bad" : "first dim"], [duration((call.done - call.mono) / 1000), "dim"]));
}

function drawnTold(chat, one, lanes, early) {
  const { told, y } = one;
  const x = lanes.agent(told.agent);
  const name = early ? "told early" : "told";
  const from = told.sender === "Customer";
  const inferred = from ? arrow(lanes.customer - 5, lanes.server + 7, y, "inferred")
    : told.kind === "file-uploaded" || (told.kind === "Text" && told.sender === "Agent") ? arrow(lanes.server + 7, lanes.customer - 5, y, "inferred") : null;
  return link(`#x-${chat.session}-${told.exchange}`, `#${told.exchange}:${told.position} ${told.kind} ${told.nickname ? `from ${told.nickname}` : ""} ${told.text}`, "event",
    arrow(lanes.server - 5, x + 5, y, name), inferred,
    label((x + lanes.server) / 2, y - 6, "middle", [told.kind, `first ${name}`], fileOf(chat, told.document), [`#${told.exchange}:${told.position}`, "dim"]),
    inferred && told.text ? label((lanes.server + lanes.customer) / 2 + 40, y - 6, "middle", [short(`“${told.text}”`, 34), "first dim"]) : null);
}

function drawnFindings(one, x) {
  return one.findings.map((found, number) => {
    const y = one.y + 6 + 21 * number;
    return link(`#${found.rule}`, `${found.rule} ${found.severity}: ${found.text}`, `mark ${found.severity}`,
      svg("rect", { x, y, width: LANE.edge - x, height: 18, rx: 4 }), svg("rect", { x, y, width: 3, height: 18, class: "edge" }),
      svg("text", { x: x + 11, y: y + 13 }, svg("tspan", { class: "code" }, found.rule), svg("tspan", { dx: 8 }, short(found.text, Math.floor((LANE.edge - x) / 7)))));
  });
}

// From a call to what it brought about. Those under way at the same time are drawn beside each other.
function drawnCauses(chat, all, lanes) {
  const asked = new Map(all.filter((one) => one.kind === "asked").map((one) => [one.call.exchange, one.y]));
  const told = new Map(all.filter((one) => one.told).map((one) => [`${one.told.exchange}:${one.told.position}`, one.y]));
  const busy = [];
  return chat.causes.map((cause) => ({ ...cause, from: asked.get(cause.call), to: told.get(`${cause.exchange}:${cause.position}`) }))
    .filter((cause) => cause.from !== undefined && cause.to !== undefined).sort((a, b) => a.from - b.from)
    .map((cause) => {
      let depth = busy.findIndex((until) => until < cause.from);
      if (depth < 0) depth = busy.length;
      busy[depth] = Math.max(cause.from, cause.to) + 4;
      const [x, out] = [lanes.server + 7, lanes.server + 34 + 15 * (depth % 5)];
      const early = cause.lag !== null && cause.lag < 0;
      const middle = (cause.from + cause.to) / 2;
      const text = cause.lag === null ? "" : early ? `${duration(-cause.lag)} before its reply` : duration(cause.lag);
      const shown = early || cause.kind === "uploaded";
      const wide = 16 + 6.6 * text.length;
      return svg("g", { class: `cause${early ? " early" : ""}` },
        svg("title", {}, `#${cause.call} → #${cause.exchange}:${cause.position} ${cause.kind}, by ${cause.evidence}${text ? `; ${early ? text : `${text} after its reply`}` : ""}`),
        svg("path", { d: `M${x},${cause.from} C${out + 8},${cause.from + 2} ${out + 8},${cause.to - 2} ${x + 10},${cause.to}` }),
        svg("path", { class: "tip", d: `M${x},${cause.to} l10,-4.5 l0,9 Z` }),
        shown && text ? [svg("rect", { x: out, y: middle - 9, width: wide, height: 18, rx: 9 }), svg("text", { x: out + wide / 2, y: middle + 4 }, text)] : null);
    });
}

function bars(all, lanes) {
  const asked = new Map(all.filter((one) => one.kind === "asked").map((one) => [one.number, one.y]));
  return all.filter((one) => one.kind === "replied").map((one) => svg("rect", { x: lanes.server - 4, y: asked.get(one.number), width: 8, height: one.y - asked.get(one.number), rx: 2, class: "busy" }));
}

function diagram(chat) {
  const all = happenings(chat);
  const agents = [...new Set([...chat.calls, ...chat.told].map((one) => one.agent))];
  const more = Math.max(0, agents.length - 2) * LANE.apart;
  const lanes = { server: LANE.server + more, customer: LANE.customer + more, agent: (name) => LANE.agent + agents.indexOf(name) * LANE.apart };
  const height = laidOut(chat, all);
  const width = LANE.edge + more + 10;
  const customer = chat.told.find((one) => one.sender === "Customer")?.nickname || "customer";
  const heads = [...agents.map((name) => [lanes.agent(name), name || "agent", "agent"]), [lanes.server, "server", ""], [lanes.customer, customer, "customer"]];
  const early = new Set(chat.causes.filter((one) => one.lag !== null && one.lag < 0).map((one) => `${one.exchange}:${one.position}`));
  const made = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "diagram", role: "group", "aria-label": `Sequence of chat ${chat.chat}: ${count(chat.calls.length, "call")}, ${count(chat.told.length, "notification")}` });
  const names = svg("svg", { viewBox: `0 0 ${width} ${LANE.head}`, class: "diagram heads", "aria-hidden": "true" });
  for (const [x, name, role] of heads) {
    const two = role && name !== role;
    made.append(svg("line", { x1: x, x2: x, y1: 0, y2: height, class: "lane" }));
    names.append(svg("rect", { x: x - 66, y: 6, width: 132, height: 34, rx: 8, class: "head" }), svg("text", { x, y: two ? 21 : 27, class: "name" }, svg("title", {}, name), svg("tspan", {}, short(name, 15))),
      two ? svg("text", { x, y: 34, class: "role" }, role) : "");
  }
  made.append(...bars(all, lanes), ...drawnCauses(chat, all, lanes));
  let before = "";
  for (const one of all) {
    if (one.silence) made.append(svg("g", { class: "silence" }, svg("line", { x1: LANE.time, x2: width - 10, y1: one.silence.y, y2: one.silence.y }), svg("text", { x: LANE.time, y: one.silence.y - 5 }, `${duration(one.silence.gap)} later`)));
    const time = instant(one.at).time;
    made.append(svg("g", { class: `happening ${one.kind}`, id: one.told ? `e-${chat.index}-${one.told.exchange}-${one.told.position}` : one.kind === "asked" ? `e-${chat.index}-${one.call.exchange}` : null },
      time === before ? "" : svg("text", { x: LANE.time, y: one.y + 4, class: "time" }, time),
      one.told ? drawnTold(chat, one, lanes, early.has(`${one.told.exchange}:${one.told.position}`)) : drawnCall(chat, one, lanes), drawnFindings(one, LANE.agent)));
    before = time;
  }
  return el("div", { class: agents.length > 2 ? "canvas wide" : "canvas", tabindex: 0, role: "region", "aria-label": `Time line of chat ${chat.chat}` }, names, made);
}

const showing = { chat: null };

function showChat(index) {
  const chat = chats()[index];
  if (!chat || showing.chat === index) return chat;
  showing.chat = index;
  for (const item of $("chats-body").querySelectorAll(".chat-list button")) item.setAttribute("aria-current", String(Number(item.dataset.chat) === index));
  $("chat").replaceChildren(...chatParts(chat));
  return chat;
}

function chatParts(chat) {
  const file = sessions[chat.session].recording;
  return [
    el("div", { class: "chat-head" }, el("h3", {}, "Chat ", el("code", {}, el("bdi", {}, chat.chat))),
      el("p", { class: "dim" }, `${count(chat.calls.length, "call")}, ${count(chat.told.length, "notification")}, from ${when(happenings(chat)[0]?.at)} UTC, in ${file}`)),
    chat.left ? el("p", { class: "notice" }, `${count(chat.left, "other call or notification", "other calls and notifications")} of this chat are left out here. `, el("code", {}, `gws-inspector ls ${file} --chat ${chat.chat}`), " lists them.") : null,
    el("ul", { class: "key" }, [["call", "call"], ["reply", "reply"], ["told", "notification"], ["cause", "brought about by a call"], ["early", "told of before the reply"], ["inferred", "inferred: the customer’s own traffic is not recorded"]]
      .map(([name, text]) => el("li", { class: `key-${name}` }, text))),
    diagram(chat),
  ].filter(Boolean);
}

function showChats() {
  const all = chats();
  if (left.chats) $("chats-left").textContent = `Drawn are the ${NUMBER.format(all.length)} with the worst findings; of ${count(left.chats, "more chat")}, gws-inspector ls … --chat ID shows each.`;
  if (!all.length) return $("chats-body").append(el("p", { class: "empty" }, "No chat had a transfer."));
  const worst = new Map();
  for (const row of ledger) {
    const [key, known] = [`${row.session}:${row.chat}`, worst.get(`${row.session}:${row.chat}`) ?? { files: 0, worst: 0 }];
    worst.set(key, { files: known.files + 1, worst: Math.max(known.worst, row.worst) });
  }
  const list = all.map((chat) => {
    const known = worst.get(`${chat.session}:${chat.chat}`) ?? { files: 0, worst: 0 };
    const severity = SEVERITIES.find((one) => RANK[one] === known.worst);
    return el("li", {}, el("button", { type: "button", "data-chat": chat.index, title: chat.chat, onclick: () => showChat(chat.index) },
      el("span", { class: `dot ${severity ?? "none"}`, title: severity ? `worst finding: ${severity}` : "no findings" }), el("code", {}, el("bdi", {}, short(chat.chat, 28))), el("span", { class: "dim number" }, count(known.files, "file"))));
  });
  $("chats-body").append(el("div", { class: all.length > 1 ? "chats many" : "chats" }, all.length > 1 ? el("nav", { class: "chat-list", "aria-label": "Chats" }, el("ul", {}, list)) : null, el("div", { id: "chat" })));
  const first = all.find((chat) => (worst.get(`${chat.session}:${chat.chat}`)?.worst ?? 0) > 1) ?? all[0];
  showChat(first.index);
}

// Brings one event of a chat into sight, and says which it is.
function showEvent(index, exchange, message) {
  if (!showChat(index)) return;
  for (const one of document.querySelectorAll(".happening.target")) one.classList.remove("target");
  const there = $(`e-${index}-${exchange}${message === undefined ? "" : `-${message}`}`) ?? document.querySelector(`[id^="e-${index}-${exchange}-"]`);
  if (!there) return $("chats").scrollIntoView();
  there.classList.add("target");
  there.scrollIntoView({ block: "center" });
  there.querySelector("a")?.focus({ preventScroll: true });
}
