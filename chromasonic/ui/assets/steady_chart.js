/* A chart that is drawn anew while one looks at it, and stays at the part of it that one looks at.

data: JSON in UTF-8, as bytes, so that the server packs it once for all tabs:
      figure   what Plotly draws; `layout.meta`, where upwards are heights on a scale of losses (results/scale.py): its
               `floor`, and the `furthest` height that can be looked at, where that is above the chart. The `meta` of a
               trace are the heights of its points where some are above the chart; its `y` stop at the upper edge.
      alt      the same in words
      library  where Plotly lies
      canZoom  whether there is more to see from near
      words    {whole: what shows the whole chart again, withMouse, withFingers: how to look closer}

Sends "chosen", the x of a point that is clicked. With a mouse one drags a box, with a finger the page scrolls as
everywhere and two fingers look closer, and the keys + - 0 Escape and the arrows do the same. What is worse than the
chart shows stands at its edge; a button tells how many, and shows them. */

const STEP = 1.4; // how much closer a key brings
const CLOSEST = 1000; // times
const N_MARKS = 6; // at the axis of a part, at most
const NAME = 36 / 250; // height of a name beside the chart, as a share of the chart's
const HAS_MOUSE = matchMedia("(hover: hover) and (pointer: fine)");
const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false, doubleClick: false, showTips: false };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".steady-chart");
  const chart = (root.chart ??= new SteadyChart(root));
  chart.choose = (x) => setTriggerValue("chosen", x);
  if (!areSame(chart.packed, data)) chart.receive(data);
}

function areSame(before, now) {
  return before?.length === now.length && before.every((byte, place) => byte === now[place]);
}

function plotlyFrom(address) {
  return (window.chromasonicPlotly ??= fetched(address).catch((error) => {
    window.chromasonicPlotly = undefined; // the next one tries again
    throw error;
  }));
}

/* From the browser's own store where it is there: the address names the version, which the server's answer does not. */
async function fetched(address) {
  const answer = await fetch(address, { cache: "force-cache" });
  if (!answer.ok) throw new Error(address);
  const script = document.createElement("script"), source = URL.createObjectURL(await answer.blob());
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    script.src = source;
    document.head.append(script);
  });
  URL.revokeObjectURL(source);
  return window.Plotly;
}

class SteadyChart {
  part = null; // {x: [from, to], y: [from, to]} that is looked at; null: all of it
  pinched = 0; // when two fingers moved last
  isHeld = false; // while a mouse button or two fingers are down, nothing is drawn anew

  constructor(root) {
    this.root = root;
    this.paper = document.createElement("div");
    this.all = Object.assign(document.createElement("button"), { type: "button", className: "all", hidden: true });
    this.all.onclick = () => {
      this.look(this.part ? null : this.outer);
      this.paper.focus(); // the button goes away, or means something else
    };
    this.hint = Object.assign(document.createElement("div"), { className: "hint", hidden: true });
    root.replaceChildren(this.paper, this.all, this.hint);
    this.paper.setAttribute("role", "figure");
    new ResizeObserver(() => this.library && root.isConnected && this.library.Plots.resize(this.paper)).observe(root);
  }

  async receive(data) {
    this.packed = data;
    this.told = JSON.parse(new TextDecoder().decode(data));
    const { figure, alt, canZoom, words, library } = this.told;
    const { xaxis, yaxis, height } = figure.layout;
    this.home = { x: [...xaxis.range], y: [...yaxis.range] };
    const [bottom, top] = this.home.y, { floor, furthest = top } = figure.layout.meta ?? {};
    if (this.part && floor !== this.floor) { // the same losses stand elsewhere now
      this.part.y = this.part.y.map((height) => Math.log10(Math.max(this.floor + 10 ** height - floor, 10 ** bottom)));
    }
    this.floor = floor;
    this.outer = { x: this.home.x, y: [bottom, furthest > top ? furthest + 0.05 * (furthest - bottom) : top] };
    const labels = figure.layout.annotations.map((label) => ({ ...label }));
    this.names = labels.filter((label) => label.name !== "above" || !canZoom);
    this.above = (canZoom && labels.find((label) => label.name === "above")?.text) || "";
    this.paper.setAttribute("aria-label", alt);
    this.paper.style.height = `${height}px`;
    this.hint.textContent = HAS_MOUSE.matches ? words.withMouse : words.withFingers;
    this.hint.hidden = !canZoom;
    try {
      this.library = await plotlyFrom(library);
    } catch {
      this.paper.textContent = alt;
      return;
    }
    await this.draw();
    if (!this.listens) this.listen(canZoom);
  }

