"use strict";
const find = (selector, within = document) => [...within.querySelectorAll(selector)];
const [search, pick, show, order, count, help, said] = ["#search", "#pick", "#show", "#order", "#found", "#help", ".said"].map(
  (selector) => document.querySelector(selector),
);
const heads = find("thead [data-candidate]");
const marked = find("[data-candidate]:not(th)");
const groups = find(".matrix tbody").map((body) => {
  const [head, ...rows] = body.rows;
  const label = head.cells[0].querySelector("span");
  const button = document.createElement("button");
  button.textContent = label.textContent;
  label.replaceWith(button);
  const group = { body, button, rows: rows.map((row) => ({ row, text: textOf(row, label.textContent) })), open: false };
  button.addEventListener("click", () => fold(group, !group.open));
  return group;
});
const differences = find(".difference").map((each) => ({
  each, text: `${each.closest(".cause").firstElementChild.textContent} ${each.firstElementChild.textContent}`.toLowerCase(),
}));
const causes = find(".cause");
const tables = new Map(heads.map((head) => [head, [...head.closest("table").rows].map((row) => row.cells[head.cellIndex]).filter(Boolean)]));

function textOf(row, group) {
  return `${group} ${row.cells[0].textContent}`.toLowerCase();
}

function fold(group, open) {
  group.open = open;
  group.body.classList.toggle("folded", !open);
  group.button.setAttribute("aria-expanded", String(open));
}

// What is asked for is in the fragment behind a place's name: #place?q=text&show=bad
function fragment() {
  const [place, ...query] = location.hash.slice(1).split("?");
  return { place, query: new URLSearchParams(query.join("?")) };
}

function address(place) {
  const query = new URLSearchParams();
  for (const [name, control] of [["q", search], ["candidate", pick], ["show", show], ["order", order]]) {
    if (control.value !== "") {
      query.set(name, control.value);
    }
  }
  const text = query.toString();
  return `#${place}${text ? `?${text}` : ""}`;
}

function remember() {
  history.replaceState(null, "", address(fragment().place));
}

function wanted(cells) {
  const own = pick.selectedIndex > 0 ? [cells[pick.selectedIndex - 1]] : cells;
  if (show.value === "bad") {
    return own.some((cell) => cell.classList.contains("bad"));
  }
  return show.value !== "open" || own.some((cell) => !cell.classList.contains("good"));
}

function apply() {
  const asked = search.value.trim().toLowerCase();
  const isOther = (each) => pick.value !== "" && each.dataset.candidate !== pick.value;
  for (const each of marked) {
    each.hidden = isOther(each);
  }
  for (const [head, cells] of tables) {
    for (const cell of cells) {
      cell.hidden = isOther(head);
    }
  }
  let rows = 0;
  for (const group of groups) {
    let left = 0;
    for (const { row, text } of group.rows) {
      row.hidden = !(text.includes(asked) && wanted([...row.cells].slice(1)));
      left += !row.hidden;
    }
    group.body.hidden = left === 0;
    fold(group, asked !== "" || show.value !== "" || group.open);
    rows += left;
  }
  let shown = 0;
  for (const { each, text } of differences) {
    each.hidden = !text.includes(asked);
    shown += !each.hidden && each.closest(".candidate").hidden === false;
  }
  for (const cause of causes) {
    cause.hidden = asked !== "" && !cause.querySelector(".difference:not([hidden])") && !cause.textContent.toLowerCase().includes(asked);
  }
  const isNarrowed = asked !== "" || show.value !== "" || pick.value !== "";
  count.textContent = isNarrowed ? `${rows} rows, ${shown} differences` : "";
}

function sort() {
  for (const group of groups) {
    const rows = group.rows.map(({ row }) => row);
    if (order.value === "name") {
      rows.sort((a, b) => a.cells[0].textContent.localeCompare(b.cells[0].textContent));
    }
    group.body.append(...rows);
  }
}

