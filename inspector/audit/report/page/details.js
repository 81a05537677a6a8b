// One transfer whole: what is known of the file, its life step by step, and what was found.

function said(outcome) {
  if (outcome.error) return outcome.error;
  if (outcome.status === null) return "not answered";
  return `HTTP ${outcome.status}${outcome.code === null ? "" : `, statusCode ${outcome.code}`}`;
}

function life(row) {
  const lag = row.told?.lag ?? null;
  const steps = [
    row.linked && ["Linked", row.linked, [row.how, said(row.linked)].filter(Boolean).join(", "), row.linked.code],
    row.uploaded && ["Asked to send", row.uploaded, said(row.uploaded), row.uploaded.code],
    row.told && ["Told of", row.told, lag === null ? "" : lag < 0 ? `${duration(-lag)} before the reply` : `${duration(lag)} after the reply`, 0, row.told.position],
    ...row.fetched.map((one) => ["Downloaded", one, [one.agent && `by ${one.agent}`, one.status === null ? "not answered" : `HTTP ${one.status}`].filter(Boolean).join(", ")]),
  ].filter(Boolean).sort((a, b) => (a[1].at ?? Infinity) - (b[1].at ?? Infinity));
  return el("ol", { class: "life" }, steps.map(([title, step, text, code, position]) => {
    const line = inChat(row.session, row.chat, step.exchange, position);
    return el("li", { class: code ? "bad" : title === "Told of" && lag !== null && lag < 0 ? "before" : "" },
      el("b", {}, title), el("time", {}, instant(step.at).time), el("span", {}, text),
      el("span", { class: "links" }, raw(row.session, step.exchange), line ? [" ", el("a", { href: line }, "time line")] : null));
  }));
}

function facts(row) {
  const size = (number) => (number === null ? "" : `${NUMBER.format(number)} bytes`);
  const both = row.declaredSize !== null && row.declaredSize === row.seenSize;
  return [
    ["Name", row.name], ["Description", row.description], ["Direction", row.direction === "customer" ? "from the customer" : "from the agent"],
    ["Agent", [row.login, row.user && row.user !== row.login ? `(user ${row.user})` : ""].filter(Boolean).join(" ")],
    ["Chat", row.chat], ["Document", row.document], ["File", row.file],
    ["Type", [row.declared && `${row.declared} declared`, row.detected && `${row.detected} detected`].filter(Boolean).join(", ")],
    ["Size", both ? `${size(row.seenSize)} declared and seen` : [row.declaredSize !== null && `${size(row.declaredSize)} declared`, row.seenSize !== null && `${size(row.seenSize)} seen`].filter(Boolean).join(", ")],
    ["SHA-256", row.sha256 ? digest(row.sha256) : el("span", { class: "dim" }, "its bytes were not seen")],
    ["Upload type", row.uploadType], [row.uploadType === "standard-response" ? "Standard response" : "Path on the agent’s disk", row.path],
    ["Recording", `${sessions[row.session].recording}, session ${sessions[row.session].uuid.slice(0, 8)}, transfer ${row.number}`],
  ].filter(([, value]) => value && value.length !== 0);
}

function details(row) {
  return el("div", { class: "opened" },
    el("dl", { class: "facts" }, facts(row).map(([name, value]) => [el("dt", {}, name), el("dd", {}, typeof value === "string" ? el("bdi", {}, value) : value)])),
    el("div", {}, el("h3", {}, "What became of it"), el("p", { class: "dim" }, badge(row.state), ` · ${MEANING[row.state] ?? ""}`), life(row),
      row.findings.length ? [el("h3", {}, count(row.findings.length, "finding")), el("ul", { class: "findings" }, row.findings.map((one) => told(one, row.chat)))] : null));
}

const detailsRow = (row) => el("tr", { class: "details" }, el("td", { colspan: COLUMNS.length }, details(row)));

function showOthers() {
  const shown = others.slice(0, 500);
  if (!shown.length) return;
  const chat = (found) => drawnIn().get(`${found.session}:${found.exchange}`)?.chat;
  $("others").append(el("details", { class: "card", open: others.length <= 20 },
    el("summary", {}, el("h3", {}, `${count(others.length, "finding")} about no transfer`)),
    el("ul", { class: "findings" }, shown.map((found) => told(found, chat(found)))),
    others.length > shown.length ? el("p", { class: "dim" }, `${NUMBER.format(others.length - shown.length)} more are left out here; gws-inspector check lists all.`) : null));
}
