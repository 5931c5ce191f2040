// The page of `window-ner serve`: names as you type, and why a word is one.

import { ask, byId, element, MEANINGS, offsetsOf, saveFile, tellError, toneOf } from "./dom.js";
import { redraw, showExplanation } from "./why.js";

const EXAMPLE = `Angela Merkel met Tim Cook at Apple in Cupertino. Museums in Paris are amazing.

Kenya's Eliud Kipchoge won the Berlin Marathon on Sunday, beating Guye Adola of Ethiopia. Shares of Nestlé fell 3% in Zurich after the Swiss company said sales in Brazil had slowed.`;
const LONGEST = 900_000; // bytes of a text; the server takes a little more

let models = [];
let answer = { text: "", tokens: [], entities: [] }; // the last answer; offsets in UTF-16 units
let current = -1; // the word that the keyboard has chosen
let explained = null; // the first character of the explained word
const hiddenLabels = new Set();

const text = byId("text");
const reading = byId("reading");
const model = () => models.find(({ name }) => name === byId("model").value);
const least = () => Number(byId("least").value);
const isShown = ({ score, label }) => score >= least() && !hiddenLabels.has(label);

// From the text to the names

let [timer, lastMilliseconds] = [0, 0];
let [running, explaining] = [null, null]; // the questions that wait for their answers

function textChanged() {
  clearTimeout(timer);
  timer = setTimeout(findNames, Math.min(1000, Math.max(120, 2 * lastMilliseconds)));
}

async function findNames() {
  if (!models.length) { // the server did not answer when the page was opened
    start();
    return;
  }
  running?.abort();
  running = new AbortController();
  const [sent, begin] = [text.value, performance.now()];
  if (!sent.trim()) {
    show({ text: sent, tokens: [], entities: [] });
    tellError("");
    return;
  }
  if (new Blob([sent]).size > LONGEST) {
    tellTooLong("The text");
    return;
  }
  try {
    const response = await ask("/api/read", { text: sent, model: model().name }, running.signal);
    show(inUnits(sent, await response.json()));
    lastMilliseconds = performance.now() - begin;
    tellError("");
  } catch (error) {
    if (error.name !== "AbortError") tellError(error.message);
  }
}

function inUnits(sent, { tokens, entities }) {
  const { unit, character } = offsetsOf(sent);
  return {
    text: sent,
    character,
    tokens: tokens.map(([start, end]) => [unit(start), unit(end)]),
    entities: entities.map((e) => ({ ...e, start: unit(e.start), end: unit(e.end) })),
  };
}

function show(found) {
  const isOther = found.text !== answer.text;
  answer = found;
  current = -1;
  if (isOther) closeWhy();
  mark();
}

// The text with its names

function mark() {
  const { text: whole, tokens, entities } = answer;
  const shown = entities.filter(isShown);
  const fragment = document.createDocumentFragment();
  let [end, next] = [0, 0];
  let marked = null;
  tokens.forEach(([start, tokenEnd], i) => {
    const entity = shown[next];
    const between = whole.slice(end, start);
    (marked ?? fragment).append(between);
    if (entity && start === entity.start) {
      marked = element("mark", { class: toneOf(entity.label, model().labels) });
      fragment.append(marked);
    }
    const word = element("span", { class: start === explained ? "w explained" : "w", "data-i": i },
      whole.slice(start, tokenEnd));
    (marked ?? fragment).append(word);
    end = tokenEnd;
    if (marked && end >= entity.end) {
      marked.append(element("small", { dir: "ltr" }, `${entity.label} ${entity.score.toFixed(2)}`));
      [marked, next] = [null, next + 1];
    }
  });
  fragment.append(whole.slice(end));
  reading.replaceChildren(...(tokens.length ? [fragment] : []));
  reading.dataset.empty = "The names of your text appear here.";
  drawLegend();
  for (const button of document.querySelectorAll("[data-format]")) button.disabled = !tokens.length;
  tellStatus(shown.length);
}

function tellStatus(count) {
  const { tokens, entities } = answer;
  const more = entities.length > count ? ` of ${entities.length}` : "";
  const [names, words] = [entities.length === 1 ? "name" : "names", tokens.length === 1 ? "word" : "words"];
  byId("status").textContent = tokens.length
    ? `${count}${more} ${names} in ${tokens.length.toLocaleString("en")} ${words}` : "";
}

function drawLegend() {
  const labels = model().labels;
  const chips = labels.map((label) => {
    const count = answer.entities.filter((e) => e.label === label && e.score >= least()).length;
    const meaning = MEANINGS.get(label);
    const chip = element("button",
      { type: "button", class: `chip ${toneOf(label, labels)}`, "data-label": label,
        "aria-pressed": String(!hiddenLabels.has(label)) }, label);
    if (meaning && meaning.toUpperCase() !== label) chip.append(element("span", { class: "meaning" }, meaning));
    chip.append(element("span", {}, String(count)));
    return chip;
  });
  const focused = document.activeElement?.dataset?.label;
  byId("legend").replaceChildren(...chips);
  if (focused) chips.find((chip) => chip.dataset.label === focused)?.focus();
}