  draw() {
    if (this.isHeld) return;
    const { figure, canZoom, words } = this.told;
    const { xaxis, yaxis } = figure.layout;
    const { x, y } = this.part ?? this.home;
    const layout = {
      ...figure.layout,
      dragmode: canZoom && HAS_MOUSE.matches && "zoom",
      xaxis: { ...xaxis, range: [...x], fixedrange: !canZoom, autorange: false },
      yaxis: { ...yaxis, range: [...y], fixedrange: !canZoom, autorange: false },
      annotations: apart(this.names.map((label) => this.placed(label)), y),
    };
    if (xaxis.tickformat === "d" && x[1] - x[0] < 10) layout.xaxis.dtick = 1; // there is no half a trial
    if (this.part && figure.layout.meta) Object.assign(layout.yaxis, this.marks(y));
    this.all.textContent = this.part ? words.whole : this.above;
    this.all.hidden = !this.all.textContent;
    const top = Math.max(y[1], this.home.y[1]); // as far as one sees, points stand where they belong
    const data = figure.data.map((trace) => trace.meta ? { ...trace, y: trace.meta.map((at) => Math.min(at, top)) } : trace);
    return this.library.react(this.paper, data, layout, CONFIG);
  }

  /* A name beside the chart carries its loss: seen from near it stands exactly there, and goes when that is out of sight. */
  placed(label) {
    return this.part && label.name ? { ...label, yref: "y", y: Number(label.name) } : { ...label };
  }

  /* Round losses between two heights, about equally far apart, as `LossScale.marks` writes them. */
  marks([bottom, top]) {
    const { separators, meta: { floor } } = this.told.figure.layout;
    const apart = (top - bottom) / N_MARKS, tickvals = [], losses = [];
    for (let place = 0; place < N_MARKS; place++) {
      const [below, above] = [place, place + 1].map((step) => floor + 10 ** (bottom + step * apart));
      const power = Math.floor(Math.log10(above - below));
      const unit = 10 ** power * [5, 2, 1].find((step) => step * 10 ** power <= (above - below) * 1.0001);
      const loss = unit * Math.floor(above / unit), height = Math.log10(loss - floor);
      if (loss < 0 || !(height > (tickvals.at(-1) ?? bottom - apart) + apart / 2)) continue;
      tickvals.push(height);
      losses.push(loss);
    }
    const decimals = losses.map((loss) => loss.toFixed(9).replace(/0+$/, "").split(".")[1].length);
    const ticktext = losses.map((loss) => loss.toFixed(Math.max(2, ...decimals)).replace(".", separators[0]));
    return { tickvals, ticktext };
  }

  look(part) {
    this.part = part && { x: within(part.x, this.outer.x, this.home.x), y: within(part.y, this.outer.y, this.home.y) };
    if (this.part && isSame(this.part.x, this.home.x) && isSame(this.part.y, this.home.y)) this.part = null;
    this.draw();
  }

  /* Closer by `factor` (further away where it is below 1), around the place at these shares of width and height. */
  closer(factor, across = 0.5, up = 0.5) {
    const { x, y } = this.part ?? this.home;
    this.look({ x: scaled(x, across, factor), y: scaled(y, up, factor) });
  }

  aside(across, up) {
    const { x, y } = this.part ?? this.home;
    this.look({ x: moved(x, across), y: moved(y, up) });
  }

  // ---- what a musician does ------------------------------------------------------------------------------------------

