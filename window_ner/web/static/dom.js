// Elements from names, attributes and children. A string becomes text and nothing else, so that
// markup in a user's text stays text.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

export const byId = (id) => document.getElementById(id);

// Show an error on the page; an empty message hides it.
export function tellError(message) {
  byId("alert").textContent = message;
  byId("alert").hidden = !message;
}

// Let the browser save a file.
export function saveFile(content, name) {
  const link = element("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// A number with its sign; the minus is as wide as the plus.
export function signed(number, digits = 2) {
  const shown = Math.abs(number).toFixed(digits);
  if (Number(shown) === 0) return (0).toFixed(digits);
  return (number < 0 ? "−" : "+") + shown;
}

export const plain = (number, digits = 2) => number.toFixed(digits).replace("-", "−");

// Send JSON, or ask with GET if there is nothing to send. The error is a sentence for the user.
// A busy server is asked again a few times.
export async function ask(address, body, signal, again = 5) {
  const options = { signal };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  if (response.headers.has("retry-after") && again) {
    await new Promise((later) => setTimeout(later, 1000));
    return ask(address, body, signal, again - 1);
  }
  const told = await response.json().catch(() => ({}));
  throw Object.assign(new Error(`The server says: ${told.error ?? response.status}.`), { status: response.status });
}

// The server counts characters; JavaScript counts UTF-16 units, two for an emoji.
// Returns the functions from the one to the other.
export function offsetsOf(text) {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return { unit: (i) => i, character: (i) => i };
  const units = [];
  for (let i = 0; i < text.length; i += text.codePointAt(i) > 0xffff ? 2 : 1) units.push(i);
  units.push(text.length);
  const characters = new Map(units.map((unit, character) => [unit, character]));
  return { unit: (i) => units[i], character: (i) => characters.get(i) };
}

const KNOWN = new Map([["PER", 0], ["ORG", 1], ["LOC", 2], ["MISC", 3]]);

// The class that colours a label: the usual labels always have the same colour.
export function toneOf(label, labels) {
  if (KNOWN.has(label)) return `t${KNOWN.get(label)}`;
  const others = labels.filter((each) => !KNOWN.has(each));
  const first = others.length === labels.length ? 0 : 4;
  return `t${(first + Math.max(0, others.indexOf(label))) % 8}`;
}

export const MEANINGS = new Map([
  ["PER", "person"], ["ORG", "organisation"], ["LOC", "place"], ["MISC", "other name"], ["NAME", "name"],
]);
