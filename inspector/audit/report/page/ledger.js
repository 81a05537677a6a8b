// The ledger: as many rows as fit are in the page, whatever there are; one may be open.

const ROW = 38;
const SPARE = 10;
const COLUMNS = [
  ["Time (UTC)", "time", (row) => row.at ?? -Infinity],
  ["Agent", "agent", (row) => row.agent],
  ["Chat", "chat", (row) => row.chat],
  ["Name", "name", (row) => row.name.toLowerCase()],
  ["Type", "type", (row) => row.type],
  ["Size", "size number", (row) => row.size ?? -1],
  ["State", "state", (row) => STATES.indexOf(row.state)],
  ["Delay", "delay number", (row) => row.told?.lag ?? -Infinity],
  ["Findings", "found", (row) => row.worst * 1000 + row.findings.length],
];

const filter = { find: "", state: "", severity: "", agent: "", type: "" };
const grid = { order: ledger.map((row) => row.index), view: [], column: 0, down: false, open: -1, height: 0, active: -1, all: false, shown: new Map() };
const box = $("grid-box");
const body = $("grid").tBodies[0];
const above = el("tr", { class: "spacer", "aria-hidden": "true" }, el("td", { colspan: COLUMNS.length }));
const below = el("tr", { class: "spacer", "aria-hidden": "true" }, el("td", { colspan: COLUMNS.length }));

const hay = (row) => (row.hay ??= [
  row.agent, row.user, row.chat, row.document, row.file, row.name, row.declared, row.detected, row.sha256, row.path,
  row.description, row.how, row.state, row.direction, row.uploadType, when(row.at),
  ...row.fetched.map((one) => one.agent), ...row.findings.flatMap((one) => [one.rule, one.severity, one.text]),
].join("\n").toLowerCase());

function fits(row, needles) {
  return (!filter.state || row.state === filter.state) && (!filter.agent || row.agent === filter.agent)
    && (!filter.type || row.type === filter.type)
    && (!filter.severity || (filter.severity === "none" ? row.worst === 0 : row.worst >= RANK[filter.severity]))
    && needles.every((needle) => hay(row).includes(needle));
}

function sift() {
  const needles = filter.find.toLowerCase().split(/\s+/).filter(Boolean);
  grid.view = grid.order.filter((index) => fits(ledger[index], needles));
  if (!grid.view.includes(grid.open)) grid.open = -1;
  if (!grid.view.includes(grid.active)) grid.active = -1;
  const [all, some] = [ledger.length, grid.view.length];
  $("count").textContent = all === some ? count(all, "transfer") : `${NUMBER.format(some)} of ${count(all, "transfer")}`;
  $("grid").setAttribute("aria-rowcount", some + 1);
  $("grid-empty").hidden = some > 0;
  $("grid-empty").textContent = all ? "No transfer fits this filter." : "No file was linked, sent or received.";
  $("clear").hidden = !Object.values(filter).some(Boolean);
  redraw();
}

function sort(column, down) {
  const key = COLUMNS[column][2];
  const keys = ledger.map(key);
  const text = typeof keys[0] === "string";
  const compare = text ? (a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b) : (a, b) => (keys[a] === keys[b] ? a - b : keys[a] - keys[b]);
  grid.order = ledger.map((row) => row.index).sort(compare);
  if (down) grid.order.reverse();
  Object.assign(grid, { column, down });
  [...$("grid").tHead.rows[0].cells].forEach((cell, number) => cell.setAttribute("aria-sort", number !== column ? "none" : down ? "descending" : "ascending"));
  sift();
}

const badge = (state) => el("span", { class: `badge state-${state}` }, state);

function found(row) {
  const shown = row.findings.filter((one) => !one.excused).sort((a, b) => RANK[b.severity] - RANK[a.severity]);
  if (!shown.length) return el("span", { class: "dim" }, "–");
  const more = shown.length > 2 ? el("span", { class: "dim", title: shown.map((one) => one.rule).join(", ") }, ` +${shown.length - 2}`) : null;
  return el("span", { class: "tags" }, shown.slice(0, 2).map((one) => el("span", { class: `tag ${one.severity}`, title: one.text }, one.rule)), more);
}

