/* Follows the sound of a player beside it: the note that sounds stands out in the score and in the piano roll.

data.tunes: what can be shown here, one at a time, each with
  sound   the class of the container that holds its <audio>
  begins  where in that sound it begins, in seconds; several tunes may lie in one
  length  how long its piano roll lasts, in seconds
  notes   [start, end, words] of each, in seconds from where the tune begins
  roll, score, narrow   our own drawings, where note i carries data-note="i"
  heading  where several can be shown: which one it is
  rollName, scoreName   what these are to whoever cannot see them; how: how to use them with the keyboard
data.playsOn: at the end of a sound the next tune that lies in another one plays, where there is one. Otherwise the first
tune is the one that matters, and is shown when it has become another.
At the end of a sound "tune-ended" is sent up the page, with the number of the tune that ended. */

const still = matchMedia("(prefers-reduced-motion: reduce)");

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".player");
  const tunes = data.tunes;
  const is = (root.state ??= { tune: -1, note: -1, chosen: 0, marks: [], drawn: "" });
  let frame = 0;

  const tune = () => tunes[is.tune];
  const soundOf = (one) => document.querySelector(`.${one.sound} audio`);
  const part = (name) => root.querySelector(`.${name}`);
  const owns = (audio) => audio instanceof HTMLMediaElement && tunes.some((one) => audio.closest(`.${one.sound}`));

  function show(number) {
    const drawn = JSON.stringify(tunes[number]);
    is.tune = number;
    if (drawn === is.drawn) return;
    Object.assign(is, { drawn, note: -1, chosen: 0, marks: [] });
    root.classList.toggle("passage", tune().isPassage);
    root.replaceChildren(headingOf(tune()), scoreOf(tune()), rollOf(tune()), element("p", "note", { "aria-hidden": "true" }));
    for (const mark of root.querySelectorAll("[data-note]")) (is.marks[mark.dataset.note] ??= []).push(mark);
  }

  function light(note) {
    if (note === is.note) return;
    for (const mark of is.marks[is.note] ?? []) mark.classList.remove("sounding");
    for (const mark of is.marks[note] ?? []) mark.classList.add("sounding");
    for (const halo of root.querySelectorAll(".halo")) halo.remove();
    for (const sign of root.querySelectorAll(".score .sounding")) sign.prepend(haloOf(sign));
    is.note = note;
    if (note < 0) return;
    choose(note);
    bringIntoView(is.marks[note] ?? []);
  }

  function choose(note) {
    is.chosen = note;
    part("roll").setAttribute("aria-valuenow", note + 1);
    part("roll").setAttribute("aria-valuetext", tune().notes[note][2]);
    tell(note);
  }

  function tell(note) {
    part("note").textContent = note < 0 ? "" : tune().notes[note][2];
  }

  function bringIntoView(marks) {
    const score = part("score");
    const sign = score && marks.find((mark) => score.contains(mark) && mark.getClientRects().length);
    if (!sign || score.scrollHeight <= score.clientHeight) return;
    const window = score.getBoundingClientRect(), place = sign.getBoundingClientRect();
    if (place.top > window.top + 24 && place.bottom < window.bottom - 48) return;
    const top = score.scrollTop + place.top - window.top - window.height / 3;
    score.scrollTo({ top, behavior: still.matches ? "auto" : "smooth" });
  }

  function follow() {
    const audio = soundOf(tunes[Math.max(0, is.tune)]);
    if (!audio) return;
    const inSound = tunes.map((one, number) => number).filter((number) => soundOf(tunes[number]) === audio);
    const playing = inSound.filter((number) => (tunes[number].begins ?? 0) <= audio.currentTime).at(-1) ?? inSound[0];
    if (playing !== is.tune) show(playing);
    const time = audio.currentTime - (tune().begins ?? 0);
    const last = lastBegun(tune().notes, time);
    light(last >= 0 && time > 0 && time < tune().notes[last][1] ? last : -1);
    part("playhead").style.setProperty("--at", Math.min(1, Math.max(0, time / tune().length)));
    part("playhead").hidden = audio.paused && audio.currentTime === 0;
    if (part("playhead").hidden) tell(-1);
  }

  function run() {
    cancelAnimationFrame(frame);
    follow();
    const audio = soundOf(tune());
    if (audio && !audio.paused) frame = requestAnimationFrame(run);
  }

  function seek(time, plays) {
    const audio = soundOf(tune());
    if (!audio) return;
    audio.currentTime = (tune().begins ?? 0) + time + 0.001; // within the note, whichever way it is rounded
    if (plays) audio.play();
  }

  function toggle() {
    const audio = soundOf(tune());
    if (audio?.paused) audio.play();
    else audio?.pause();
  }

  function onSound(event) {
    if (!owns(event.target)) return;
    const number = tunes.findIndex((one) => soundOf(one) === event.target);
    if (event.type === "play") {
      for (const one of tunes) if (soundOf(one) !== event.target) soundOf(one)?.pause();
      if (!tune() || soundOf(tune()) !== event.target) show(number);
    }
    if (tune() && soundOf(tune()) === event.target) run();
    if (event.type === "ended") end();
  }

  function end() {
    const ended = is.tune;
    const sound = soundOf(tune());
    root.dispatchEvent(new CustomEvent("tune-ended", { detail: ended, bubbles: true, composed: true }));
    const next = tunes.findIndex((one, number) => number > ended && soundOf(one) && soundOf(one) !== sound);
    if (next < 0 || !data.playsOn) return;
    show(next);
    soundOf(tune()).currentTime = 0;
    soundOf(tune()).play();
  }

  root.onclick = ({ target, clientX }) => {
    const note = target.closest("[data-note]")?.dataset.note;
    const picture = target.closest("svg.notes");
    if (note !== undefined) seek(tune().notes[note][0], true);
    else if (picture) {
      const { left, width } = picture.getBoundingClientRect();
      seek(((clientX - left) / width) * tune().length, false);
    }
  };
  root.onpointerover = ({ target }) => tell(Number(target.closest("[data-note]")?.dataset.note ?? is.note));
  root.onkeydown = (event) => {
    const notes = tune().notes;
    const turned = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, Home: -notes.length, End: notes.length };
    const inRoll = event.target === part("roll");
    if (event.ctrlKey || event.altKey || event.metaKey || !notes.length) return;
    if (event.key === " ") toggle();
    else if (event.key === "Enter") seek(notes[is.chosen][0], true);
    else if (inRoll && event.key in turned) {
      choose(Math.min(notes.length - 1, Math.max(0, is.chosen + turned[event.key])));
      seek(notes[is.chosen][0], false);
    } else return;
    event.preventDefault();
  };

  const heard = ["play", "pause", "seeking", "seeked", "timeupdate", "ended", "emptied"];
  for (const name of heard) document.addEventListener(name, onSound, true); // these do not bubble, but are caught
  const first = JSON.stringify(tunes[0]);
  if (!data.playsOn && first !== is.first) is.tune = 0;
  is.first = first;
  show(Math.min(Math.max(0, is.tune), tunes.length - 1));
  run();
  return () => {
    cancelAnimationFrame(frame);
    for (const name of heard) document.removeEventListener(name, onSound, true);
  };
}