// Choosing a word

function choose(i) {
  reading.querySelector(".current")?.classList.remove("current");
  current = Math.max(0, Math.min(answer.tokens.length - 1, i));
  const word = reading.querySelector(`[data-i="${current}"]`);
  if (!word) return;
  word.classList.add("current");
  word.scrollIntoView({ block: "nearest" });
  const [start] = answer.tokens[current];
  const entity = answer.entities.find((e) => isShown(e) && e.start <= start && start < e.end);
  const kind = entity ? `, ${entity.label}, probability ${entity.score.toFixed(2)}` : "";
  byId("spoken").textContent = word.textContent + kind;
}

async function explain(i, tag) {
  const [start] = answer.tokens[i];
  const question = { text: answer.text, start: answer.character(start), model: model().name };
  if (tag) question.tag = tag;
  explaining?.abort();
  explaining = new AbortController();
  try {
    const explanation = await (await ask("/api/explain", question, explaining.signal)).json();
    explained = start;
    reading.querySelector(".explained")?.classList.remove("explained");
    reading.querySelector(`[data-i="${i}"]`)?.classList.add("explained");
    showExplanation(explanation, model().tags);
    byId("why").dataset.token = i;
    tellError("");
  } catch (error) {
    if (error.name !== "AbortError") tellError(error.message);
  }
}

function closeWhy() {
  explaining?.abort();
  byId("why").hidden = true;
  explained = null;
  reading.querySelector(".explained")?.classList.remove("explained");
}

function tellTooLong(name) {
  tellError(`${name} is too long for this page; use window-ner predict --input FILE.`);
}

// Files

async function openFile(file) {
  if (!file) return;
  if (file.size > LONGEST) {
    tellTooLong(file.name);
    return;
  }
  try {
    text.value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    tellError(`${file.name} is not a text in UTF-8.`);
    return;
  }
  findNames();
}

async function download(format) {
  const wanted = { text: text.value, format, model: model().name, min_score: least(),
    ignore_labels: [...hiddenLabels] };
  try {
    saveFile(await (await ask("/api/export", wanted)).blob(), `names.${format}`);
  } catch (error) {
    tellError(error.message);
  }
}

// Events

text.addEventListener("input", textChanged);
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  text.classList.add("dropping");
});
document.addEventListener("dragleave", () => text.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  text.classList.remove("dropping");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  openFile(event.dataTransfer.files[0]);
});
byId("file").addEventListener("change", ({ target }) => {
  openFile(target.files[0]);
  target.value = ""; // so that the same file can be opened again
});
byId("example").addEventListener("click", () => {
  text.value = EXAMPLE;
  findNames();
});
byId("clear").addEventListener("click", () => {
  text.value = "";
  findNames();
  text.focus();
});
byId("least").addEventListener("input", () => {
  byId("least-shown").textContent = least().toFixed(2);
  mark();
});
byId("legend").addEventListener("click", ({ target }) => {
  const label = target.closest("button")?.dataset.label;
  if (!label) return;
  if (!hiddenLabels.delete(label)) hiddenLabels.add(label);
  mark();
});
for (const button of document.querySelectorAll("[data-format]")) {
  button.addEventListener("click", () => download(button.dataset.format));
}
reading.addEventListener("click", ({ target }) => {
  const word = target.closest(".w") ?? target.closest("mark")?.querySelector(".w");
  if (!word || !getSelection().isCollapsed) return; // the user marks text to copy it
  choose(Number(word.dataset.i));
  explain(current);
});
reading.addEventListener("keydown", (event) => {
  if (!answer.tokens.length || event.ctrlKey || event.metaKey || event.altKey) return;
  const last = answer.tokens.length - 1;
  const to = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1,
    ArrowUp: current - 1, Home: 0, End: last }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    choose(to);
  } else if ((event.key === "Enter" || event.key === " ") && current >= 0) {
    event.preventDefault();
    explain(current).then(() => byId("why").focus());
  }
});
byId("close").addEventListener("click", () => {
  closeWhy();
  reading.focus();
});
byId("why").addEventListener("keydown", ({ key }) => {
  if (key === "Escape") byId("close").click();
});
byId("tag").addEventListener("change", ({ target }) => {
  explain(Number(byId("why").dataset.token), target.value);
});
byId("model").addEventListener("change", () => {
  hiddenLabels.clear();
  closeWhy();
  findNames();
});
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) redraw(); // phones change the height when their address bar goes
  width = innerWidth;
});

async function start() {
  try {
    ({ models } = await (await ask("/api/models")).json());
  } catch (error) {
    tellError(error.message);
    return;
  }
  byId("model").replaceChildren(...models.map(({ name }) => new Option(name, name)));
  if (!text.value) text.value = EXAMPLE; // a browser may keep the text of the last visit
  findNames();
}
start();
