"use strict";
// Matrices and recall of one network, or of a cell's networks together.
const data = readData("data");
const classes = [...Array(data.classes).keys()];
const ORANGE = "213,94,0";
const BLUE = "0,114,178";

// Numbers of 2 or 4 bytes, put together row by row.
function unpackRows(text, columns) {
  const [width, packed] = text.split(":");
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const numbers = width === "2" ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  return Array.from({ length: numbers.length / columns }, (_, row) =>
    numbers.slice(row * columns, (row + 1) * columns));
}

function matrixOf(network) {
  const matrix = classes.map(() => new Array(data.classes).fill(0));
  for (const [code, count] of unpackRows(network.matrix, 2)) {
    matrix[Math.floor(code / data.classes)][code % data.classes] = count;
  }
  return matrix;
}

function meanMatrix(matrices) {
  return classes.map((i) => classes.map((j) =>
    matrices.reduce((sum, matrix) => sum + matrix[i][j], 0) / matrices.length));
}

// One network if the cell has this seed, else those the cell is judged by.
function viewOf(cell, seed) {
  const one = cell.networks.find((network) => String(network.seed) === seed);
  const networks = one ? [one] : cell.counted.map((place) => cell.networks[place]);
  return {
    cell, networks, alone: networks.length === 1,
    matrix: meanMatrix(networks.map(matrixOf)),
    recall: one ? one.recall : cell.recall,
    gallery: networks.length === 1 ? networks[0].gallery : cell.gallery,
    name: networks.length === 1 ? `${cell.name}, seed ${networks[0].seed}` : cell.name,
  };
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;

function describeView(view) {
  const images = Math.round(view.matrix.flat().reduce((sum, count) => sum + count, 0));
  const accuracies = view.networks.map(({ accuracy }) => accuracy);
  const of = `of ${images.toLocaleString("en")} test images`;
  if (view.alone) return `${view.networks[0].outcome}, test accuracy ${percent(accuracies[0])} ${of}`;
  const mean = accuracies.reduce((sum, share) => sum + share, 0) / accuracies.length;
  const all = view.cell.networks.length;
  const which = view.networks.length < all ? `the ${view.networks.length} of ${all} seeds that trained` : `${all} seeds`;
  return `mean over ${which}: test accuracy ${percent(mean)} ` +
    `(${percent(Math.min(...accuracies))} to ${percent(Math.max(...accuracies))}) ${of}`;
}

function shares(matrix) {
  return matrix.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (total ? (100 * count) / total : 0));
  });
}

const inUnit = (matrix, unit) => (unit === "share" ? shares(matrix) : matrix);
const offDiagonal = (matrix) => matrix.map((row, i) => row.map((value, j) => (i === j ? null : value)));
const onDiagonal = (matrix) => matrix.map((row, i) => row.map((value, j) => (i === j ? value : null)));
const largest = (matrix) =>
  matrix.flat().reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);

function shownNumber(value, signed) {
  // Zeros are most of a matrix, and would hide what is not.
  if (!value) return "";
  const text = String(Math.round(10 * Math.abs(value)) / 10);
  if (!signed) return text;
  return `${value > 0 ? "+" : "−"}${text}`;
}

function heatmap(z, signed, more) {
  return {
    type: "heatmap", z, x: classes, y: classes, xgap: 1, ygap: 1, textOnPage: true,
    text: z.map((row) => row.map((value) => shownNumber(value, signed))), hoverongaps: false,
    hovertemplate: "true %{y}, taken for %{x}: %{z:.4~g}<extra></extra>", ...more,
    texttemplate: data.classes <= 20 ? "%{text}" : "",
  };
}

function matrixFigure(matrix, { scale, unit, signed = false }) {
  const high = [1, `rgba(${ORANGE},0.9)`];
  const colors = signed
    ? [[0, `rgba(${BLUE},0.9)`], [0.5, `rgba(${BLUE},0)`], [0.5, `rgba(${ORANGE},0)`], high]
    : [[0, `rgba(${ORANGE},0)`], high];
  const grey = "rgba(128,128,128,0.12)";
  const range = { zmin: signed ? -scale : 0, zmax: scale };
  const axis = { tickmode: "linear", dtick: data.classes <= 20 ? 1 : 10, showgrid: false };
  const titled = { title: { text: unit === "share" ? "% of class" : "errors" }, thickness: 12 };
  // Where numbers are written into the matrix it needs no scale beside it.
  const bar = data.classes <= 20 ? { showscale: false } : { colorbar: titled };
  return {
    data: [
      heatmap(offDiagonal(matrix), signed, { ...range, ...bar, colorscale: colors }),
      heatmap(onDiagonal(matrix), signed, { showscale: false, colorscale: [[0, grey], [1, grey]] }),
    ],
    layout: {
      height: 480, margin: { l: 50, r: 10, t: 10, b: 50 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: { ...axis, title: { text: "taken for" } },
      yaxis: { ...axis, title: { text: "true class" }, autorange: "reversed" },
    },
  };
}

function recallTrace(view, place) {
  const look = [[`rgb(${BLUE})`, "circle"], [`rgb(${ORANGE})`, "square"]][place];
  const known = classes.filter((label) => view.recall[label]);
  const rows = known.map((label) => view.recall[label].map((share) => 100 * share));
  // Side by side, so that two intervals of a class don't hide each other.
  return {
    type: "scatter", mode: "markers", name: plainText(view.name), x: known.map((label) => label + 0.16 * place),
    y: rows.map(([mean]) => mean), marker: { color: look[0], symbol: look[1], size: 8 },
    error_y: {
      type: "data", symmetric: false, color: look[0], thickness: 1.5, width: 3,
      array: rows.map(([mean, , high]) => high - mean), arrayminus: rows.map(([mean, low]) => mean - low),
    },
    customdata: rows.map(([, low, high], at) => [known[at], low, high]),
    hovertemplate: "class %{customdata[0]}: %{y:.2f} % (%{customdata[1]:.2f} to %{customdata[2]:.2f})<extra></extra>",
  };
}

function recallFigure(views) {
  return {
    data: views.map(recallTrace),
    layout: {
      height: 360, margin: { l: 60, r: 10, t: 10, b: 90 }, showlegend: views.length > 1,
      legend: { orientation: "h", yref: "container", y: 0.01, yanchor: "bottom" },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      xaxis: { title: { text: "true class" }, tickmode: "linear", dtick: data.classes <= 20 ? 1 : 10 },
      yaxis: { title: { text: "recall, %" } },
    },
  };
}

function recallNote(views) {
  const notes = {
    true: "Of one network (Clopper-Pearson): how it would read new images.",
    false: "Of a cell's mean (t over its seeds): how new seeds would read these images.",
  };
  return [...new Set(views.map(({ alone }) => notes[alone]))].join(" ");
}
