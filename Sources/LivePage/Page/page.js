"use strict";
// The live page: draws what the server sends and sends what people ask for. One connection; its messages are described in
// PageClient.swift and UpdateFrame.swift.

const $ = (id) => document.getElementById(id);
const SECONDS = 15;

// The token stands after the # of the address, which browsers send to nobody. It moves to the tab's own storage, so that it
// is neither in the history nor on a screen that is shared; a reload finds it there.
const token = (() => {
  const given = location.hash.slice(1);
  if (/^[0-9a-f]{32}$/.test(given)) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
    return given;
  }
  return sessionStorage.getItem("token");
})();
// The address of a later run, pasted into the same tab: nothing is loaded for what stands after the #.
addEventListener("hashchange", () => { if (/^#[0-9a-f]{32}$/.test(location.hash)) location.reload(); });

// MARK: What was said

function tell(sentence, isWrong = false) {
  const line = document.createElement("p");
  const time = document.createElement("time");
  time.textContent = new Date().toTimeString().slice(0, 8);
  line.append(time, sentence);
  if (isWrong) line.className = "wrong";
  const log = $("events");
  log.append(line);
  while (log.children.length > 100) log.firstChild.remove();
  log.scrollTop = log.scrollHeight;
}

// MARK: The connection

let socket = null;
let number = 0;
let patience = 1;
let wasOpen = false;
let isGreeted = false; // by a first update: the ninth page is let in, and sent away before one
let lastUpdate = 0;
let lastSound = 0; // when columns came
const waiting = new Map(); // number of a command: what to say when it was done, and what it makes of the state

function connect() {
  if (!token) {
    return setConnection("This page needs its token: open the whole address that limpid printed.", false);
  }
  socket = new WebSocket(`ws://${location.host}/live`, ["limpid", `token.${token}`]);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    wasOpen = true;
    lastUpdate = lastSound = performance.now();
  };
  socket.onmessage = (message) => {
    if (typeof message.data !== "string") return update(new DataView(message.data));
    const body = message.data.slice(1);
    switch (message.data[0]) {
      case "{": return describe(JSON.parse(message.data));
      case "@": return takeFacts(JSON.parse(body));
      case "#": return takeLegend(JSON.parse(body));
      case "=": return takeAnswer(body);
      case "!": return tell(body);
    }
  };
  socket.onclose = (event) => lost(event.reason || (wasOpen ? "the connection was lost" :
    "no connection: limpid has ended, or this is the address of an earlier run; open the one that it printed"));
}

function lost(reason) {
  // Of one that does not answer nothing more is wanted, its late end neither.
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
  wasOpen = isGreeted = false;
  waiting.clear();
  showNoLevels();
  setConnection(reason, false);
  patience = Math.min(patience * 2, 30);
  setTimeout(connect, patience * 500);
}

setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN && performance.now() - lastUpdate > 5000) lost("limpid does not answer");
}, 1000);

function setConnection(text, isOpen) {
  const isNews = $("connection").textContent !== text;
  if (isNews) $("connection").textContent = text;
  $("connection").classList.toggle("lost", !isOpen);
  for (const id of ["all", "learning", "noise", "end"]) $(id).disabled = !isOpen;
  if (isNews && !isOpen) tell(text, true);
}

/** Sends a line as the control socket takes it; `done` is said when it was done. `wish` is what it makes of the state, from which
    the next press goes on. */
function send(line, done, wish) {
  if (!socket || socket.readyState !== WebSocket.OPEN) return;
  // More than limpid takes would end the connection.
  if (new TextEncoder().encode(line).length > 4096) return tell("that is too much at once: choose fewer names", true);
  number = (number + 1) % 1000000000;
  waiting.set(number, { done, wish });
  socket.send(`${number} ${line}`);
  if (state && wish) describe(state);
}

function takeAnswer(body) {
  const blank = body.indexOf(" ");
  const id = Number(body.slice(0, blank));
  const answer = body.slice(blank + 1);
  const done = waiting.get(id)?.done;
  if (answer.startsWith("error: ")) {
    waiting.delete(id);
    return tell(answer.slice(7), true);
  }
  // The engine takes a command with its next block: what comes before does not know of it.
  setTimeout(() => waiting.delete(id), 300);
  if (done) tell(done);
}

// MARK: Spectrograms