function say(text) {
  said.textContent = text;
  setTimeout(() => { said.textContent = ""; }, 1600);
}

// A place that is searched or filtered away is shown again: whoever asks for it wants to see it.
function reach(target) {
  if (!target) {
    return;
  }
  if (target.closest("[hidden]")) {
    search.value = pick.value = show.value = "";
    apply();
  }
  const group = groups.find(({ body }) => body.contains(target));
  if (group) {
    fold(group, true);
  }
  for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) {
    each.open = true;
  }
  target.scrollIntoView();
}

function follow() {
  const { place, query } = fragment();
  search.value = query.get("q") ?? "";
  pick.value = query.get("candidate") ?? "";
  pick.selectedIndex = Math.max(pick.selectedIndex, 0);
  show.value = query.get("show") ?? "";
  show.selectedIndex = Math.max(show.selectedIndex, 0);
  order.value = query.get("order") ?? "";
  order.selectedIndex = Math.max(order.selectedIndex, 0);
  sort();
  apply();
  reach(place && document.getElementById(place));
}

function copy(text, what) {
  navigator.clipboard.writeText(text).then(() => say(`${what} copied`), () => say("could not be copied"));
}

// A page of two hundred differences gets its buttons as it is opened, not all at once.
function dress(each) {
  if (each.dataset.dressed) {
    return;
  }
  each.dataset.dressed = "yes";
  for (const [pre, what] of find("pre.command, .source pre", each).map((pre) => [pre, pre.matches(".command") ? "command" : "text"])) {
    const button = document.createElement("button");
    button.className = "copy";
    button.textContent = `copy ${what}`;
    button.addEventListener("click", () => copy(pre.matches(".command") ? pre.textContent.split("\n")[0] : pre.textContent, what));
    pre.after(button);
  }
  const link = each.querySelector(".facts a");
  link.addEventListener("click", () => copy(link.href, "link"));
}

function dressRow(each) {
  if (each.querySelector(".copy")) {
    return;
  }
  const link = document.createElement("a");
  link.className = "copy";
  link.href = `#${each.id}`;
  link.textContent = "link to this row";
  link.addEventListener("click", () => copy(link.href, "link"));
  each.append(link);
}

function step(by) {
  const all = differences.map(({ each }) => each).filter((each) => each.offsetParent);
  const at = all.findIndex((each) => each.contains(document.activeElement));
  const next = all[by > 0 ? at + 1 : Math.max(at - 1, 0)];
  if (next) {
    next.open = true;
    next.firstElementChild.focus();
    next.scrollIntoView({ block: "start" });
  }
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => search.focus(),
  "?": () => help.showModal(),
};

document.querySelector(".tools").hidden = false;
pick.parentElement.hidden = pick.options.length < 3;
for (const control of [search, pick, show, order]) {
  control.addEventListener("input", () => {
    if (control === order) {
      sort();
    }
    apply();
    remember();
  });
}
// A link inside the page keeps what is asked for.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  event.preventDefault();
  const place = link.hash.slice(1);
  reach(document.getElementById(place));
  history.pushState(null, "", address(place));
  document.getElementById(place)?.querySelector("summary, a, button")?.focus({ preventScroll: true });
});
document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".difference")) {
    dress(event.target);
  } else if (event.target.open && event.target.matches(".matrix details")) {
    dressRow(event.target);
  }
}, true);
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.target === search && event.key === "Escape") {
    search.value = "";
    search.blur();
    apply();
    remember();
    return;
  }
  if (event.target.matches("input, select, textarea") || help.open || !(event.key in keys)) {
    return;
  }
  event.preventDefault();
  keys[event.key]();
});
addEventListener("beforeprint", () => {
  for (const each of find("details:not(.source)")) {
    each.open = true;
  }
});
for (const each of find(".difference[open]")) {
  dress(each);
}
follow();
