"use strict";
for (const [id, figure] of Object.entries(readData("figures"))) {
  draw(document.getElementById(id), figure);
}

const body = document.querySelector("#trials tbody");

function compareCells(column, direction) {
  return (first, second) => {
    const [a, b] = [first, second].map((row) => row.cells[column].dataset.value);
    const [x, y] = [Number(a), Number(b)];
    const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
    return direction * order;
  };
}

document.querySelectorAll("#trials th").forEach((header, column) => {
  header.querySelector("button").addEventListener("click", () => {
    const descending = header.ariaSort === "ascending";
    document.querySelectorAll("#trials th").forEach((other) => { other.ariaSort = null; });
    header.ariaSort = descending ? "descending" : "ascending";
    body.append(...[...body.rows].sort(compareCells(column, descending ? -1 : 1)));
  });
});

document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of body.rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
});
