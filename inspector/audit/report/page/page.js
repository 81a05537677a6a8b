// The page as a whole: its links, its keys, its colours, and what it looks like on paper.

function follow(hash) {
  const [kind, ...numbers] = hash.slice(1).split("-");
  if (kind === "x") return showExchange(Number(numbers[0]), Number(numbers[1]));
  if ($("exchange").open) $("exchange").close();
  if (kind === "c") return showEvent(Number(numbers[0]), Number(numbers[1]), numbers[2]);
  if (kind === "t" && ledger[numbers[0]]) return showRow(Number(numbers[0]));
  if (/^GW\d{3}$/.test(kind)) {
    const rule = $(kind);
    for (const one of document.querySelectorAll(".rule.target")) one.classList.remove("target");
    rule?.classList.add("target");
    rule?.scrollIntoView({ block: "center" });
    rule?.focus({ preventScroll: true });
  }
}

// A link to where one is already does nothing by itself.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a");
  const hash = link && (link.getAttribute("href") ?? "");
  if (hash?.startsWith("#") && /^#(x-|c-|t-|GW)/.test(hash)) {
    event.preventDefault();
    history.pushState(null, "", hash);
    follow(hash);
  }
});
addEventListener("popstate", () => { if (location.hash) follow(location.hash); else if ($("exchange").open) $("exchange").close(); });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("exchange").open) return;
  if (event.key === "/" && !isTyping(event.target)) {
    event.preventDefault();
    $("find").focus();
    $("find").select();
  } else if (event.key === "Escape" && event.target === $("find")) {
    if ($("find").value) { $("find").value = ""; filter.find = ""; sift(); } else { $("grid").focus({ preventScroll: true }); }
  } else if (event.key === "ArrowDown" && event.target === $("find")) {
    event.preventDefault();
    $("grid").focus({ preventScroll: true });
    if (grid.active < 0) move(1);
  } else if (event.key === "Escape" && grid.open >= 0 && event.target.closest?.(".details")) {
    toggle(grid.open, false);
    $("grid").focus({ preventScroll: true });
  }
});

function startTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  $("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });
}

// On paper nothing can be opened: rows stand there all, those with findings with their details.
const PAPER = { rows: 5000, chats: 20 };

function onPaper(is) {
  if (grid.all === is) return;
  grid.all = is;
  const view = grid.view;
  if (is && view.length > PAPER.rows) {
    grid.view = view.slice(0, PAPER.rows);
    $("ledger").append(el("p", { class: "paper notice" }, `${count(view.length - PAPER.rows, "more row")} are not on paper; gws-inspector audit --format csv has all.`));
  }
  for (const old of document.querySelectorAll(".paper")) if (!is) old.remove();
  if (is) {
    const told = chats().filter((chat) => chat.index !== showing.chat).slice(0, PAPER.chats - 1);
    $("chats-body").append(el("div", { class: "paper" }, told.map((chat) => el("div", {}, chatParts(chat)))));
  }
  for (const one of document.querySelectorAll("details")) {
    if (is) { one.dataset.was = String(one.open); one.open = true; } else if (one.dataset.was) one.open = one.dataset.was === "true";
  }
  redraw();
  if (!is) sift();
}

function showRulePlaces() {
  for (const [rule, broken] of rulesBroken) {
    const spot = $(rule)?.querySelector(".places");
    if (!spot) continue;
    const shown = broken.told.slice(0, 12);
    spot.append(broken.told.length ? `Broken ${count(broken.told.length, "time")}: ` : "", ...shown.flatMap((found, number) => [number ? " " : "", raw(found.session, found.exchange, placeOf(found))]),
      broken.told.length > shown.length ? ` and ${NUMBER.format(broken.told.length - shown.length)} more` : "",
      broken.excused ? `${broken.told.length ? "; " : ""}excused ${count(broken.excused, "time")}` : "");
  }
}

function makeDigests() {
  for (const code of document.querySelectorAll(".rests code.digest")) {
    code.title = code.textContent;
    code.after(copying(code.textContent, "digest"));
  }
}

showSentence();
showStates();
showFindings();
showDelays();
showTotals();
startLedger();
showChats();
showOthers();
showRulePlaces();
startExchange();
startTheme();
makeDigests();
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));
matchMedia("print").addEventListener("change", (event) => onPaper(event.matches));
if (location.hash) follow(location.hash);
document.documentElement.dataset.ready = "";
