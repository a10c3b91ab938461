"use strict";
const find = (selector, within = document) => [...within.querySelectorAll(selector)];
const [search, pick, show, order, matches, help, message] = ["#search", "#pick", "#show", "#order", "#matches", "#help", ".message"].map(
  (selector) => document.querySelector(selector),
);
const heads = find("thead [data-candidate]");
const ofCandidates = find("[data-candidate]:not(th)");
const groups = find(".matrix tbody").map((body) => {
  const [head, ...rows] = body.rows;
  const label = head.cells[0].querySelector("span");
  const button = document.createElement("button");
  button.textContent = label.textContent;
  label.replaceWith(button);
  const group = { body, button, rows: rows.map((row) => rowOf(row, label.textContent)), open: false };
  button.addEventListener("click", () => fold(group, !group.open));
  return group;
});
const differences = find(".difference").map((element) => ({
  element, cause: element.closest(".cause").firstElementChild, summary: element.firstElementChild,
})).map((item) => ({ ...item, text: `${item.cause.textContent} ${item.summary.textContent}`.toLowerCase() }));
const causes = find(".cause");
const tables = new Map(heads.map((head) => [head, [...head.closest("table").rows].map((row) => row.cells[head.cellIndex]).filter(Boolean)]));

function rowOf(row, group) {
  const details = row.querySelector("details");
  const name = `${group} ${details.firstElementChild.textContent}`.toLowerCase();
  return { row, details, name, text: `${name} ${details.textContent}`.toLowerCase() };
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
  const isOther = (element) => pick.value !== "" && element.dataset.candidate !== pick.value;
  for (const element of ofCandidates) {
    element.hidden = isOther(element);
  }
  for (const [head, cells] of tables) {
    for (const cell of cells) {
      cell.hidden = isOther(head);
    }
  }
  const rows = [];
  for (const group of groups) {
    const left = group.rows.filter(({ text, row }) => text.includes(asked) && wanted([...row.cells].slice(1)));
    for (const item of group.rows) {
      item.row.hidden = !left.includes(item);
      openForSearch(item, asked);
    }
    group.body.hidden = left.length === 0;
    fold(group, asked !== "" || show.value !== "" || group.open);
    rows.push(...left.map(({ details }) => details));
  }
  const shown = [];
  for (const { element, text } of differences) {
    element.hidden = !text.includes(asked);
    if (!element.hidden && !element.closest(".candidate").hidden) {
      shown.push(element);
    }
  }
  for (const cause of causes) {
    cause.hidden = asked !== "" && !cause.querySelector(".difference:not([hidden])") && !cause.textContent.toLowerCase().includes(asked);
  }
  const isNarrowed = asked !== "" || show.value !== "" || pick.value !== "";
  matches.replaceChildren(...(isNarrowed ? [matchesOf("row", rows), ", ", matchesOf("difference", shown)] : []));
  highlight(asked, [...rows, ...shown.flatMap((element) => [element.firstElementChild, element.closest(".cause").firstElementChild])]);
}

// A row that matches by its text alone is opened, to show why, and closed when it matches no more.
function openForSearch({ row, details, name }, asked) {
  const isWanted = asked !== "" && !row.hidden && !name.includes(asked);
  if (isWanted || details.dataset.opened) {
    details.open = isWanted;
    details.dataset.opened = isWanted ? "yes" : "";
  }
}

// How many there are, as a button that leads to the first.
function matchesOf(noun, elements) {
  const text = `${elements.length} ${noun}${elements.length === 1 ? "" : "s"}`;
  if (elements.length === 0) {
    return text;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.addEventListener("click", () => goTo(elements[0]));
  return button;
}

function goTo(element) {
  reach(element);
  element.querySelector("summary")?.focus({ preventScroll: true });
}

function highlight(asked, elements) {
  if (!("highlights" in CSS)) {
    return;
  }
  const ranges = [];
  for (const element of asked === "" ? [] : new Set(elements)) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const at = node.data.toLowerCase().indexOf(asked);
      if (at >= 0) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, Math.min(at + asked.length, node.length));
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("search", new Highlight(...ranges));
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

function notify(text) {
  message.textContent = text;
  setTimeout(() => { message.textContent = ""; }, 1600);
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
  for (let details = target.closest("details"); details; details = details.parentElement.closest("details")) {
    details.open = true;
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

function copy(text, noun) {
  navigator.clipboard.writeText(text).then(() => notify(`${noun} copied`), () => notify("could not be copied"));
}

// A page of two hundred differences gets its buttons as it is opened, not all at once.
function addButtons(difference) {
  if (difference.dataset.ready) {
    return;
  }
  difference.dataset.ready = "yes";
  for (const [pre, noun] of find("pre.command, .source pre", difference).map((pre) => [pre, pre.matches(".command") ? "command" : "text"])) {
    const button = document.createElement("button");
    button.className = "copy";
    button.textContent = `copy ${noun}`;
    button.addEventListener("click", () => copy(pre.matches(".command") ? pre.textContent.split("\n")[0] : pre.textContent, noun));
    pre.after(button);
  }
  const link = difference.querySelector(".facts a");
  link.addEventListener("click", () => copy(link.href, "link"));
}

function addRowLink(details) {
  if (details.querySelector(".copy")) {
    return;
  }
  const link = document.createElement("a");
  link.className = "copy";
  link.href = `#${details.id}`;
  link.textContent = "link to this row";
  link.addEventListener("click", () => copy(link.href, "link"));
  details.append(link);
}

function step(by) {
  const all = differences.map(({ element }) => element).filter((element) => element.offsetParent);
  const at = all.findIndex((element) => element.contains(document.activeElement));
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
document.querySelector(".tools").addEventListener("submit", (event) => {
  event.preventDefault();
  matches.querySelector("button")?.click();
});
// What is wider than its place says so: some systems show no scroll bar.
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    target.classList.toggle("wide", target.scrollWidth > target.clientWidth + 1);
  }
});
for (const element of find(".scroll")) {
  widths.observe(element);
}
document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.matches(".difference")) {
    addButtons(event.target);
  } else if (event.target.open && event.target.matches(".matrix details")) {
    addRowLink(event.target);
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
  for (const details of find("details:not(.source)")) {
    details.open = true;
  }
});
for (const difference of find(".difference[open]")) {
  addButtons(difference);
}
follow();
