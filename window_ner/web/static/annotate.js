// The page of `window-ner annotate`: mark names word by word, and save each sentence.

import { ask, byId, element, offsetsOf, saveFile, tellError } from "./dom.js";
import { showState } from "./learning.js";
import { keyOf, labelButtons, markedUp } from "./sentence.js";

let state = null; // progress and model
let shown = null; // the sentence; its offsets count tokens
let marks = []; // confirmed names: { first, last, label }, of tokens
let suggestions = []; // names that the model or the list found
let past = []; // earlier marks, for undo
let answered = []; // numbers of the answered sentences, for undo
let anchor = 0; // the chosen words lie between anchor and head
let head = 0;
let isBusy = false;
const setBusy = (busy) => {
  isBusy = busy;
  sentence.setAttribute("aria-busy", String(busy));
};

const sentence = byId("sentence");
const overlaps = (a, b) => a.first <= b.last && b.first <= a.last;
const chosen = () => ({ first: Math.min(anchor, head), last: Math.max(anchor, head) });
const open = () => suggestions.filter((each) => !marks.some((mark) => overlaps(mark, each)));
const WHY = { teach: "chosen because it teaches most", random: "drawn at random", order: "", review: "" };

// Sentences

function show(view) {
  shown = view;
  past = [];
  [anchor, head] = [0, 0];
  if (!view) {
    [marks, suggestions] = [[], []];
    draw();
    return;
  }
  const { unit, character } = offsetsOf(view.text);
  const first = new Map(view.tokens.map(([start], i) => [start, i]));
  const last = new Map(view.tokens.map(([, end], i) => [end, i]));
  const inTokens = (e) => ({ ...e, first: first.get(e.start), last: last.get(e.end) });
  marks = view.marks.map(inTokens);
  suggestions = view.suggestions.map(inTokens);
  shown.units = view.tokens.map(([start, end]) => [unit(start), unit(end)]);
  shown.character = character;
  const start = open()[0]?.first ?? 0;
  [anchor, head] = [start, start];
  draw();
}

window.name ||= `tab ${Math.random()}`; // it stays when the page is loaded again
const askAbout = async (address, what) => (await ask(address, { task: state.task, ...what })).json();
const askNext = () => askAbout("/api/next", { order: byId("order").value, tab: window.name });
const askFor = (number) => askAbout("/api/open", { number });

function turnTo(view) {
  show(view);
  sentence.focus();
  byId("spoken").textContent = sentence.textContent;
}

async function save(status) {
  if (!shown) return;
  const saved = byId("saved");
  const { number, version, picked, tokens } = shown;
  const sent = marks.map(({ first, last, label }) => ({ start: tokens[first][0], end: tokens[last][1], label }));
  saved.textContent = "saving …";
  const stored = await askAbout("/api/answer", { number, version, status, marks: sent, picked })
    .finally(() => { saved.textContent = ""; });
  saved.textContent = `saved in ${state.output}`;
  answered = [...answered.filter((each) => each !== number), number];
  Object.assign(shown, { version: stored.version, status }); // it stays if the next one does not come
  past = [];
  setState(stored.state);
  turnTo(await askNext());
}

async function undo() {
  if (past.length) {
    marks = past.pop();
    draw();
  } else if (answered.length) {
    const view = await askFor(answered.at(-1));
    answered.pop();
    turnTo(view);
  }
}

async function lookAgain(number) {
  if (past.length && !confirm("Leave this sentence? Its new marks are not saved.")) return;
  turnTo(await askFor(number));
}

// Do one thing after another; say what went wrong.
async function run(work) {
  if (isBusy) return;
  setBusy(true);
  try {
    await work();
    tellError("");
  } catch (error) {
    tellError(error.message);
    if (error.status === 409) await showAnew().catch(() => {}); // the error is told already
  } finally {
    setBusy(false);
  }
}

// The sentence was answered in another tab, or the server annotates something else now.
async function showAnew() {
  await readState();
  if (!shown) return;
  const unsaved = past.length ? marks : null;
  turnTo(await askFor(shown.number));
  if (!unsaved) return;
  past.push(marks, unsaved);
  draw();
  tellError(`${byId("alert").textContent} Undo brings your marks back.`);
}

// Marking

function change(changed) {
  past.push(marks);
  marks = changed.sort((a, b) => a.first - b.first);
  draw();
}

function give(label) {
  if (!shown) return;
  const words = chosen();
  const others = marks.filter((mark) => !overlaps(mark, words));
  const same = marks.some((m) => m.first === words.first && m.last === words.last && m.label === label);
  change(same ? others : [...others, { ...words, label }]); // the same key again removes it
}

function remove() {
  const left = marks.filter((mark) => !overlaps(mark, chosen()));
  if (left.length < marks.length) change(left);
}

function accept(found) {
  if (found.length) change([...marks, ...found.map(({ first, last, label }) => ({ first, last, label }))]);
}

// Drawing

