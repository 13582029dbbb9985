"use strict";
// Draws a Plotly figure in the colours of the page, and again when light turns to dark.
const CONFIG = {
  displaylogo: false,
  responsive: true,
  // Nothing leaves the page: Plotly offers to upload figures.
  showSendToCloud: false,
  plotlyServerURL: "",
  // Dragging zooms; a keyboard has few buttons to pass.
  modeBarButtonsToRemove: [
    "toImage", "select2d", "lasso2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d",
  ],
};
const PNG_SCALE = 2;
const drawn = new Map();

function readData(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

// Plotly reads a little HTML in names, and they must stay what they are.
function plainText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function downloadJson(filename, value) {
  const blob = new Blob([JSON.stringify(value, null, 1)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function pageColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function themedLayout(layout) {
  const line = pageColor("--line");
  const themed = structuredClone(layout);
  themed.font = { ...layout.font, color: pageColor("--text") };
  // A downloaded figure stands alone: without a ground its light text would be lost.
  themed.paper_bgcolor = pageColor("--ground");
  for (const note of themed.annotations ?? []) {
    if (note.name === "in place of a mark") note.bgcolor = pageColor("--ground");
  }
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

function imageButton(element, format, icon) {
  const image = { format, scale: format === "png" ? PNG_SCALE : 1, filename: element.id };
  return {
    name: format, icon, title: `Download as ${format.toUpperCase()}`,
    click: (plot) => Plotly.downloadImage(plot, image),
  };
}

function configOf(element) {
  const icons = { svg: Plotly.Icons.camera, png: Plotly.Icons.disk };
  const buttons = Object.entries(icons).map(([format, icon]) => imageButton(element, format, icon));
  return { ...CONFIG, modeBarButtonsToAdd: buttons };
}

async function draw(element, figure) {
  drawn.set(element, figure);
  const { data, layout } = element.clientWidth < NARROW ? narrowed(figure, element.clientWidth) : figure;
  element.style.height = `${layout.height}px`;
  await Plotly.react(element, data.map(themedTrace), themedLayout(layout), configOf(element));
}

function redraw() {
  for (const [element, figure] of drawn) draw(element, figure);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
matchMedia("(max-width: 40rem)").addEventListener("change", redraw);
// Paper is white and narrow, whatever the screen is.
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("paper");
  document.querySelectorAll("details").forEach((folded) => { folded.open = true; });
  redraw();
});
addEventListener("afterprint", () => {
  document.documentElement.classList.remove("paper");
  redraw();
});
