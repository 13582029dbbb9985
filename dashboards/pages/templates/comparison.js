"use strict";
// One after another, so that the first can be looked at before the last is drawn.
async function drawAll(figures) {
  for (const [id, figure] of Object.entries(figures)) {
    await draw(document.getElementById(id), figure);
    await new Promise((resolve) => { setTimeout(resolve); });
  }
}
drawAll(readData("figures"));

// More rows at once make typing slow, and nobody reads them.
const VISIBLE_ROWS = 500;
const columns = readData("trial-columns");
const names = Object.keys(columns);
const total = names.length ? columns[names[0]].length : 0;
const body = document.querySelector("#trials tbody");
const filter = document.getElementById("filter");
const isLoss = (name) => name.endsWith("_loss");
const isNumber = (name) => name.endsWith("_accuracy") || isLoss(name) || name === "seconds";
let order = [...Array(total).keys()];

function shownValue(name, value) {
  if (value === null) return "–";
  if (name.endsWith("_accuracy")) return `${(100 * value).toFixed(2)} %`;
  if (isLoss(name) || name === "seconds") return String(Number(value.toPrecision(4)));
  return String(value);
}

// What the filter looks at, made once.
const texts = order.map((row) =>
  names.map((name) => shownValue(name, columns[name][row])).join(" ").toLowerCase());

function makeCell(name, row) {
  const cell = document.createElement("td");
  const value = columns[name][row];
  cell.dataset.value = value;
  cell.className = isNumber(name) ? "number" : "";
  if (name === "trial_id") {
    const link = document.createElement("a");
    link.href = `confusion.html#trial=${encodeURIComponent(value)}`;
    link.textContent = value;
    cell.append(link);
  } else {
    cell.textContent = shownValue(name, value);
  }
  return cell;
}

function makeRow(row) {
  const line = document.createElement("tr");
  line.append(...names.map((name) => makeCell(name, row)));
  return line;
}

function showRows() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = order.filter((row) => words.every((word) => texts[row].includes(word)));
  body.replaceChildren(...found.slice(0, VISIBLE_ROWS).map(makeRow));
  const visible = Math.min(found.length, VISIBLE_ROWS).toLocaleString("en");
  document.getElementById("shown").textContent =
    `showing ${visible} of ${total.toLocaleString("en")}`;
}

function compareValues(values, direction) {
  return (first, second) => {
    const [a, b] = [values[first], values[second]];
    // What is missing comes last either way.
    if (a === null || b === null) return (a === null) - (b === null);
    const numeric = typeof a === "number" && typeof b === "number";
    return direction * (numeric ? a - b : String(a).localeCompare(String(b)));
  };
}

document.querySelectorAll("#trials th").forEach((header, column) => {
  header.querySelector("button").addEventListener("click", () => {
    const descending = header.ariaSort === "ascending";
    document.querySelectorAll("#trials th").forEach((other) => { other.ariaSort = null; });
    header.ariaSort = descending ? "descending" : "ascending";
    order.sort(compareValues(columns[names[column]], descending ? -1 : 1));
    showRows();
  });
});

filter.addEventListener("input", () => {
  const words = filter.value.trim();
  const fragment = words ? `#filter=${encodeURIComponent(words)}` : "#";
  history.replaceState(null, "", fragment);
  showRows();
});

function readFilter() {
  const words = new URLSearchParams(location.hash.slice(1)).get("filter");
  if (words === null) return;
  filter.value = words;
  showRows();
  document.getElementById("trials").scrollIntoView();
}

function trialRecords() {
  return Array.from({ length: total }, (_, row) =>
    Object.fromEntries(names.map((name) => [name, columns[name][row]])));
}

document.getElementById("download").addEventListener("click", () => {
  downloadJson("comparison.json", { ...readData("tables"), trials: trialRecords() });
});

addEventListener("hashchange", readFilter);
showRows();
readFilter();