function cells(row) {
  const { day, time } = instant(row.at);
  const lag = row.told?.lag ?? null;
  const arrow = row.direction === "customer" ? "←" : "→";
  const name = row.name || row.document;
  return [
    [el("span", { class: "dim" }, day, " "), time || el("span", { class: "dim" }, "–")],
    el("bdi", {}, row.agent),
    el("code", { title: row.chat }, el("bdi", {}, short(row.chat, 24))),
    [el("span", { class: `way ${row.direction === "customer" ? "in" : "out"}`, title: row.direction === "customer" ? "from the customer" : "to the customer" }, arrow),
      el("bdi", { class: row.name ? "" : "dim", title: short(name, 300) }, short(name, 200))],
    el("bdi", { title: row.detected && row.declared && row.detected !== row.declared ? `declared ${row.declared}` : "" }, row.type === "not known" ? el("span", { class: "dim" }, "–") : row.type),
    el("span", { title: row.size === null || row.size === undefined ? "" : `${NUMBER.format(row.size)} bytes` }, bytes(row.size) || el("span", { class: "dim" }, "–")),
    badge(row.state),
    lag === null ? el("span", { class: "dim" }, "–") : el("span", { class: lag < 0 ? "early" : "", title: lag < 0 ? "It was told of before the reply" : "" }, duration(lag)),
    found(row),
  ];
}

function rowOf(position) {
  const row = ledger[grid.view[position]];
  const isOpen = grid.open === row.index;
  const made = el("tr", { id: `row-${row.index}`, class: "row", "aria-rowindex": position + 2, "aria-expanded": String(isOpen), "aria-selected": String(grid.active === row.index) },
    cells(row).map((content, number) => el("td", { class: COLUMNS[number][1] }, content)));
  if (grid.active === row.index) made.classList.add("active");
  made.addEventListener("click", (event) => {
    if (event.target.closest("a, button")) return;
    grid.active = row.index;
    toggle(row.index);
  });
  return made;
}

const openAt = () => (grid.open < 0 ? -1 : grid.view.indexOf(grid.open));
const top = (position, open) => position * ROW + (open >= 0 && position > open ? grid.height : 0);

// Rows that come into sight are added, those out of it go; what stays is not touched, so it keeps its focus.
function draw(again = true) {
  const [open, total, tall] = [openAt(), grid.view.length, box.clientHeight];
  const [from, to] = grid.all ? [0, Infinity] : [box.scrollTop, box.scrollTop + box.clientHeight];
  const at = (y) => (open >= 0 && y > (open + 1) * ROW ? Math.max(open, Math.floor((y - grid.height) / ROW)) : Math.floor(y / ROW));
  const first = Math.max(0, Math.min(at(from) - SPARE, total - 1));
  const last = Math.min(total, at(to) + SPARE + 1);
  const wanted = new Set();
  for (let position = first; position < last; position += 1) {
    wanted.add(grid.view[position]);
    if (grid.view[position] === grid.open || (grid.all && ledger[grid.view[position]].worst)) wanted.add(`d${grid.view[position]}`);
  }
  for (const [key, row] of grid.shown) if (!wanted.has(key)) { row.remove(); grid.shown.delete(key); }
  let next = above.nextSibling;
  let position = first - 1;
  for (const key of wanted) {
    if (typeof key === "number") position += 1;
    let row = grid.shown.get(key);
    if (!row) {
      row = typeof key === "number" ? rowOf(position) : detailsRow(ledger[grid.view[position]]);
      grid.shown.set(key, row);
    }
    if (row === next) next = row.nextSibling;
    else body.insertBefore(row, next);
  }
  if (open >= 0 && !grid.all && grid.shown.has(`d${grid.open}`)) grid.height = grid.shown.get(`d${grid.open}`).offsetHeight || grid.height;
  above.firstChild.style.height = `${top(first, open)}px`;
  below.firstChild.style.height = grid.all ? "0px" : `${Math.max(0, top(total, open) - top(last, open))}px`;
  if (again && box.clientHeight > tall) draw(false); // it grew with what it holds
  $("grid").setAttribute("aria-activedescendant", grid.shown.has(grid.active) ? `row-${grid.active}` : "");
}

function redraw() {
  grid.shown.clear();
  body.replaceChildren(above, below);
  draw();
}

function toggle(index, wanted = grid.open !== index) {
  grid.open = wanted ? index : -1;
  grid.height = 0;
  redraw();
  if (wanted) reveal(index);
}

