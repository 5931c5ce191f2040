// The explanation of one word: what each word of its window adds, and the network.

import { byId, element, plain, shape, signed } from "./dom.js";
import { drawNetwork } from "./network.js";

const PLACES = { B: "the first word of a name", I: "a word inside a name", E: "the last word of a name",
  S: "a name of one word" };

let shown = null;

export function showExplanation(explanation, tags) {
  shown = explanation;
  const { word, decided, tag, score, probabilities, sampling_error: error } = explanation;
  const kind = decided.slice(2);
  byId("why-title").textContent = decided === "O"
    ? `Why “${word}” is not a name` : `Why “${word}” is ${tag === null ? "part of a name" : kind}`;
  byId("why-summary").textContent = [
    tag === null ? `Score ${plain(score)}.` : `Score ${plain(score)} for ${described(tag)}.`,
    probable(probabilities),
    error ? `Shapley values are estimated; standard error up to ${plain(error, 3)}.` : "",
  ].join(" ");
  byId("tag-label").hidden = !tags.length;
  byId("tag").replaceChildren(...tags.map((each) => new Option(each, each, false, each === tag)));
  byId("parts").replaceChildren(...bars(explanation));
  byId("why").hidden = false;
  redraw();
}

function described(tag) {
  const place = PLACES[tag[0]];
  return tag === "O" ? "O, not a name" : `${tag}, ${place} of the kind ${tag.slice(2)}`;
}

// The probabilities of the tags B-LOC and I-LOC together are that of LOC.
function probable(probabilities) {
  const labels = new Map();
  for (const [tag, p] of Object.entries(probabilities ?? {})) {
    const label = tag === "O" ? "none" : tag.slice(2);
    labels.set(label, (labels.get(label) ?? 0) + p);
  }
  const best = [...labels].sort((a, b) => b[1] - a[1]).filter(([, p]) => p >= 0.005).slice(0, 3);
  const list = best.map(([label, p]) => `${label} ${p.toFixed(2)}`);
  return list.length ? `Probability that the word is in a name: ${list.join(", ")}.` : "";
}

export function redraw() {
  if (!shown || byId("why").hidden) return;
  const box = byId("network");
  const tell = (words) => { byId("probe").textContent = words; };
  box.replaceChildren(drawNetwork(shown, Math.max(300, box.clientWidth), tell));
}

function bars({ window: words, context, empty_score: empty, score }) {
  const rows = words.map(({ word, shapley, gradient_times_input: guess }, i) => ({
    name: word ?? "padding", amount: shapley, guess,
    kind: word === null ? "faint" : i === words.length >> 1 ? "centre" : "",
  }));
  if (context) {
    rows.push({ name: "whole text", amount: context.shapley, guess: context.gradient_times_input,
      kind: "faint" });
  }
  const amounts = [0, ...rows.flatMap((row) => [row.amount, row.guess])];
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const place = (number) => 2 + (196 * (number - low)) / (high - low || 1);
  return [
    bar({ name: "average words", amount: empty, kind: "faint" }),
    ...rows.map((row) => bar(row, place)),
    bar({ name: "= score", amount: score, kind: "sum" }),
  ];
}

// A row; `place` is where a number is on the axis, and there is no bar without it.
function bar({ name, amount, guess, kind }, place) {
  const row = element("div", { class: `part ${kind}` }, element("span", { class: "name", title: name }, name));
  const drawing = shape("svg", { viewBox: "0 0 200 24", preserveAspectRatio: "none", "aria-hidden": "true" });
  const number = element("span", { class: "number" }, place ? signed(amount) : plain(amount));
  if (place) {
    number.title = `gradient × input: ${signed(guess)}`;
    drawing.append(shape("line", { x1: place(0), x2: place(0), y1: -4, y2: 28, class: "axis" }));
    for (const [value, y, height] of [[amount, 4, 10], [guess, 17, 3]]) {
      drawing.append(shape("rect", { x: Math.min(place(0), place(value)), y, height,
        width: Math.abs(place(value) - place(0)), class: value < 0 ? "down" : "up",
        "fill-opacity": height > 5 ? 1 : 0.6 }));
    }
  }
  row.append(drawing, number);
  return row;
}
