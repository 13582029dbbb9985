"use strict";
// The choices of the page, what they show, and the link that brings them back.
const NAMES = ["cell", "seed", "compare", "unit", "found", "digit", "taken"];
const SUFFIXES = ["", "-other"];
const choices = Object.fromEntries(NAMES.map((name) => [name, document.getElementById(name)]));

function fill(select, options) {
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
}

function offers(select, value) {
  return [...select.options].some((option) => option.value === value);
}

function choose(name, value) {
  if (value !== null && offers(choices[name], value)) choices[name].value = value;
}

const cellNamed = (name) => data.cells.find((cell) => cell.name === name);

function fillSeeds() {
  const chosen = choices.seed.value;
  const { networks } = cellNamed(choices.cell.value);
  const all = networks.length > 1 ? [["", "mean over seeds"]] : [];
  fill(choices.seed, [...all, ...networks.map(({ seed }) => [seed, seed])]);
  choose("seed", chosen);
}

function views() {
  const cells = [cellNamed(choices.cell.value), cellNamed(choices.compare.value)].filter(Boolean);
  return cells.map((cell) => viewOf(cell, choices.seed.value));
}

function showMatrix(id, figure) {
  const element = document.getElementById(id);
  draw(element, figure);
  if (element.dataset.listens) return;
  element.dataset.listens = "yes";
  element.on("plotly_click", ({ points: [point] }) => {
    choices.found.value = "";
    choices.digit.value = point.y;
    choices.taken.value = point.x === point.y ? "" : point.x;
    showImages();
    document.getElementById("images").scrollIntoView();
  });
}

function showMatrices() {
  const unit = choices.unit.value;
  const shown = views();
  const matrices = shown.map(({ matrix }) => inUnit(matrix, unit));
  // Before anything is drawn: a figure takes the width it finds.
  document.querySelectorAll(".matrices > div").forEach((box, place) => {
    box.hidden = place > 0 && shown.length === 1;
  });
  const scale = Math.max(...matrices.map((matrix) => largest(offDiagonal(matrix)))) || 1;
  shown.forEach((view, place) => {
    const suffix = SUFFIXES[place];
    document.getElementById(`matrix${suffix}-name`).textContent = view.name;
    document.getElementById(`accuracy${suffix}`).textContent = describeView(view);
    showMatrix(`matrix${suffix}`, matrixFigure(matrices[place], { scale, unit }));
  });
  if (shown.length === 1) return;
  const difference = classes.map((i) => classes.map((j) => matrices[0][i][j] - matrices[1][i][j]));
  const reach = largest(offDiagonal(difference)) || 1;
  showMatrix("difference", matrixFigure(difference, { scale: reach, unit, signed: true }));
}

function showRecall() {
  const shown = views();
  document.getElementById("recall-note").textContent = recallNote(shown);
  draw(document.getElementById("recall"), recallFigure(shown));
}

function showImages() {
  const found = data.found.find(({ name }) => name === choices.found.value);
  const shown = found ? [{ name: found.name, gallery: found.gallery }] : views();
  const chosen = { digit: choices.digit.value, taken: choices.taken.value };
  document.getElementById("gallery-other").parentElement.hidden = shown.length === 1;
  shown.forEach((view, place) => drawGallery(view, chosen, SUFFIXES[place]));
  keepLink();
}

function keepLink() {
  const link = new URLSearchParams(NAMES.map((name) => [name, choices[name].value]).filter(([, value]) => value));
  history.replaceState(null, "", `#${link}`);
}

function showAll() {
  showMatrices();
  showRecall();
  showImages();
}

function bestCell() {
  const mean = ({ networks, counted }) =>
    counted.reduce((sum, place) => sum + networks[place].accuracy, 0) / counted.length;
  return data.cells.reduce((best, cell) => (mean(cell) > mean(best) ? cell : best));
}

function worstClass(view) {
  const errors = view.matrix.map((row, label) => row.reduce((sum, n) => sum + n, 0) - row[label]);
  return String(errors.indexOf(Math.max(...errors)));
}

// A link names a cell and a seed, or a trial, which is both.
function restore() {
  const link = new URLSearchParams(location.hash.slice(1));
  const named = data.cells.find(({ networks }) => networks.some(({ id }) => id === link.get("trial")));
  choices.cell.value = (named ?? cellNamed(link.get("cell")) ?? bestCell()).name;
  fillSeeds();
  const trial = named?.networks.find(({ id }) => id === link.get("trial"));
  choices.seed.selectedIndex = 0;
  choose("seed", trial ? String(trial.seed) : link.get("seed"));
  ["compare", "unit", "found", "taken"].forEach((name) => {
    choices[name].value = "";
    choose(name, link.get(name));
  });
  choices.digit.value = choices.found.value || link.has("cell") ? "" : worstClass(views()[0]);
  choose("digit", link.get("digit"));
  showAll();
}

function numbers() {
  const plain = ({ matrix, gallery, ...rest }) => ({ ...rest, matrix: matrixOf({ matrix }) });
  return data.cells.map(({ gallery, networks, ...cell }) => ({ ...cell, networks: networks.map(plain) }));
}

fill(choices.cell, data.cells.map(({ name }) => [name, name]));
fill(choices.compare, [["", "nothing"], ...data.cells.map(({ name }) => [name, name])]);
fill(choices.found, [["", "that the chosen cells misread"], ...data.found.map(({ name }) => [name, name])]);
fill(choices.digit, [["", "every class"], ...classes.map((name) => [name, name])]);
fill(choices.taken, [["", "any other class"], ...classes.map((name) => [name, name])]);
choices.cell.addEventListener("change", () => { fillSeeds(); showAll(); });
choices.seed.addEventListener("change", showAll);
choices.compare.addEventListener("change", showAll);
choices.unit.addEventListener("change", () => { showMatrices(); keepLink(); });
choices.found.addEventListener("change", () => {
  choices.digit.value = "";
  choices.taken.value = "";
  showImages();
});
choices.digit.addEventListener("change", () => { choices.taken.value = ""; showImages(); });
choices.taken.addEventListener("change", showImages);
document.getElementById("download").addEventListener("click", () => downloadJson("confusion.json", numbers()));
addEventListener("hashchange", restore);
restore();
