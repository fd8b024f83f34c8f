/* Piano keys: each sounds at once and is written down.

data.lowest, octaves   the pitch of the first key, a C, and how many octaves follow
data.middle            the pitch that the first of the letters plays; on a phone it is in sight at first
data.most              how many notes fit
data.notes             [pitch or null for a rest, beats] of each note that was played before
data.words             everything that is written or said here
State sent to the page: notes, as in data. What was played here counts more than what the page sends back later. */

const BLACK = { 1: 1, 3: 2, 6: 4, 8: 5, 10: 6 };  // how many white keys of its octave lie left of it
const LETTERS = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK",
  "KeyO", "KeyL", "KeyP"];  // by where they lie, so that every layout plays alike
const BEAT = 0.5;  // s
let audio = null;

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".keyboard");
  const words = data.words;
  if (root.state) {
    root.state.send = setStateValue;
    return;
  }
  const is = (root.state = { notes: [...data.notes], send: setStateValue, timers: [] });
  const lengths = new Map(words.lengths);
  const nameOf = (pitch) => words.names[pitch % 12] + (Math.floor(pitch / 12) - 1);

  const keys = [];
  const octaves = element("div", { class: "octaves", role: "group", "aria-label": words.keys });
  for (let number = 0; number < data.octaves; number++) {
    const octave = element("div", { class: "octave" });
    for (let tone = 0; tone < 12; tone++) {
      const pitch = data.lowest + 12 * number + tone;
      const isBlack = tone in BLACK;
      const key = element("button", { class: isBlack ? "black" : "white", type: "button", "aria-label": nameOf(pitch) });
      key.tabIndex = pitch === data.middle ? 0 : -1;
      if (isBlack) key.style.setProperty("--after", BLACK[tone]);
      else key.textContent = tone ? words.names[tone] : nameOf(pitch);
      key.addEventListener("pointerdown", () => sound(pitch, length()));  // a click would come after the finger has left
      key.addEventListener("click", (event) => { write(pitch); if (!event.detail) sound(pitch, length()); });
      key.pitch = pitch;
      keys.push(key);
      octave.append(key);
    }
    octaves.append(octave);
  }
  octaves.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = keys.indexOf(event.target);
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const there = step ? here + step : { Home: 0, End: keys.length - 1 }[event.key];
    const letter = LETTERS.indexOf(event.code), played = keys[data.middle - data.lowest + letter];
    if (there !== undefined) walkTo(keys[there]);
    else if (letter >= 0 && !event.repeat) { write(played.pitch); sound(played.pitch, length()); }
    else if (event.key === "Backspace") undo();
    else return;
    event.preventDefault();
  });

  const select = element("select", {});
  for (const [beats, name] of words.lengths) select.append(new Option(name, beats, beats === 1, beats === 1));
  const label = element("label", {}, words.length);
  label.append(select);
  const row = element("div", { class: "row" });
  const rest = button(words.rest, () => write(null)), listen = button(words.listen, play);
  const back = button(words.undo, undo), clear = button(words.clear, () => change([]));
  row.append(label, rest, listen, back, clear);

  const played = element("div", { class: "played", "aria-live": "polite" });
  root.replaceChildren(octaves, row, played, element("p", { class: "how" }, words.how));
  draw();
  requestAnimationFrame(() => { octaves.scrollLeft = (octaves.scrollWidth * (data.middle - data.lowest)) / (12 * data.octaves); });

  function length() { return Number(select.value); }

  function walkTo(key) {
    if (!key) return;
    for (const one of keys) one.tabIndex = one === key ? 0 : -1;
    key.focus();
  }

  function write(pitch) {
    if (is.notes.length < data.most) change([...is.notes, [pitch, length()]]);
  }

  function undo() { change(is.notes.slice(0, -1)); }

  function change(notes) {
    is.notes = notes;
    draw();
    is.send("notes", notes);
  }

  function draw() {
    const isEmpty = !is.notes.length;
    for (const one of [listen, back, clear]) one.disabled = isEmpty;
    rest.disabled = is.notes.length >= data.most;
    const list = element("ol", {});
    for (const [pitch, beats] of is.notes) {
      const name = pitch === null ? words.rest : nameOf(pitch);
      list.append(element("li", {}, words.event.replace("{name}", name).replace("{length}", lengths.get(beats).toLowerCase())));
    }
    const said = isEmpty ? words.nothing : is.notes.length >= data.most ? words.full : words.played;
    played.replaceChildren(element("span", {}, said), ...(isEmpty ? [] : [list]));
  }

  function play() {
    silence();
    let now = 0;
    for (const [pitch, beats] of is.notes) {
      if (pitch !== null) is.timers.push(setTimeout(() => sound(pitch, beats), now * BEAT * 1000));
      now += beats;
    }
  }

  function silence() {
    for (const timer of is.timers.splice(0)) clearTimeout(timer);
  }

  function sound(pitch, beats) {
    const key = keys[pitch - data.lowest];
    key?.classList.add("sounding");
    setTimeout(() => key?.classList.remove("sounding"), beats * BEAT * 900);
    audio ??= new AudioContext();  // browsers allow it only once something was pressed
    audio.resume();
    const now = audio.currentTime, end = now + Math.max(0.25, beats * BEAT);
    const tone = new OscillatorNode(audio, { type: "triangle", frequency: 440 * 2 ** ((pitch - 69) / 12) });
    const loudness = new GainNode(audio, { gain: 0 });
    loudness.gain.setValueAtTime(0, now);
    loudness.gain.linearRampToValueAtTime(0.35, now + 0.008);  // neither beginning nor end clicks
    loudness.gain.exponentialRampToValueAtTime(0.001, end);
    tone.connect(loudness).connect(audio.destination);
    tone.start(now);
    tone.stop(end);
  }

  function button(text, act) {
    const made = element("button", { type: "button" }, text);
    made.addEventListener("click", act);
    return made;
  }

  function element(name, attributes, text) {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    if (text) made.textContent = text;
    return made;
  }
}
