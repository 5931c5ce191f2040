// Draws the network of one window: words at the bottom, hidden layers, the score on top.

import { plain, shape, signed } from "./dom.js";

const CIRCLES = 16; // a layer with more units is drawn as a strip
const STEP = 118; // height of a layer
const sign = (number) => (number < 0 ? "down" : "up");
const largestOf = (numbers) => numbers.reduce((most, n) => Math.max(most, Math.abs(n)), 0) || 1;

export function drawNetwork(explanation, width, tell) {
  const { network, window: words, context } = explanation;
  const drawing = new Drawing(width, tell);
  const names = words.map(({ word }) => word ?? "padding");
  if (context) names.push("whole text");
  const layers = network.hidden;
  const scoreY = 30;
  const wordsY = scoreY + STEP * (layers.length + 1) - 8;

  const rows = [
    { xs: blocks(width, names.length).map(({ x, width: w }) => x + w / 2), top: wordsY - 8,
      names: names.map((name) => `“${name}”`) },
    ...layers.map((layer, i) => {
      const y = scoreY + STEP * (layers.length - i);
      const half = layer.h.length > CIRCLES ? 12 : radius(width, layer.h.length);
      return { xs: places(width, layer.h.length), top: y - half, bottom: y + half + (layer.h.length > CIRCLES ? 2 : 17), y,
        names: layer.h.map((_, j) => `${layer.name}[${j + 1}]`) };
    }),
    { xs: [width / 2], bottom: scoreY + 26, names: ["the score"] },
  ];
  network.lines.forEach((lines, i) => drawing.lines(lines, rows[i], rows[i + 1]));
  layers.forEach((layer, i) => drawing.layer(layer, rows[i + 1].y));
  drawing.score(explanation, scoreY);
  drawing.words(network.words, names, wordsY, words.length >> 1);
  return drawing.svg(wordsY + 84);
}

function blocks(width, count) {
  const gap = width < 480 ? 6 : 14;
  const each = (width - gap * (count - 1)) / count;
  return Array.from({ length: count }, (_, i) => ({ x: i * (each + gap), width: each }));
}

function places(width, count) {
  if (count > CIRCLES) return Array.from({ length: count }, (_, i) => (width / count) * (i + 0.5));
  const pitch = Math.min(90, width / count);
  return Array.from({ length: count }, (_, i) => width / 2 + pitch * (i - (count - 1) / 2));
}

const radius = (width, count) => Math.min(20, width / count / 2 - 2);

// In small circles, numbers are written like .85 and −.04.
const fitted = (number, r) => (r < 18 ? plain(number).replace(/^(−?)0\./, "$1.") : plain(number));

class Drawing {
  constructor(width, tell) {
    this.width = width;
    this.tell = tell;
    this.parts = [];
  }

  svg(height) {
    return shape("svg", { viewBox: `0 0 ${this.width} ${height}`, role: "group",
      "aria-label": "The network. Tab and arrow keys go through its numbers." }, ...this.parts);
  }

  text(x, y, words, kind = "", anchor = "middle") {
    return shape("text", { x, y, class: kind, "text-anchor": anchor }, words);
  }

