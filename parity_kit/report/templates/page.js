"use strict";
const pick = document.getElementById("pick");
const heads = [...document.querySelectorAll("thead [data-candidate]")];
const marked = [...document.querySelectorAll("[data-candidate]:not(th)")];
pick.parentElement.hidden = pick.options.length < 3;
pick.addEventListener("change", () => {
  const other = (each) => pick.value !== "" && each.dataset.candidate !== pick.value;
  for (const each of marked) {
    each.hidden = other(each);
  }
  for (const head of heads) {
    for (const row of head.closest("table").rows) {
      row.cells[head.cellIndex].hidden = other(head);
    }
  }
});

const openTarget = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    for (let each = target; each; each = each.parentElement.closest("details")) {
      each.open = true;
    }
    target.scrollIntoView();
  }
};
addEventListener("hashchange", openTarget);
openTarget();

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.key !== "j" && event.key !== "k")) {
    return;
  }
  if (event.target instanceof HTMLSelectElement) {
    return;
  }
  const all = [...document.querySelectorAll("details.difference")].filter((each) => each.offsetParent);
  const at = all.findIndex((each) => each.contains(document.activeElement));
  const next = all[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
  if (next) {
    next.open = true;
    next.querySelector("summary").focus();
    next.scrollIntoView({ block: "start" });
  }
});

addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) {
    each.open = true;
  }
});