  listen(canZoom) {
    this.listens = true;
    this.paper.on("plotly_click", ({ points }) => points.length && this.choose(points[0].x));
    if (!canZoom) return;
    this.paper.tabIndex = 0;
    this.paper.setAttribute("aria-keyshortcuts", "+ - 0 Escape ArrowLeft ArrowRight ArrowUp ArrowDown");
    this.paper.on("plotly_doubleclick", () => Date.now() - this.pinched > 500 && this.look(null)); // or two fingers were it
    this.paper.on("plotly_relayout", (changed) => {
      if (!Object.keys(changed).some((name) => /^[xy]axis\.range/.test(name))) return;
      this.isHeld = false; // Plotly tells of it before the mouse button is heard of here
      const { xaxis, yaxis } = this.paper.layout;
      this.look({ x: [...xaxis.range], y: [...yaxis.range] });
    });
    this.paper.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.target.closest(".all")) return;
      this.isHeld = true;
      addEventListener("pointerup", () => setTimeout(() => this.letGo()), { once: true, capture: true });
    }, true);
    this.paper.addEventListener("keydown", (event) => this.hearKey(event));
    this.listenToFingers();
  }

  letGo() {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.draw(); // what came meanwhile
  }

  hearKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // these are the browser's
    const meant = {
      "+": () => this.closer(STEP), "=": () => this.closer(STEP), "-": () => this.closer(1 / STEP),
      0: () => this.look(null),
    };
    if (this.part) {
      Object.assign(meant, {
        Escape: () => this.look(null),
        ArrowLeft: () => this.aside(-0.2, 0), ArrowRight: () => this.aside(0.2, 0),
        ArrowUp: () => this.aside(0, 0.2), ArrowDown: () => this.aside(0, -0.2),
      });
    }
    if (!meant[event.key]) return;
    event.preventDefault();
    meant[event.key]();
  }

  listenToFingers() {
    let before = null; // where the two fingers were
    this.paper.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      this.pinched = Date.now();
      const now = fingers(event.touches, this.paper.querySelector(".nsewdrag").getBoundingClientRect());
      if (before) {
        this.closer(now.apart / before.apart, now.across, now.up);
        this.aside(before.across - now.across, before.up - now.up);
      }
      before = now;
    }, { passive: false });
    for (const end of ["touchend", "touchcancel"]) this.paper.addEventListener(end, () => (before = null));
  }
}

/* How far apart two fingers are in pixels, and where the middle between them is, as shares of the chart. */
function fingers([one, other], { left, bottom, width, height }) {
  return {
    apart: Math.max(Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), 20),
    across: ((one.clientX + other.clientX) / 2 - left) / width,
    up: (bottom - (one.clientY + other.clientY) / 2) / height,
  };
}

// ---- ranges ---------------------------------------------------------------------------------------------------------

const scaled = ([from, to], share, factor) => {
  const middle = from + share * (to - from);
  return [middle - (middle - from) / factor, middle + (to - middle) / factor];
};

/* Names beside the chart that would lie on each other, the upper ones moved up. */
function apart(labels, [bottom, top]) {
  const seen = labels.filter((label) => label.name && label.yref === "y" && label.y >= bottom && label.y <= top);
  seen.sort((one, other) => one.y - other.y);
  seen.forEach((label, place) => place && (label.y = Math.max(label.y, seen[place - 1].y + NAME * (top - bottom))));
  return labels;
}

const moved = ([from, to], share) => [from + share * (to - from), to + share * (to - from)];

const isSame = ([from, to], [first, last]) => Math.max(Math.abs(from - first), Math.abs(to - last)) < (last - first) / 1000;

/* The range, no wider than there is anything, no narrower than one can sensibly look, and nowhere beside it. */
function within([from, to], [first, last], home) {
  const width = Math.min(Math.max(to - from, (home[1] - home[0]) / CLOSEST), last - first);
  const start = Math.min(Math.max((from + to - width) / 2, first), last - width);
  return [start, start + width];
}
