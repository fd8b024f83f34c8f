/* The title of the tab says how a search goes; and who asked for it is told when it has ended.

data: at        when the server said this; the browser may draw what is older once more, which then counts no longer
      search    which one it is; null where there is none to watch
      isAtWork  whether it goes on
      title     what stands before the name of the app; empty where there is nothing to say
      notice    {title, body} once it has ended by itself
      hasSwitch, words   whether it can be asked for here, and in which words
      lookEvery seconds after which the server is asked again, by sending "look"; 0 where the page looks by itself

What is known outlasts the page it was learned on: one page of the app follows another in the same window. */

const REMEMBERED = "chromasonic tells when a search is done";
const SEEN_AFTER = 5000; // ms before a title in a tab that is open counts as seen
const QUIET = 3000; // ms without a key or a click: a look that meets a click may keep it from being heard

const known = (window.chromasonicWatching ??= { at: 0, atWork: null, prefix: "", app: document.title, touched: 0, timer: 0 });

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".watching");
  if (data.at >= known.at) hear(data);
  drawSwitch(root, data);
  const look = () => {
    const app = document.querySelector("[data-testid=stApp]");
    const isAtRest = app?.dataset.testScriptState === "notRunning";
    if (isAtRest && Date.now() - known.touched > QUIET) setTriggerValue("look", Date.now());
  };
  const timer = data.isAtWork && data.lookEvery ? setInterval(look, data.lookEvery * 1000) : 0;
  return () => clearInterval(timer);
}

function hear(data) {
  known.at = data.at;
  if (data.isAtWork) {
    known.atWork = data.search;
    show(data.title, false);
  } else if (known.atWork !== null) {
    const hasEnded = known.atWork === data.search;
    known.atWork = null;
    show(hasEnded ? data.title : "", true);
    if (hasEnded && data.notice && isAskedFor()) tell(data);
  }
}

// ---- the title ------------------------------------------------------------------------------------------------------

function show(prefix, untilSeen) {
  known.prefix = prefix;
  write();
  clearTimeout(known.timer);
  known.untilSeen = untilSeen && prefix !== "";
  if (known.untilSeen) waitUntilSeen();
}

function write() {
  if (document.title !== known.written) known.app = document.title; // Streamlit has written it anew
  known.written = known.prefix ? `${known.prefix} · ${known.app}` : known.app;
  if (document.title !== known.written) document.title = known.written;
}

function waitUntilSeen() {
  clearTimeout(known.timer);
  if (!known.untilSeen || document.visibilityState !== "visible") return;
  known.timer = setTimeout(() => show("", false), SEEN_AFTER);
}

if (!known.listens) {
  known.listens = true;
  document.addEventListener("visibilitychange", waitUntilSeen);
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => (known.touched = Date.now()), true);
  new MutationObserver(() => document.title !== known.written && write()).observe(document.head, {
    childList: true, subtree: true, characterData: true,
  });
}

// ---- being told -----------------------------------------------------------------------------------------------------

const canNotify = () => "Notification" in window && window.isSecureContext;

function isAskedFor() {
  return recalled() && (!canNotify() || Notification.permission === "granted");
}

function recalled() {
  try {
    return localStorage.getItem(REMEMBERED) === "yes";
  } catch {
    return known.isWanted === true; // a browser that keeps nothing
  }
}

function remember(isWanted) {
  known.isWanted = isWanted;
  try {
    if (isWanted) localStorage.setItem(REMEMBERED, "yes");
    else localStorage.removeItem(REMEMBERED);
  } catch {
    // it is remembered as long as the tab is open
  }
}

function tell({ search, notice }) {
  try {
    const told = new Notification(notice.title, { body: notice.body, tag: `chromasonic ${search}` }); // once for all tabs
    told.onclick = () => {
      window.focus();
      told.close();
    };
  } catch {
    sound(); // some phones have the name and refuse the thing
  }
}

function sound() {
  const context = new AudioContext();
  for (const [place, pitch] of [523.25, 783.99].entries()) {
    const tone = context.createOscillator(), loudness = context.createGain(), begin = context.currentTime + place * 0.25;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, begin);
    loudness.gain.linearRampToValueAtTime(0.12, begin + 0.03);
    loudness.gain.exponentialRampToValueAtTime(0.001, begin + 1.2);
    tone.connect(loudness).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 1.25);
  }
  setTimeout(() => context.close(), 2000);
}

function drawSwitch(root, { hasSwitch, words }) {
  if (!hasSwitch) return void root.replaceChildren();
  if (root.firstChild) return void (root.querySelector("span").textContent = words.switch);
  const label = document.createElement("label"), box = document.createElement("input");
  const text = document.createElement("span"), help = document.createElement("p"), said = document.createElement("p");
  Object.assign(box, { type: "checkbox", checked: isAskedFor() });
  box.setAttribute("role", "switch");
  box.setAttribute("aria-describedby", "help");
  Object.assign(help, { className: "help", id: "help", textContent: words.help });
  said.setAttribute("role", "status");
  text.textContent = words.switch;
  label.append(box, text);
  root.append(label, help, said);
  if (recalled() && !box.checked) said.textContent = words.denied;
  box.onchange = async () => {
    said.textContent = "";
    if (box.checked && canNotify() && (await Notification.requestPermission()) !== "granted") {
      box.checked = false;
      said.textContent = words.denied;
    }
    if (box.checked && !canNotify()) said.textContent = words.sound;
    remember(box.checked);
  };
}