// From quiet to loud; lightness only rises (or only falls), so that they are read in grey, too.
const COLOURS = {
  dark: ["#06070d", "#2b0f52", "#6f1d77", "#b5366f", "#ec6a4f", "#fbb65c", "#fdf6c9"],
  light: ["#ffffff", "#fbe3b4", "#f6ad6c", "#df6558", "#a82f70", "#5b1a6e", "#160b30"],
};
const isDark = matchMedia("(prefers-color-scheme: dark)");
const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

function palette() {
  const stops = COLOURS[isDark.matches ? "dark" : "light"].map((c) =>
    [1, 3, 5].map((at) => parseInt(c.slice(at, at + 2), 16)));
  const colours = new Uint32Array(256);
  for (let value = 0; value < 256; value++) {
    const place = value / 255 * (stops.length - 1);
    const stop = Math.min(stops.length - 2, Math.floor(place));
    const share = place - stop;
    const [r, g, b] = [0, 1, 2].map((k) => Math.round(stops[stop][k] + share * (stops[stop + 1][k] - stops[stop][k])));
    colours[value] = (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  }
  return colours;
}

class Spectrogram {
  constructor(canvas) {
    this.canvas = canvas;
    this.axis = canvas.parentElement.querySelector(".axis");
    this.setUp(96, 40);
  }

  setUp(bands, columnsPerSecond) {
    this.bands = bands;
    this.columns = SECONDS * columnsPerSecond;
    this.values = new Uint8Array(this.columns * bands); // a ring of columns
    this.next = 0;
    this.stored = document.createElement("canvas");
    this.stored.width = this.columns;
    this.stored.height = bands;
    this.paintAll();
  }

  paintAll() {
    this.colours = palette();
    const context = this.stored.getContext("2d");
    const image = context.createImageData(this.columns, this.bands);
    const pixels = new Uint32Array(image.data.buffer);
    for (let column = 0; column < this.columns; column++) {
      for (let band = 0; band < this.bands; band++) {
        pixels[(this.bands - 1 - band) * this.columns + column] = this.colours[this.values[column * this.bands + band]];
      }
    }
    context.putImageData(image, 0, 0);
  }

  add(bytes) {
    this.values.set(bytes, this.next * this.bands);
    const context = this.stored.getContext("2d");
    const image = context.createImageData(1, this.bands);
    const pixels = new Uint32Array(image.data.buffer);
    for (let band = 0; band < this.bands; band++) pixels[this.bands - 1 - band] = this.colours[bytes[band]];
    context.putImageData(image, this.next, 0);
    this.next = (this.next + 1) % this.columns;
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * ratio);
    const height = Math.round(this.canvas.clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    if (isCalm.matches) {
      // Nothing scrolls: new columns take the place of the oldest ones, behind a line.
      context.drawImage(this.stored, 0, 0, width, height);
      context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
      context.fillRect(this.next / this.columns * width, 0, 2 * ratio, height);
      return;
    }
    const newer = this.next; // columns before it are newer than those after it
    const older = this.columns - newer;
    const split = older / this.columns * width;
    context.drawImage(this.stored, newer, 0, older, this.bands, 0, 0, split, height);
    if (newer > 0) context.drawImage(this.stored, 0, 0, newer, this.bands, split, 0, width - split, height);
  }

  /** As many frequencies as there is room for. */
  label(edges = this.edges) {
    this.edges = edges;
    this.axis.replaceChildren();
    if (!edges) return;
    const height = this.canvas.clientHeight;
    let last = -8; // pixels from the bottom
    for (const hertz of [200, 500, 1000, 2000, 4000, 8000, 16000]) {
      const above = edges.findIndex((edge) => edge > hertz);
      if (above < 1) continue;
      const band = above - 1 + (hertz - edges[above - 1]) / (edges[above] - edges[above - 1]);
      const place = band / this.bands * height;
      if (place - last < 16 || height - place < 9) continue;
      last = place;
      const mark = document.createElement("span");
      mark.textContent = hertz < 1000 ? `${hertz} Hz` : `${hertz / 1000} kHz`;
      mark.style.bottom = `${band / this.bands * 100}%`;
      this.axis.append(mark);
    }
  }
}

const pictures = [new Spectrogram($("spectrogram-in")), new Spectrogram($("spectrogram-out"))];
let isDrawn = true;
let lastDrawn = 0;

function takeLegend(legend) {
  for (const picture of pictures) {
    picture.setUp(legend.edges_hz.length - 1, legend.columns_per_second);
    picture.label(legend.edges_hz);
  }
}

function draw(now) {
  isDrawn = true;
  if (isCalm.matches && now - lastDrawn < 1000) return;
  lastDrawn = now;
  for (const picture of pictures) picture.draw();
}

isDark.addEventListener("change", () => {
  for (const picture of pictures) {
    picture.paintAll();
    picture.draw();
  }
});
isCalm.addEventListener("change", sayMotion);
function sayMotion() {
  $("span").textContent = isCalm.matches ? `${SECONDS} seconds; the newest are left of the line.` :
    `${SECONDS} seconds, the newest at the right.`;
}

// MARK: Levels

class Meter {
  constructor(id, lowest, highest) {
    this.element = $(id);
    this.bar = this.element.querySelector(".bar");
    this.mark = this.element.querySelector(".peak");
    this.lowest = lowest;
    this.highest = highest;
    this.said = 0;
  }

  show(value, peak, text) {
    const share = (v) => Math.min(1, Math.max(0, (v - this.lowest) / (this.highest - this.lowest)));
    this.bar.style.transform = `scaleX(${share(value)})`;
    this.mark.style.left = `${share(peak) * 100}%`;
    // A reader of screens asks now and then, not twenty times a second.
    const now = performance.now();
    if (now - this.said < 500) return;
    this.said = now;
    this.element.setAttribute("aria-valuenow", Math.min(this.highest, Math.max(this.lowest, value)).toFixed(1));
    this.element.setAttribute("aria-valuetext", text);
  }
}

const meters = { in: new Meter("meter-in", -60, 0), out: new Meter("meter-out", -60, 0), frame: new Meter("meter-frame", 0, 10) };
const peaks = { in: -100, out: -100 };
const clipped = { out: 0 };

function showLevel(side, value) {
  const text = value === null ? "silent" : `${value.toFixed(1).replace("-", "−")} dB`;
  meters[side].show(value ?? -100, peaks[side], text);
  $(`level-${side}`).textContent = text;
}

/** Nothing comes: what came last is not to stand as if it did. */
function showNoLevels() {
  clipped.out = 0;
  for (const side of ["in", "out"]) {
    peaks[side] = -100;
    if ($(`level-${side}`).textContent !== "silent") meters[side].said = 0; // so that it is read at once
    showLevel(side, null);
    $(`clip-${side}`).hidden = true;
  }
}

/** Twenty times a second: UpdateFrame.swift has the layout. */
function update(view) {
  if (view.byteLength < 18 || view.getUint8(0) !== 1) return;
  const now = performance.now();
  const flags = view.getUint8(1);
  const columns = view.getUint8(2);
  const bands = view.getUint8(3);
  const level = (at) => view.getInt16(at, true) === -32768 ? null : view.getInt16(at, true) / 100;
  if (columns) lastSound = now;
  const isAway = now - lastSound > 2000;
  if (!isGreeted) {
    isGreeted = true;
    patience = 1;
    tell("connected");
  }
  setConnection(isAway ? "Connected; no sound comes, limpid waits for its device" : "Connected", true);
  const fall = Math.min(1, (now - lastUpdate) / 1000) * 20; // dB
  lastUpdate = now;
  if (isAway) showNoLevels();
  else {
    for (const [side, at, peakAt] of [["in", 4, 8], ["out", 6, 10]]) {
      peaks[side] = Math.max(level(peakAt) ?? -100, peaks[side] - fall);
      showLevel(side, level(at));
    }
    $("clip-in").hidden = !(flags & 1);
    if (flags & 2) clipped.out = now;
    $("clip-out").hidden = !clipped.out || now - clipped.out > 3000;
  }
  const reduction = level(12);
  $("reduction").textContent = reduction === null ? "none heard yet" : `${reduction.toFixed(1)} dB lower`;
  const median = view.getUint16(14, true) / 100;
  const p99 = view.getUint16(16, true) / 100;
  const frame = `median ${median.toFixed(2)}, p99 ${p99.toFixed(2)} of ${facts.frame_deadline_ms.toFixed(1)} ms`;
  meters.frame.show(p99, p99, frame);
  $("frame").textContent = frame;
  $("meter-frame").classList.toggle("over", p99 > facts.frame_deadline_ms);
  if (view.byteLength < 18 + columns * bands * 2 || bands !== pictures[0].bands) return;
  for (let column = 0; column < columns; column++) {
    for (const side of [0, 1]) {
      pictures[side].add(new Uint8Array(view.buffer, view.byteOffset + 18 + (2 * column + side) * bands, bands));
    }
  }
  if (isDrawn && columns) {
    isDrawn = false;
    requestAnimationFrame(draw);
  }
}

// MARK: Facts and state

let facts = { frame_deadline_ms: 10, parts: [], counters: [], largest_steps: 1, networks: [] };
let state = null;
const held = new Map(); // a control that somebody moves: not to be set meanwhile

const hold = (id) => held.set(id, performance.now());
const isHeld = (id) => performance.now() - (held.get(id) ?? -1e9) < 1000;

function row(cells, name) {
  const line = document.createElement("tr");
  if (name) line.className = name;
  cells.forEach((text, at) => {
    const cell = document.createElement("td");
    if (at === 1) cell.className = "number";
    cell.textContent = text;
    line.append(cell);
  });
  return line;
}

function takeFacts(given) {
  facts = given;
  $("model").textContent = facts.networks.join(" and ") || "none: the Wiener filter";
  $("preset").textContent = facts.preset;
  meters.frame.highest = facts.frame_deadline_ms;
  $("meter-frame").setAttribute("aria-valuemax", facts.frame_deadline_ms);
  const total = facts.parts.reduce((sum, part) => sum + part.ms, 0);
  $("latency").replaceChildren(
    ...facts.parts.map((part) => row([part.name, part.ms.toFixed(2), part.explanation])),
    row(["in all", total.toFixed(2), "constant; the device's own buffers come on top"], "total"));
  $("counters").replaceChildren(...facts.counters.map((counter) => {
    const line = row([counter.name, "0", counter.meaning]);
    line.id = `counter-${counter.key}`;
    return line;
  }));
  $("steps").replaceChildren(...Array.from({ length: facts.largest_steps }, (_, at) => new Option(at + 1, at + 1)));
  $("networks-row").hidden = facts.networks.length < 2;
  $("networks").replaceChildren(
    new Option("both", "both"), ...facts.networks.map((name, at) => new Option(`${name} alone`, ["first", "second"][at])));
  state = null;
}

function setSwitch(id, isOn) { $(id).setAttribute("aria-checked", isOn ? "true" : "false"); }

/** The limit in force can be another one than the slider has room for. */
function showLimit(limit) {
  $("limit").disabled = !$("limited").checked;
  const inForce = limit === undefined ? undefined : `${+limit.toFixed(1)} dB`;
  const text = inForce ?? ($("limited").checked ? `${$("limit").value} dB` : "no limit");
  if ($("limit-value").textContent !== text) $("limit-value").textContent = text;
  if (inForce) $("limit").setAttribute("aria-valuetext", inForce);
  else $("limit").removeAttribute("aria-valuetext");
}
function showMix() { $("mix-value").textContent = `${$("mix").value} %`; }

/** Five times a second: how things stand. */
function describe(now) {
  const before = state;
  for (const { wish } of waiting.values()) Object.assign(now, wish);
  state = now;
  $("format").textContent = `${now.sample_rate} Hz, ${now.channels} channel${now.channels === 1 ? "" : "s"}, blocks of ` +
    `${now.block}; latency ${now.latency_ms.toFixed(1)} ms`;
  setSwitch("bypass", now.bypass);
  setSwitch("freeze", now.frozen || now.freezes_when_heard);
  const limit = now.attenuation_limit_db;
  if (!isHeld("limit")) {
    $("limited").checked = limit !== undefined;
    if (limit !== undefined) $("limit").value = limit;
    showLimit(limit);
  }
  if (!isHeld("mix")) {
    $("mix").value = Math.round(now.mix * 100);
    showMix();
  }
  if (!isHeld("steps")) $("steps").value = now.wished_steps;
  $("steps-now").textContent = now.steps === now.wished_steps ? "" : `${now.steps} run just now: frames were late`;
  if (now.wished_networks !== undefined) {
    if (!isHeld("networks")) $("networks").value = now.wished_networks;
    $("networks-now").textContent = now.networks === now.wished_networks ? "" :
      `${facts.networks[0]} runs alone just now: frames were late`;
  }
  $("passes-now").textContent = now.second_pass === "light" ? `${facts.networks[0]} alone hears the second pass: for want of time` :
    now.second_pass === "none" ? "one pass of two runs: for want of time" : "";
  showLearning(now, before);
  showProfiles(now);
  $("reference").textContent = now.reference_frames === 0 ? "no noise heard yet" :
    `${(now.reference_frames * facts.frame_deadline_ms / 1000).toFixed(1)} s` +
    (now.reference_age_s === undefined ? ", saved" : `, ${now.reference_age_s.toFixed(1)} s old`);
  if (now.freezes_when_heard) $("reference").textContent += ", frozen when enough was heard";
  const whole = Math.floor(now.seconds);
  const two = (n) => String(n).padStart(2, "0");
  $("seconds").textContent = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  $("drift").textContent = now.clock_drift_ppm === undefined ? "one clock" : `${now.clock_drift_ppm.toFixed(1)} ppm`;
  $("priority").textContent = now.real_time ? "real time" : "ordinary";
  for (const counter of facts.counters) {
    const line = $(`counter-${counter.key}`);
    const value = now[counter.key] ?? 0;
    if (line.children[1].textContent !== String(value)) line.children[1].textContent = value;
    line.classList.toggle("counted", value > 0);
  }
}

function showLearning(now, before) {
  const isLearning = now.learning_s !== undefined;
  $("learn").textContent = isLearning ? "End learning" : "Learn";
  $("learn").setAttribute("aria-pressed", isLearning ? "true" : "false");
  $("learn-hint").textContent = now.can_learn ? "While only the unwanted sound is heard, a voice too." :
    "This model has no tokens for learned noise: learning hears the noise reference anew and keeps it.";
  const text = isLearning ? "Learning …" : !now.learned ? "" : now.removing ? "What was learned is removed." : "What was learned is not heard just now.";
  if ($("learn-state").textContent !== text) $("learn-state").textContent = text;
  if (before && before.learned !== now.learned && !now.learned) tell("nothing learned is removed any more");
  $("save").querySelector("button").disabled = !now.can_learn;
}

function showProfiles(now) {
  const list = $("profile-list");
  const names = now.profiles.join("/");
  if (list.dataset.names !== names) {
    list.dataset.names = names;
    list.replaceChildren(...now.profiles.map((name) => {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.value = name;
      box.addEventListener("change", useProfiles);
      label.append(box, ` ${name}`);
      return label;
    }));
    if (!now.profiles.length) {
      const nothing = document.createElement("p");
      nothing.className = "hint";
      nothing.textContent = "none is kept yet";
      list.append(nothing);
    }
  }
  for (const box of list.querySelectorAll("input")) {
    box.disabled = !now.can_learn;
    if (!isHeld("profiles")) box.checked = now.removed.includes(box.value);
  }
}

// MARK: People

function useProfiles() {
  hold("profiles");
  const names = [...$("profile-list").querySelectorAll("input:checked")].map((box) => box.value);
  send(["use", ...names].join(" "), names.length ? `removed from now on: ${names.join(", ")}` : "no profile is removed any more");
}

/** At most ten a second, and the last one always. */
function throttled(action) {
  let timer = null;
  let last = 0;
  return () => {
    clearTimeout(timer);
    const wait = 100 - (performance.now() - last);
    timer = setTimeout(() => { last = performance.now(); action(); }, Math.max(0, wait));
  };
}

const setLimit = (limit, done) => send(`limit ${limit ?? "off"}`, done, { attenuation_limit_db: limit });
const sendLimit = throttled(() => setLimit($("limited").checked ? Number($("limit").value) : undefined));
const sendMix = throttled(() => send(`mix ${$("mix").value / 100}`, undefined, { mix: $("mix").value / 100 }));

function learn() {
  if (!state) return;
  if (state.learning_s !== undefined) return send("learn end", "learning ended", { learning_s: undefined });
  if ($("learn-open").checked) {
    return send("learn 60", "learning until pressed again, or until there is room for no more", { learning_s: 60 });
  }
  const seconds = Number($("learn-seconds").value);
  if (!(seconds >= 0.6 && seconds <= 60)) return tell("learn for 0.6 to 60 seconds", true);
  send(`learn ${seconds}`, `learning for ${seconds} s`, { learning_s: seconds });
}
const bypass = () => state &&
  send(`bypass ${state.bypass ? "off" : "on"}`, state.bypass ? "enhanced again" : "bypassed", { bypass: !state.bypass });
function freeze() {
  if (!state) return;
  const isHeld = state.frozen || state.freezes_when_heard;
  send(`freeze ${isHeld ? "off" : "on"}`, isHeld ? "the noise reference follows the room" : "the noise reference is frozen",
    { frozen: !isHeld, freezes_when_heard: false });
}
const forget = () => send("forget", "forgotten");
const clear = () => send("clear", "the noise reference is empty");
const setSteps = (count) =>
  send(`steps ${count}`, `${count} step${count === 1 ? "" : "s"} per frame`, { steps: count, wished_steps: count });

const networksSaid = (which) => which === "both" ? "both networks are heard" : `${facts.networks[which === "first" ? 0 : 1]} is heard alone`;
const setNetworks = (which) => send(`networks ${which}`, networksSaid(which), { networks: which, wished_networks: which });
function nextNetworks() {
  if (!state || facts.networks.length < 2) return;
  setNetworks({ both: "first", first: "second", second: "both" }[state.wished_networks]);
}

function stepLimit(up) {
  if (!state) return;
  const limit = state.attenuation_limit_db;
  // As the terminal's keys: up to no limit, and from there down from 30 dB.
  if (up) {
    if (limit !== undefined) limit >= 30 ? setLimit(undefined, "no limit") : setLimit(limit + 3, `limit ${limit + 3} dB`);
  } else {
    const next = limit === undefined ? 30 : Math.max(0, limit - 3);
    setLimit(next, `limit ${next} dB`);
  }
}

$("bypass").addEventListener("click", bypass);
$("freeze").addEventListener("click", freeze);
$("forget").addEventListener("click", forget);
$("clear").addEventListener("click", clear);
$("learn").addEventListener("click", learn);
$("limited").addEventListener("change", () => { hold("limit"); showLimit(); sendLimit(); });
$("limit").addEventListener("input", () => { hold("limit"); showLimit(); sendLimit(); });
$("mix").addEventListener("input", () => { hold("mix"); showMix(); sendMix(); });
$("steps").addEventListener("change", () => { hold("steps"); setSteps(Number($("steps").value)); });
$("networks").addEventListener("change", () => { hold("networks"); setNetworks($("networks").value); });
$("learn-open").addEventListener("change", () => { $("learn-seconds").disabled = $("learn-open").checked; });
$("save").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("save-name").value.trim();
  if (!name) return tell("give a name: letters, digits, '.', '_' and '-'", true);
  if (/\s/.test(name)) return tell("a name is one word", true);
  send(`save ${name}`, `kept as ${name}`);
});
$("help").addEventListener("click", () => $("help-dialog").showModal());
$("end").addEventListener("click", () => {
  $("end-dialog").returnValue = ""; // Escape leaves what was chosen before
  $("end-dialog").showModal();
});
$("end-dialog").addEventListener("close", () => { if ($("end-dialog").returnValue === "end") send("quit", "limpid ends"); });

