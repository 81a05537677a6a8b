// What was said, on demand: one exchange in a sheet at the side.

const JSON_PART = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(JSON_PART)) {
    if (found.index > end) parts.push(text.slice(end, found.index));
    parts.push(el("span", { class: found[2] ? "j-name" : found[1] ? "j-text" : "j-word" }, found[1] ?? found[0]), found[2] ?? "");
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

function shownBody(body) {
  if (!body) return el("p", { class: "dim" }, "No body.");
  return [
    el("p", { class: "dim about" }, [body.type || "no type", `${NUMBER.format(body.size ?? 0)} bytes`].join(", "), body.redacted ? ", redacted" : "", body.why ? `; ${body.why}` : ""),
    body.sha256 ? el("p", { class: "dim about" }, "sha256 ", digest(body.sha256)) : null,
    body.text ? el("pre", { class: body.as, tabindex: 0 }, body.as === "json" ? coloured(body.text) : body.text) : null,
    body.more ? el("p", { class: "dim" }, "Only its begin is in this report.") : null,
  ];
}

const fieldsOf = (fields) => el("dl", { class: "fields" }, fields.map(([name, value]) => [el("dt", {}, name), el("dd", {}, el("bdi", {}, value))]));

function sheet(session, number) {
  const command = el("p", { class: "dim" }, "In full: ", el("code", {}, `gws-inspector show ${sessions[session].recording} ${number}`));
  const one = exchanges().get(`${session}:${number}`);
  const found = (places.get(`${session}:${number}`) ?? []).map((there) => there.found);
  const drawn = drawnIn().get(`${session}:${number}`);
  const rows = rowsAt().get(`${session}:${number}`) ?? [];
  const about = [
    rows.length ? el("p", {}, "Transfer ", rows.slice(0, 8).map((row, at) => [at ? ", " : "", el("a", { href: `#t-${row.index}` }, el("bdi", {}, short(row.name || row.document, 60)))])) : null,
    found.length ? el("ul", { class: "findings" }, found.map((each) => told(each, drawn?.chat))) : null,
  ];
  if (!one) return [...about, el("p", { class: "notice" }, "This exchange is not in the report, which has room for those that matter most."), command];
  return [
    el("p", { class: "dim" }, `${when(one.at)} UTC, to ${one.to}${one.ms === undefined ? ", unfinished" : `, done after ${duration(one.ms)}`}`), ...about,
    one.cut.map((said) => el("p", { class: "notice" }, `Not as it crossed the wire: ${said}`)),
    el("h3", {}, "Request"), el("p", { class: "line" }, el("code", {}, el("bdi", {}, one.line))), fieldsOf(one.fields),
    one.parts.length ? one.parts.map((part) => el("div", { class: "part" }, el("h4", {}, "Part ", el("bdi", {}, part.name)), shownBody(part))) : shownBody(one.body),
    el("h3", {}, "Response"), one.error ? el("p", { class: "notice bad" }, `Ended by: ${one.error}`) : null,
    one.status ? [el("p", { class: "line" }, el("code", {}, one.status)), fieldsOf(one.back), shownBody(one.answer)] : el("p", { class: "dim" }, "None."),
    command,
  ].flat(3).filter(Boolean);
}

const called = (session, number) => short(drawnIn().get(`${session}:${number}`)?.calls.find((call) => call.exchange === number)?.operation ?? "", 40);

let cameFrom = null;

function showExchange(session, number) {
  if (!sessions[session]) return;
  const dialog = $("exchange");
  const one = exchanges().get(`${session}:${number}`);
  $("exchange-title").textContent = [`#${number}`, called(session, number) || (one && short(one.line.split(" ")[0], 12)), one?.status && `· ${short(one.status, 40)}`].filter(Boolean).join(" ");
  $("exchange-body").replaceChildren(...sheet(session, number));
  if (!dialog.open) {
    cameFrom = document.activeElement;
    dialog.showModal();
  }
  dialog.firstChild.scrollTop = 0;
  $("exchange-close").focus();
}

function startExchange() {
  if (left.exchanges) {
    $("said-left").hidden = false;
    $("said-left").append(`What was said is in this file for ${count(exchanges().size, "exchange")}, those with findings first; `, el("code", {}, "gws-inspector show RECORDING NUMBER"), " shows any other.");
  }
  const dialog = $("exchange");
  dialog.addEventListener("close", () => {
    if (location.hash.startsWith("#x-")) history.replaceState(null, "", " ");
    if (cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  $("exchange-close").addEventListener("click", () => dialog.close());
}