function draw() {
  for (const id of ["complete", "partial", "skip"]) byId(id).disabled = !shown;
  byId("accept").disabled = !open().length;
  byId("undo").disabled = !past.length && !answered.length;
  if (!shown) {
    sentence.replaceChildren(element("p", { class: "done" },
      state?.total ? "All sentences are answered. Save the annotation, or look again at some." : ""));
    byId("why-this").textContent = "";
    return;
  }
  const { picked, status } = shown;
  const names = [...marks, ...open().map((each) => ({ ...each, isOpen: true }))];
  sentence.replaceChildren(markedUp(shown, names, chosen(), state.labels));
  byId("why-this").textContent = [WHY[picked], status && `answered: ${status}`].filter(Boolean).join(", ");
  speak();
}

function speak() {
  const { first, last } = chosen();
  const words = shown.text.slice(shown.units[first][0], shown.units[last][1]);
  const name = [...marks, ...open()].find((each) => overlaps(each, chosen()));
  const kind = name ? `, ${marks.includes(name) ? "" : "suggested "}${name.label}` : "";
  byId("spoken").textContent = words + kind;
}

function setState(next) {
  const isFirst = !state;
  state = next;
  showState(state, (number) => run(() => lookAgain(number)));
  if (isFirst) {
    byId("labels").replaceChildren(...labelButtons(state.labels));
    byId("guideline").textContent = state.guideline;
    byId("guideline-card").hidden = !state.guideline;
  }
}

async function readState() {
  const read = await (await ask("/api/state")).json();
  if (state && read.task !== state.task) {
    location.reload();
    await new Promise(() => {}); // until then, nothing else happens
  }
  setState(read);
}

// Ask now and then whether the model has learnt: its suggestions may have changed.
async function refresh() {
  try {
    const before = state.trained_on;
    await readState();
    if (state.trained_on !== before && shown && !past.length && !isBusy) {
      const { number, version } = shown;
      const view = await askFor(number);
      if (shown?.number === number && view.version === version && !past.length) {
        const [a, h, picked] = [anchor, head, shown.picked];
        show({ ...view, picked });
        [anchor, head] = [a, h];
        draw();
      }
    }
  } catch {
    // the next answer tells what is wrong
  }
  setTimeout(refresh, state.training ? 1000 : 4000);
}

// Events

const KEYS = {
  Enter: () => run(() => save("complete")),
  p: () => run(() => save("partial")),
  s: () => run(() => save("skipped")),
  z: () => run(undo),
  a: () => accept(open()),
  " ": () => accept(open().filter((each) => overlaps(each, chosen()))),
  x: remove, Delete: remove, Backspace: remove,
};

document.addEventListener("keydown", (event) => {
  const { key, target, shiftKey, ctrlKey, metaKey, altKey } = event;
  const isUndo = (ctrlKey || metaKey) && key === "z";
  if (((ctrlKey || metaKey) && !isUndo) || altKey || !state) return;
  if (target.closest("select, summary, #review-list, .downloads")) return;
  if (target.closest("button") && (key === "Enter" || key === " ")) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  const isMove = step || key === "Home" || key === "End";
  const work = KEYS[key] ?? KEYS[key.toLowerCase()];
  const label = state.labels.find((_, i) => keyOf(i) === key.toLowerCase());
  // A key that is meant for this sentence, or held down, must not change the next one.
  if ((isBusy && (isMove || work || label)) || (event.repeat && (work || label))) {
    event.preventDefault();
    return;
  }
  if (shown && isMove) {
    const end = shown.tokens.length - 1;
    head = step ? Math.max(0, Math.min(end, head + step)) : key === "Home" ? 0 : end;
    if (!shiftKey) anchor = head;
    draw();
  } else if (work) {
    work();
  } else if (label) {
    give(label);
  } else {
    return;
  }
  event.preventDefault();
});

const wordAt = ({ clientX, clientY }) =>
  document.elementFromPoint(clientX, clientY)?.closest("#sentence .w")?.dataset.i;
let isDragging = false;
sentence.addEventListener("pointerdown", (event) => {
  const word = wordAt(event) ?? event.target.closest("mark")?.querySelector(".w")?.dataset.i;
  if (word === undefined) return;
  head = Number(word);
  if (!event.shiftKey) anchor = head;
  isDragging = true;
  draw();
});
addEventListener("pointermove", (event) => {
  const word = isDragging ? wordAt(event) : undefined;
  if (word === undefined || Number(word) === head) return;
  head = Number(word);
  draw();
});
addEventListener("pointerup", () => { isDragging = false; });
byId("labels").addEventListener("click", ({ target }) => {
  const label = target.closest("button")?.dataset.label;
  if (label) give(label);
});
byId("complete").addEventListener("click", KEYS.Enter);
byId("partial").addEventListener("click", KEYS.p);
byId("skip").addEventListener("click", KEYS.s);
byId("undo").addEventListener("click", KEYS.z);
byId("accept").addEventListener("click", KEYS.a);
byId("order").addEventListener("change", () => {
  if (!past.length) run(async () => show(await askNext())); // else from the next sentence on
});
document.querySelectorAll("[data-format]").forEach((button) => {
  button.addEventListener("click", () => run(async () => {
    const response = await ask("/api/export", { format: button.dataset.format });
    const [, name] = /filename="(.*)"/.exec(response.headers.get("content-disposition"));
    saveFile(await response.blob(), name);
  }));
});

run(async () => {
  await readState();
  turnTo(await askNext());
  setTimeout(refresh, 1000);
});
