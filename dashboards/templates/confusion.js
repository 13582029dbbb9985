"use strict";
// Shown of one confusion pair at most, so that a network with one answer doesn't fill the page.
const CAP = 60;
const data = readData("data");
const controls = Object.fromEntries(
  ["cell", "seed", "label", "taken"].map((id) => [id, document.getElementById(id)]),
);
const classes = [...Array(data.classes).keys()];

function unpack(text, Type) {
  return new Type(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}

function currentTrial() {
  return data.trials.find(
    (trial) => trial.cell === controls.cell.value && String(trial.seed) === controls.seed.value,
  );
}

function fillSeeds() {
  const chosen = controls.seed.value;
  const seeds = data.trials.filter((trial) => trial.cell === controls.cell.value);
  fill(controls.seed, seeds.map((trial) => [trial.seed, trial.seed]));
  if (seeds.some((trial) => String(trial.seed) === chosen)) controls.seed.value = chosen;
}

function heatmap(z, more) {
  return {
    type: "heatmap", z, x: classes, y: classes, xgap: 1, ygap: 1, textOnPage: true,
    text: z.map((row) => row.map((count) => count ?? "")), hoverongaps: false,
    hovertemplate: "true %{y}, taken for %{x}: %{text}<extra></extra>", ...more,
    texttemplate: data.classes <= 20 ? "%{text}" : "",
  };
}

function drawMatrix(trial) {
  const off = trial.matrix.map((row, i) => row.map((count, j) => (i === j ? null : count)));
  const diagonal = trial.matrix.map((row, i) => row.map((count, j) => (i === j ? count : null)));
  const largest = Math.max(1, ...off.flat());
  const colors = [[0, "rgba(213,94,0,0)"], [1, "rgba(213,94,0,0.9)"]];
  const clear = [[0, "rgba(128,128,128,0.12)"], [1, "rgba(128,128,128,0.12)"]];
  const axis = { tickmode: "linear", dtick: data.classes <= 20 ? 1 : 10, showgrid: false };
  draw(document.getElementById("matrix"), {
    data: [
      heatmap(off, { zmin: 0, zmax: largest, colorscale: colors, colorbar: { title: { text: "errors" } } }),
      heatmap(diagonal, { showscale: false, colorscale: clear }),
    ],
    layout: {
      height: 560, margin: { l: 60, r: 10, t: 20, b: 50 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: { ...axis, title: { text: "taken for" } },
      yaxis: { ...axis, title: { text: "true class" }, autorange: "reversed" },
    },
  });
}

function misread(trial) {
  const subset = data.subsets[trial.subset];
  const index = unpack(subset.index, Uint32Array);
  const label = unpack(subset.label, Uint16Array);
  const predicted = unpack(trial.predicted, Uint16Array);
  const confidence = unpack(trial.confidence, Uint8Array);
  const found = [];
  for (let i = 0; i < index.length; i += 1) {
    if (label[i] !== predicted[i]) {
      found.push({ index: index[i], label: label[i], predicted: predicted[i], confidence: confidence[i] });
    }
  }
  return found;
}

function picture(image) {
  const item = document.createElement("li");
  const shown = document.createElement("img");
  const caption = document.createElement("span");
  const png = data.images[image.index];
  if (png) shown.src = `data:image/png;base64,${png}`;
  shown.alt = `test image ${image.index}, a ${image.label} taken for ${image.predicted}`;
  shown.title = shown.alt;
  caption.textContent = `${image.predicted} · ${image.confidence === 255 ? "NaN" : `${image.confidence} %`}`;
  item.append(shown, caption);
  return item;
}

function drawGallery(trial) {
  const [label, taken] = [controls.label.value, controls.taken.value];
  const wrong = misread(trial).filter(
    (image) => String(image.label) === label && (taken === "" || String(image.predicted) === taken),
  );
  const pairs = new Map();
  const shown = wrong.filter((image) => {
    pairs.set(image.predicted, (pairs.get(image.predicted) ?? 0) + 1);
    return pairs.get(image.predicted) <= CAP;
  });
  const total = trial.matrix[label].reduce((sum, count) => sum + count, 0);
  const capped = shown.length < wrong.length ? `; shown are the first ${CAP} of each confusion` : "";
  const what = taken === "" ? "misread" : `taken for ${taken}`;
  document.getElementById("count").textContent =
    `${wrong.length} of ${total} test images of class ${label} are ${what}${capped}.`;
  document.getElementById("gallery").replaceChildren(...shown.map(picture));
}

function show({ matrix = true } = {}) {
  const trial = currentTrial();
  const link = new URLSearchParams({ trial: trial.id, label: controls.label.value });
  if (controls.taken.value !== "") link.set("taken", controls.taken.value);
  history.replaceState(null, "", `#${link}`);
  document.getElementById("accuracy").textContent =
    `${trial.outcome}, test accuracy ${(100 * trial.accuracy).toFixed(2)} % of ` +
    `${trial.matrix.flat().reduce((sum, count) => sum + count, 0)} test images`;
  if (matrix) drawMatrix(trial);
  drawGallery(trial);
}

function restore() {
  const link = new URLSearchParams(location.hash.slice(1));
  const best = data.trials.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const trial = data.trials.find(({ id }) => id === link.get("trial")) ?? best;
  controls.cell.value = trial.cell;
  fillSeeds();
  controls.seed.value = trial.seed;
  const worst = trial.matrix.map((row, i) => row.reduce((sum, n) => sum + n, 0) - row[i]);
  const label = link.get("label") ?? worst.indexOf(Math.max(...worst));
  controls.label.value = classes.includes(Number(label)) ? label : 0;
  controls.taken.value = classes.includes(Number(link.get("taken") ?? NaN)) ? link.get("taken") : "";
  show();
}

fill(controls.cell, [...new Set(data.trials.map(({ cell }) => cell))].map((cell) => [cell, cell]));
fill(controls.label, classes.map((name) => [name, name]));
fill(controls.taken, [["", "anything else"], ...classes.map((name) => [name, name])]);
controls.cell.addEventListener("change", () => { fillSeeds(); show(); });
controls.seed.addEventListener("change", () => show());
controls.label.addEventListener("change", () => { controls.taken.value = ""; show({ matrix: false }); });
controls.taken.addEventListener("change", () => show({ matrix: false }));
addEventListener("hashchange", restore);
restore();
document.getElementById("matrix").on("plotly_click", ({ points: [point] }) => {
  controls.label.value = point.y;
  controls.taken.value = point.x === point.y ? "" : point.x;
  show({ matrix: false });
});
