"use strict";
// Draws a Plotly figure in the colours of the page, and again when light turns to dark.
const CONFIG = {
  displaylogo: false,
  responsive: true,
  toImageButtonOptions: { format: "svg" },
  modeBarButtonsToRemove: ["select2d", "lasso2d"],
};
const drawn = new Map();

function readData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

function pageColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function themedLayout(layout) {
  const line = pageColor("--line");
  const themed = structuredClone(layout);
  themed.font = { ...layout.font, color: pageColor("--text") };
  themed.hoverlabel = { font: { color: "#ffffff" }, bgcolor: "#333333" };
  for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
    Object.assign(themed[key], { gridcolor: line, linecolor: line, zeroline: false });
  }
  return themed;
}

// Text on a transparent ground: Plotly would choose its colour against the wrong one.
function themedTrace(trace) {
  return trace.textOnPage ? { ...trace, textfont: { color: pageColor("--text") } } : trace;
}

async function draw(element, figure) {
  drawn.set(element, figure);
  await Plotly.react(element, figure.data.map(themedTrace), themedLayout(figure.layout), CONFIG);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const [element, figure] of drawn) draw(element, figure);
});