$("keys").checked = localStorage.getItem("keys") !== "off";
$("keys").addEventListener("change", () => localStorage.setItem("keys", $("keys").checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  if (!$("keys").checked || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const target = event.target;
  if (target.matches("select, input:not([type=checkbox]):not([type=range])")) return;
  const key = event.key;
  if (key === "b") bypass();
  else if (key === "l") learn();
  else if (key === "L") forget();
  else if (key === "f") freeze();
  else if (key === "c") clear();
  else if (key === "+" || key === "=") stepLimit(true);
  else if (key === "-" || key === "_") stepLimit(false);
  else if (/^[1-8]$/.test(key)) setSteps(Number(key));
  else if (key === "n") nextNetworks();
  else if (key === "?" || key === "h") $("help-dialog").showModal();
  else return;
  event.preventDefault();
});

sayMotion();
for (const picture of pictures) picture.draw();
let lastWidth = innerWidth;
window.addEventListener("resize", () => {
  for (const picture of pictures) {
    picture.label();
    picture.draw();
  }
  // Lines that break elsewhere put the newest out of sight; a phone's bars, which change the height alone, do not.
  if (innerWidth !== lastWidth) $("events").scrollTop = $("events").scrollHeight;
  lastWidth = innerWidth;
});
connect();
