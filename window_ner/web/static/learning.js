// How far the annotation is, how good the model is, and what to look at again.

import { ask, byId, element, shape } from "./dom.js";

const percent = (share) => (100 * share).toFixed(0);
let listed = -1; // the number of sentences to review when the list was drawn
let listedFor = -1;

export function showState(state, open) {
  const { total, complete, partial, skipped } = state;
  const answered = complete + partial + skipped;
  byId("progress").max = total;
  byId("progress").value = answered;
  const kinds = [[partial, "partial"], [skipped, "skipped"]].filter(([n]) => n).map(([n, kind]) => `${n} ${kind}`);
  byId("counts").textContent = `${answered} of ${total}${kinds.length ? `, ${kinds.join(", ")}` : ""}`;
  byId("training").textContent = state.training ? "is training …"
    : state.has_learnt ? `trained on ${state.trained_on} in ${state.seconds} s` : "";
  const point = state.curve.at(-1);
  byId("score").replaceChildren(...(point ? [`F1 ${percent(point.f1)} `,
    element("small", {}, `between ${percent(point.low)} and ${percent(point.high)}`)] : []));
  byId("score-note").textContent = state.problem || note(state, point);
  byId("curve").replaceChildren(...(state.curve.length > 1 ? [curve(state.curve)] : []));
  if (state.to_review !== listed || state.trained_on !== listedFor) {
    [listed, listedFor] = [state.to_review, state.trained_on];
    review(open).catch(() => { listed = -1; }); // the list is asked for again with the next state
  }
}

function note(state, point) {
  if (!point) {
    return state.has_learnt ? "Its F1 is measured from 12 complete sentences on."
      : "It learns from the first 5 answers on, if there is a name in them.";
  }
  return `Measured on ${point.measured_on} sentences, each by a model that was trained on ${point.trained_on} others. ` +
    (point.is_random ? "None was chosen for being hard. " : "Some were chosen for being hard, so on your text it is probably better. ") +
    "The interval holds in nine of ten samples of sentences.";
}

function curve(points) {
  const [width, height, left] = [300, 120, 26];
  const most = points.at(-1).trained_on;
  const x = (point) => left + ((width - left - 8) * point.trained_on) / most;
  const y = (share) => 8 + (height - 28) * (1 - share);
  const path = (values) => values.map((p, i) => `${i ? "L" : "M"}${x(p[0])} ${y(p[1])}`).join("");
  const band = [...points.map((p) => [p, p.high]), ...points.map((p) => [p, p.low]).reverse()];
  const words = `Learning curve: F1 ${points.map((p) => `${percent(p.f1)} at ${p.trained_on}`).join(", ")}`;
  return shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
    shape("path", { class: "band", d: `${path(band)}Z` }),
    ...[0, 0.5, 1].flatMap((share) => [
      shape("line", { class: "axis", x1: left, x2: width, y1: y(share), y2: y(share) }),
      shape("text", { x: left - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share)),
    ]),
    shape("path", { class: "line", d: path(points.map((p) => [p, p.f1])) }),
    ...points.map((p) => shape("circle", { class: "dot", cx: x(p), cy: y(p.f1), r: 3 })),
    shape("text", { x: left, y: height - 3 }, "0"),
    shape("text", { x: width - 2, y: height - 3, "text-anchor": "end" }, `${most} sentences`));
}

async function review(open) {
  const list = listed ? await (await ask("/api/review")).json() : [];
  byId("review").hidden = !list.length;
  byId("review-list").replaceChildren(...list.slice(0, 5).map(({ number, text, missing, extra }) => {
    const characters = [...text]; // as the server counts: an emoji is one
    const name = ({ start, end, label }) => `${characters.slice(start, end).join("")} ${label}`;
    const some = (marks) => marks.slice(0, 3).map(name).join(", ") +
      (marks.length > 3 ? ` and ${marks.length - 3} more` : "");
    const told = [
      missing.length ? `only the model finds ${some(missing)}` : "",
      extra.length ? `only you have ${some(extra)}` : "",
    ].filter(Boolean).join("; ");
    const button = element("button", { type: "button" },
      characters.length > 90 ? `${characters.slice(0, 88).join("")}…` : text, element("small", {}, told));
    button.addEventListener("click", () => open(number));
    return element("li", {}, button);
  }));
}