  // Let the pointer and the arrow keys go through the cells of a group; `say` describes cell i.
  probed(group, count, say, box) {
    let current = 0;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "img");
    group.setAttribute("aria-label", say(0));
    group.append(shape("rect", { ...box, rx: 6, class: "frame" }));
    const tell = (i) => {
      current = Math.min(count - 1, Math.max(0, i));
      this.tell(say(current));
    };
    group.addEventListener("focus", () => tell(current));
    group.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      tell(current + step);
    });
    group.addEventListener("pointermove", (event) => {
      const { left, width } = group.firstElementChild.getBoundingClientRect();
      tell(Math.floor(((event.clientX - left) / width) * count));
    });
    this.parts.push(group);
  }

  lines(lines, from, to) {
    const [thin, thick] = Math.max(from.xs.length, to.xs.length) > CIRCLES ? [0.5, 3] : [0.6, 6];
    const largest = largestOf(lines.map(([, , flow]) => flow));
    for (const [i, j, flow] of lines) {
      const strength = Math.abs(flow) / largest;
      if (strength < 0.02) continue;
      const [x0, y0, x1, y1] = [from.xs[i], from.top, to.xs[j], to.bottom];
      const half = (y0 + y1) / 2;
      const line = shape("path", { class: `flow ${sign(flow)}`,
        d: `M${x0} ${y0}C${x0} ${half} ${x1} ${half} ${x1} ${y1}`,
        "stroke-width": thin + thick * strength, "stroke-opacity": 0.15 + 0.5 * strength });
      const say = () => this.tell(
        `From ${from.names[i]} to ${to.names[j]}: ${signed(flow, 3)} (weights times values).`);
      line.addEventListener("pointerenter", say);
      this.parts.push(line);
    }
  }

  strip(numbers, x, y, width, height, largest) {
    const cell = width / numbers.length;
    const group = shape("g", { "shape-rendering": "crispEdges" },
      shape("rect", { x, y, width, height, class: "strip" }));
    numbers.forEach((number, i) => {
      const shade = Math.min(1, Math.abs(number) / largest);
      if (shade < 0.05) return;
      group.append(shape("rect", { x: x + i * cell, y, width: cell, height,
        class: sign(number), "fill-opacity": shade.toFixed(2) }));
    });
    return group;
  }

  layer({ name, activation, h, delta }, y) {
    const number = name.slice(1);
    const say = (i) => `${name}[${i + 1}] = ${activation}(z${number}[${i + 1}]) = ` +
      `${plain(h[i], 3)} going up. Coming down: δ${number}[${i + 1}] = ∂s/∂z = ${signed(delta[i], 4)}.`;
    if (h.length > CIRCLES) {
      const group = shape("g", {}, this.strip(h, 0, y - 12, this.width, 14, largestOf(h)),
        this.strip(delta, 0, y + 4, this.width, 8, largestOf(delta)));
      this.probed(group, h.length, say, { x: -3, y: y - 15, width: this.width + 6, height: 30 });
      this.parts.push(this.text(0, y - 19, `${name}: ${h.length} units; below them their gradients δ`, "note", "start"));
      return;
    }
    const r = radius(this.width, h.length);
    places(this.width, h.length).forEach((x, i) => {
      const strength = Math.abs(h[i]) / largestOf(h);
      const group = shape("g", {},
        ...this.disc(x, y, r, h[i], 0.55 * strength),
        this.text(x, y + r + 14, fitted(delta[i], r), `small ${delta[i] ? sign(delta[i]) : "note"}`));
      this.probed(group, 1, () => say(i), { x: x - r - 3, y: y - r - 3, width: 2 * r + 6, height: 2 * r + 6 });
    });
  }

  // A number in a circle; a fuller one is darker, but only a full one has light text.
  disc(x, y, r, value, fullness) {
    const at = { cx: x, cy: y, r };
    return [shape("circle", { ...at, class: "ground" }),
      shape("circle", { ...at, class: sign(value), "fill-opacity": Math.max(0.08, fullness) }),
      shape("circle", { ...at, class: `ring ${sign(value)}` }),
      this.text(x, y + 4, fitted(value, r), fullness === 1 ? "on" : "small")];
  }

  score({ score, tag }, y) {
    const group = shape("g", {}, ...this.disc(this.width / 2, y, 26, score, 1));
    const say = () => `The score s${tag ? ` of ${tag}` : ""} = ${plain(score, 3)}. The gradients start here: ∂s/∂s = 1.`;
    this.probed(group, 1, say, { x: this.width / 2 - 30, y: y - 30, width: 60, height: 60 });
    this.parts.push(this.text(this.width / 2 + 36, y + 4, tag ? `s of ${tag}` : "s", "", "start"));
  }

  words(parts, names, y, centre) {
    const high = (key) => percentile(parts.flatMap((part) => part[key].map(Math.abs)), 0.98);
    const [value, slope] = [high("x"), high("gradient")];
    blocks(this.width, names.length).forEach(({ x, width }, i) => {
      const { x: numbers, gradient } = parts[i];
      if (i === centre) {
        this.parts.push(shape("rect", { x: x - 4, y: y - 5, width: width + 8, height: 68, rx: 7, class: "chosen" }));
      }
      const group = shape("g", {}, this.strip(numbers, x, y, width, 16, value),
        this.strip(gradient, x, y + 21, width, 16, slope));
      const say = (j) => `“${names[i]}”, number ${j + 1} of ${numbers.length}: x = ` +
        `${plain(numbers[j], 3)} going up, ∂s/∂x = ${signed(gradient[j], 4)} coming down.`;
      this.probed(group, numbers.length, say, { x: x - 2, y: y - 3, width: width + 4, height: 64 });
      const most = Math.max(2, Math.floor(width / 7.4));
      const shown = [...names[i]].length > most ? `${[...names[i]].slice(0, most - 1).join("")}…` : names[i];
      this.parts.push(this.text(x + width / 2, y + 54, shown, i === centre ? "" : "note"));
    });
    this.parts.push(this.text(0, y + 80, "upper strips: x; lower strips: its gradient", "note", "start"));
  }
}

function percentile(numbers, part) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.floor((sorted.length - 1) * part)] || 1;
}
