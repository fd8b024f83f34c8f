/* A chart that is drawn anew while one looks at it, and stays at the part of it that one looks at.

data: JSON in UTF-8, as bytes, so that the server packs it once for all tabs:
      figure   what Plotly draws
      alt      the same in words
      library  where Plotly lies
      canZoom  whether there is more to see from near
      words    {all: what shows everything again}

Sends "chosen", the x of a point that is clicked. With a mouse one drags a box, with a finger the page scrolls as
everywhere and two fingers look closer, and the keys + - 0 and the arrows do the same. */

const STEP = 1.4; // how much closer a key brings
const CLOSEST = 1000; // times
const HAS_MOUSE = matchMedia("(hover: hover) and (pointer: fine)");
const CONFIG = { displayModeBar: false, displaylogo: false, scrollZoom: false, doubleClick: false, showTips: false };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".steady-chart");
  const chart = (root.chart ??= new SteadyChart(root));
  chart.choose = (x) => setTriggerValue("chosen", x);
  if (!isSame(chart.packed, data)) chart.receive(data);
}

function isSame(before, now) {
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
      this.look(null);
      this.paper.focus(); // the button goes away
    };
    root.replaceChildren(this.paper, this.all);
    this.paper.setAttribute("role", "figure");
    new ResizeObserver(() => this.library && root.isConnected && this.library.Plots.resize(this.paper)).observe(root);
  }

  async receive(data) {
    this.packed = data;
    this.told = JSON.parse(new TextDecoder().decode(data));
    const { figure, alt, canZoom, words, library } = this.told;
    const { xaxis, yaxis, height } = figure.layout;
    this.home = { x: [...xaxis.range], y: [...yaxis.range] };
    this.names = figure.layout.annotations.map((label) => ({ ...label }));
    this.paper.setAttribute("aria-label", alt);
    this.paper.style.height = `${height}px`;
    this.all.textContent = words.all;
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
    const { figure, canZoom } = this.told;
    const { xaxis, yaxis } = figure.layout;
    const { x, y } = this.part ?? this.home;
    const layout = {
      ...figure.layout,
      dragmode: canZoom && HAS_MOUSE.matches && "zoom",
      xaxis: { ...xaxis, range: [...x], fixedrange: !canZoom, autorange: false },
      yaxis: { ...yaxis, range: [...y], fixedrange: !canZoom, autorange: false },
      annotations: this.names.map((label) => this.placed(label)),
    };
    if (xaxis.tickformat === "d" && x[1] - x[0] < 10) layout.xaxis.dtick = 1; // there is no half a trial
    this.all.hidden = this.part === null;
    return this.library.react(this.paper, figure.data, layout, CONFIG);
  }

  /* A name beside the chart carries its loss: seen from near it stands exactly there, and goes when that is out of sight. */
  placed(label) {
    return this.part && label.name ? { ...label, yref: "y", y: Number(label.name) } : { ...label };
  }

  look(part) {
    this.part = part && { x: within(part.x, this.home.x), y: within(part.y, this.home.y) };
    if (this.part && isAll(this.part.x, this.home.x) && isAll(this.part.y, this.home.y)) this.part = null;
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
    this.paper.setAttribute("aria-keyshortcuts", "+ - 0 ArrowLeft ArrowRight ArrowUp ArrowDown");
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

const moved = ([from, to], share) => [from + share * (to - from), to + share * (to - from)];

const isAll = ([from, to], [first, last]) => to - from > 0.999 * (last - first);

/* The range, no wider than the whole, no narrower than one can sensibly look, and nowhere beside the whole. */
function within([from, to], [first, last]) {
  const whole = last - first;
  const width = Math.min(Math.max(to - from, whole / CLOSEST), whole);
  const start = Math.min(Math.max((from + to - width) / 2, first), last - width);
  return [start, start + width];
}