// Scrolls the ledger, if it must, so that a row (and as much as fits of what it opened) can be seen.
function reveal(index) {
  const [position, open] = [grid.view.indexOf(index), openAt()];
  if (position < 0) return;
  const [y, head] = [top(position, open), $("grid").tHead.offsetHeight];
  const tall = ROW + (grid.open === index ? Math.min(grid.height, box.clientHeight - head - ROW) : 0);
  if (y < box.scrollTop) box.scrollTop = y;
  else if (y + tall > box.scrollTop + box.clientHeight - head) box.scrollTop = y + tall - box.clientHeight + head;
  draw();
}

function move(steps) {
  if (!grid.view.length) return;
  const position = grid.view.indexOf(grid.active);
  const start = position < 0 && steps < 0 ? grid.view.length : position;
  const next = Math.max(0, Math.min(grid.view.length - 1, start + steps));
  const before = grid.shown.get(grid.active);
  before?.classList.remove("active");
  before?.setAttribute("aria-selected", "false");
  grid.active = grid.view[next];
  reveal(grid.active);
  const row = grid.shown.get(grid.active);
  row?.classList.add("active");
  row?.setAttribute("aria-selected", "true");
}

// The ledger with this filter alone; for whatever in the page names some of its rows.
function only(wanted) {
  Object.assign(filter, { find: "", state: "", severity: "", agent: "", type: "" }, wanted);
  $("find").value = filter.find;
  for (const name of ["state", "severity", "agent", "type"]) $(`by-${name}`).value = filter[name];
  box.scrollTop = 0;
  sift();
  $("ledger").scrollIntoView();
}

function showRow(index) {
  if (!grid.view.includes(index)) only({});
  grid.active = index;
  toggle(index, true);
  box.scrollIntoView({ block: "nearest" });
  $("grid").focus({ preventScroll: true });
}

function options(select, first, values) {
  select.append(el("option", { value: "" }, first), ...values.map(([value, amount]) => el("option", { value }, `${short(value, 60)}${amount === undefined ? "" : ` (${NUMBER.format(amount)})`}`)));
}

function startLedger() {
  const most = (name) => [...tally(ledger.map((row) => row[name]))].sort(([, a], [, b]) => b - a).slice(0, 1000);
  options($("by-state"), "any", most("state"));
  options($("by-agent"), "any", most("agent"));
  options($("by-type"), "any", most("type"));
  $("by-severity").append(...[["", "any"], ["error", "errors"], ["warning", "warnings and worse"], ["info", "any finding"], ["none", "none"]].map(([value, label]) => el("option", { value }, label)));
  for (const name of ["state", "severity", "agent", "type"]) $(`by-${name}`).addEventListener("change", (event) => { filter[name] = event.target.value; box.scrollTop = 0; sift(); });
  let waiting = 0;
  $("find").addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => { filter.find = $("find").value; box.scrollTop = 0; sift(); });
  });
  $("clear").addEventListener("click", () => { only({}); $("find").focus(); });
  $("grid").tHead.append(el("tr", { "aria-rowindex": 1 }, COLUMNS.map(([title, name], number) => el("th", { scope: "col", class: name, "aria-sort": "none" },
    el("button", { type: "button", onclick: () => sort(number, grid.column === number && !grid.down) }, title, el("span", { class: "arrow", "aria-hidden": "true" }))))));
  $("grid").tabIndex = 0;
  $("grid").addEventListener("keydown", keyed);
  box.addEventListener("scroll", () => requestAnimationFrame(() => draw()), { passive: true });
  new ResizeObserver(() => draw()).observe(box);
  sort(0, false);
}

function keyed(event) {
  if (event.target !== $("grid")) return;
  const page = Math.max(1, Math.floor(box.clientHeight / ROW) - 2);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, End: ledger.length, Home: -ledger.length }[event.key];
  const inside = event.key === "Tab" && !event.shiftKey && grid.shown.get(`d${grid.open}`)?.querySelector("a, button");
  if (steps) move(steps);
  else if (inside) inside.focus();
  else if ((event.key === "Enter" || event.key === " ") && grid.active >= 0) toggle(grid.active);
  else if (event.key === "Escape" && grid.open >= 0) toggle(grid.open, false);
  else return;
  event.preventDefault();
}
