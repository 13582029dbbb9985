"use strict";
// The misread images: a list for each view, as far as the page holds them.
const VISIBLE_IMAGES = 600;
const NO_CONFIDENCE = 255;

function entriesOf(gallery) {
  return unpackRows(gallery.entries, 3).map(([index, code, note]) => ({
    index, note, code, label: Math.floor(code / data.classes), taken: code % data.classes,
  }));
}

function chosenEntries(gallery, digit, taken) {
  const chosen = entriesOf(gallery).filter((entry) =>
    (digit === "" || String(entry.label) === digit) && (taken === "" || String(entry.taken) === taken));
  // An image that networks took for different classes is shown once, under what most took it for.
  const best = new Map();
  for (const entry of chosen) {
    if (!(best.get(entry.index)?.note >= entry.note)) best.set(entry.index, entry);
  }
  return chosen.filter((entry) => best.get(entry.index) === entry);
}

function countMisread(gallery, digit, taken, entries) {
  if (taken === "") return digit === "" ? gallery.missed.reduce((sum, n) => sum + n, 0) : gallery.missed[digit];
  if (digit === "") return null;
  return gallery.capped[Number(digit) * data.classes + Number(taken)] ?? entries.length;
}

// Of a confusion that has more images than the page holds, so many are shown.
function capOf(gallery) {
  const [code] = Object.keys(gallery.capped).map(Number);
  return entriesOf(gallery).filter((entry) => entry.code === code).length;
}

function countText(view, { digit, taken }, entries) {
  const misread = countMisread(view.gallery, digit, taken, entries);
  const of = digit === "" ? "test images" : `test images of class ${digit}`;
  const total = view.matrix && Math.round(view.matrix
    .filter((_, label) => digit === "" || String(label) === digit).flat().reduce((sum, n) => sum + n, 0));
  const what = taken === "" ? "misread" : `taken for ${taken}`;
  const by = view.networks?.length > 1 ? ` by at least one of ${view.networks.length} networks` : "";
  const shown = Math.min(entries.length, VISIBLE_IMAGES);
  const count = misread ?? `${entries.length} or more`;
  const cut = shown < misread || misread === null ? `; shown are ${shown}` : "";
  const cap = cut && Object.keys(view.gallery.capped).length
    ? `, of each confusion at most ${capOf(view.gallery)}` : "";
  return `${count}${total ? ` of ${total}` : ""} ${of} are ${what}${by}${cut}${cap}.`;
}

function noteText(view, note) {
  if (!view.networks) return `${note} networks`;
  if (!view.alone) return `${note} of ${view.networks.length}`;
  return note === NO_CONFIDENCE ? "NaN" : `${note} %`;
}

function picture(view, entry) {
  const item = document.createElement("li");
  const shown = document.createElement("img");
  const caption = document.createElement("span");
  const png = data.images[entry.index];
  if (png) shown.src = `data:image/png;base64,${png}`;
  shown.alt = `test image ${entry.index}, a ${entry.label} taken for ${entry.taken}`;
  shown.title = shown.alt;
  shown.loading = "lazy";
  caption.textContent = `${entry.taken} · ${noteText(view, entry.note)}`;
  item.append(shown, caption);
  return item;
}

function drawGallery(view, chosen, suffix) {
  const entries = chosenEntries(view.gallery, chosen.digit, chosen.taken);
  document.getElementById(`gallery${suffix}-name`).textContent = view.name;
  document.getElementById(`count${suffix}`).textContent = countText(view, chosen, entries);
  document.getElementById(`gallery${suffix}`).replaceChildren(
    ...entries.slice(0, VISIBLE_IMAGES).map((entry) => picture(view, entry)));
}
