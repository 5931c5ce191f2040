// The sentence of `window-ner annotate`, with its names and the chosen words, and its labels.

import { element, toneOf } from "./dom.js";

export const keyOf = (i) => "1234567890bcdefghijklmnoqrtuvwy"[i] ?? ""; // without A, P, S, X and Z

export const labelButtons = (labels) => labels.map((label, i) => element("button",
  { type: "button", class: `chip ${toneOf(label, labels)}`, "data-label": label },
  element("kbd", {}, keyOf(i)), label));

// Names and chosen words have the numbers of their first and last token. An open name is suggested.
export function markedUp({ text, units }, given, { first, last }, labels) {
  const names = given.sort((a, b) => a.first - b.first);
  const fragment = document.createDocumentFragment();
  let [end, at, box] = [0, 0, null];
  units.forEach(([start, unitEnd], i) => {
    const between = text.slice(end, start);
    (box ?? fragment).append(i > first && i <= last ? element("span", { class: "chosen" }, between) : between);
    const name = names[at];
    if (name?.first === i) {
      box = element("mark", { class: `${toneOf(name.label, labels)}${name.isOpen ? " suggested" : ""}` });
      fragment.append(box);
    }
    const kind = i >= first && i <= last ? "w chosen" : "w";
    (box ?? fragment).append(element("span", { class: kind, "data-i": i }, text.slice(start, unitEnd)));
    end = unitEnd;
    if (box && name.last === i) {
      const source = name.source === "list" ? " list" : name.score === null ? "" : ` ${name.score?.toFixed(2)}`;
      const sure = name.isOpen ? `${source}?` : "";
      box.append(element("small", { dir: "ltr" }, name.label + sure));
      [box, at] = [null, at + 1];
    }
  });
  fragment.append(text.slice(end));
  return fragment;
}
