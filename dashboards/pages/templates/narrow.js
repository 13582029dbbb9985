"use strict";
// The same figure on a phone or on paper: names stand above their rows instead of taking the room of the marks.
const NARROW = 720;
const LETTER_PIXELS = 0.6;
const LONG_NAME = 52;

const lines = (name) => name.split("<br>");

// As large as the longest line of these names allows.
function fontFor(names, width) {
  const longest = Math.max(1, ...names.flatMap(lines).map((line) => line.length));
  return { size: Math.max(8, Math.min(11, Math.floor(width / (LETTER_PIXELS * longest)))) };
}

// Rows and columns of a map keep their names beside them, a level a line.
function narrowMap({ xaxis, yaxis }) {
  for (const axis of [xaxis, yaxis]) {
    axis.ticktext = axis.ticktext.map((name) => name.replaceAll(" · ", "<br>"));
    axis.tickfont = { size: 10 };
  }
  xaxis.tickangle = -90;
}

function rowPixels({ height, margin, yaxis: { range } }) {
  return (height - margin.t - margin.b) / Math.abs(range[1] - range[0]);
}

// Tick labels inside a plot would push its marks aside; annotations lie over it.
function rowName(name, place, above, font) {
  return {
    text: name, font, x: 0, xref: "paper", xanchor: "left", xshift: 4, y: place, yref: "y",
    yshift: above, align: "left", showarrow: false, name: "above a row",
  };
}

function narrowRows(layout, width) {
  const { tickvals, ticktext } = layout.yaxis;
  const names = ticktext.map((name) => (name.length > LONG_NAME ? name.replace(": ", ":<br>") : name));
  const most = Math.max(1, ...names.map((name) => lines(name).length));
  const beside = (layout.annotations ?? []).filter(({ name }) => name === "beside a row");
  layout.height = Math.round(layout.height * (1 + 0.4 * (most + (beside.length > 0))));
  const above = (0.36 + 0.06 * most) * rowPixels(layout);
  const font = fontFor(names, width);
  beside.forEach((note) => { Object.assign(note, { x: 1, xanchor: "right", yshift: -above }); });
  const named = names.map((name, row) => rowName(name, tickvals[row], above, font));
  layout.annotations = [...(layout.annotations ?? []), ...named];
  Object.assign(layout.yaxis, { showticklabels: false, ticks: "" });
  layout.margin.r = 10;
}

// Titles of panels beside each other say what their axes are; why a mark is missing is told below.
function shortenPanels(layout) {
  const axes = Object.keys(layout).filter((name) => name.startsWith("xaxis"));
  if (axes.length < 2) return;
  axes.forEach((name) => { layout[name].title = {}; });
  (layout.annotations ?? []).filter(({ name }) => name === "in place of a mark")
    .forEach((note) => { note.text = "no interval"; });
}

function narrowed({ data, layout }, width) {
  const narrow = structuredClone(layout);
  (narrow.annotations ?? []).forEach((note) => { note.font = { ...note.font, size: 11 }; });
  shortenPanels(narrow);
  const named = narrow.yaxis?.ticktext?.length;
  // Claims that nothing can be said of leave no trace.
  const map = named && data.some(({ type }) => type === "heatmap");
  if (map) narrowMap(narrow);
  else if (named) narrowRows(narrow, width);
  return { data: map ? data.map((trace) => ({ ...trace, showscale: false })) : data, layout: narrow };
}