function headingOf(tune) {
  if (!tune.heading) return "";
  const heading = element("p", "heading", {});
  heading.textContent = tune.heading;
  return heading;
}

function scoreOf(tune) {
  if (!tune.score) return "";
  const score = element("div", "score", { role: "group", "aria-label": tune.scoreName, tabindex: 0 });
  score.innerHTML = tune.score + tune.narrow;
  for (const [place, name] of ["wide", "narrow"].entries()) {
    score.children[place].classList.add(name);
    score.children[place].setAttribute("aria-hidden", "true");
  }
  return score;
}

function rollOf(tune) {
  const roll = element("div", "roll", {
    role: "slider", tabindex: 0, "aria-label": tune.rollName, "aria-description": tune.how, "aria-valuemin": 1,
    "aria-valuemax": Math.max(1, tune.notes.length), "aria-valuenow": 1, "aria-valuetext": tune.notes[0]?.[2] ?? "",
  });
  roll.innerHTML = tune.roll;
  roll.append(element("div", "playhead", { hidden: "" }));
  return roll;
}

function element(kind, name, attributes) {
  const made = document.createElement(kind);
  made.className = name;
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

function haloOf(sign) {
  const { x, y, width, height } = sign.getBBox(), room = 90;
  const halo = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const place = { class: "halo", x: x - room, y: y - room, width: width + 2 * room, height: height + 2 * room, rx: room };
  for (const [attribute, value] of Object.entries(place)) halo.setAttribute(attribute, value);
  return halo;
}

function lastBegun(notes, time) {
  let low = 0, high = notes.length; // the answer is among low - 1 … high - 1
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle][0] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
