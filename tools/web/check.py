"""tools/check-web: the live page in a browser, beside a JACK server, by what is seen and heard."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import browser
import sound

limpid, folder = sys.argv[1], pathlib.Path(sys.argv[2])
scratch = pathlib.Path(tempfile.mkdtemp(prefix="limpid-web-"))
server = f"limpid-web-{os.getpid()}"
jobs = []


def say(sentence):
    print(sentence, flush=True)


def fail(sentence):
    raise SystemExit(f"error: {sentence}")


def hold(condition, sentence):
    if not condition:
        fail(f"does not hold: {sentence}")
    say(f"  {sentence}")


def start(command, log, **more):
    file = open(scratch / log, "w")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, **more)
    jobs.append(process)
    return process


def until(what, condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    said = "".join(log.read_text()[-500:] for log in sorted(scratch.glob("limpid*.log")))
    fail(f"waited in vain for {what}; limpid said: {said}")


def run_jackd():
    return start(["jackd", "--no-realtime", "-n", server, "-d", "dummy", "-r", "48000", "-p", "1024"], "jackd.log",
                 env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"})


def run_limpid(log, port=0):
    """-> The process, and the address that it printed."""
    running = start(
        [limpid, "jack", "--server", server, "--no-start-server", "--web", str(port), "--control", str(scratch / "control"), "--fresh",
         "--no-adapt"],
        log, env={**os.environ, "XDG_DATA_HOME": str(scratch / "data"), "XDG_STATE_HOME": str(scratch / "state")})
    address = until("the address", lambda: re.search(r"http://127\.0\.0\.1:\d+/#[0-9a-f]{32}", (scratch / log).read_text()))[0]
    until("the client", lambda: "limpid:in_1" in subprocess.run(
        ["jack_lsp"], env={**os.environ, "JACK_DEFAULT_SERVER": server}, capture_output=True, text=True, timeout=10).stdout)
    return running, address


def control(line):
    """By another way than the page."""
    answer = subprocess.run([limpid, "ctl", scratch / "control", *line.split()], capture_output=True, text=True, timeout=30)
    if answer.returncode:
        fail(f"limpid ctl {line}: {answer.stderr}")


CONTRAST = """(() => {
  const numbers = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
  const worst = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.matches("input:not([type=range]):not([type=checkbox]), select");
    if (!own || !e.checkVisibility() || e.matches("option, noscript")) continue;
    const style = getComputedStyle(e);
    let seen = numbers(style.color)[3] ?? 1; // what is not quite there lets the ground through
    for (let at = e; at; at = at.parentElement) seen *= getComputedStyle(at).opacity;
    const under = ground(e);
    const [a, b] = [light(numbers(style.color).slice(0, 3).map((v, k) => seen * v + (1 - seen) * under[k])), light(under)];
    worst.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.tagName + " " + (e.id || e.textContent.trim().slice(0, 20))]);
  }
  worst.sort((x, y) => x[0] - y[0]);
  return worst[0].concat(worst.length);
})()"""

FOCUS = """(() => { const e = document.activeElement; const s = getComputedStyle(e);
  return [e.id || e.textContent.trim(), e.matches(":focus-visible") && s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2]; })()"""


# What the switch of bypass shows from now on, one after another.
WATCH_BYPASS = """window.bypassShown = []; new MutationObserver((changes) => { for (const change of changes) {
    const value = change.target.getAttribute("aria-checked");
    if (value !== (bypassShown.at(-1) ?? "false")) bypassShown.push(value); } })
  .observe(document.getElementById("bypass"), { attributes: true, attributeFilter: ["aria-checked"] }); 0"""

# What both levels say, and how far their bars and peaks reach.
LEVELS = """['in', 'out'].map((side) => [document.getElementById(`level-${side}`).textContent, document.getElementById(`clip-${side}`).hidden,
  new DOMMatrix(getComputedStyle(document.querySelector(`#meter-${side} .bar`)).transform).a,
  document.querySelector(`#meter-${side} .peak`).style.left, document.getElementById(`meter-${side}`).getAttribute("aria-valuetext")])"""
NO_LEVELS = [["silent", True, 0, "0%", "silent"]] * 2

# Whether whatever cannot be used shows it.
DASHED = """[...document.querySelectorAll("button:disabled, select:disabled, input:disabled:not([type=checkbox], [type=range])")]
  .filter((e) => e.checkVisibility() && getComputedStyle(e).borderTopStyle !== "dashed").map((e) => e.id || e.textContent)"""

# What a page says of its connection, and whether nothing can be changed, one after another.
RECORD = """window.shown = []; new MutationObserver(() => {
    const now = [document.getElementById("connection")?.textContent, document.getElementById("all")?.disabled];
    if (now.every((value) => value !== undefined) && JSON.stringify(now) !== JSON.stringify(shown.at(-1))) shown.push(now);
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })"""


def main():
    say("A guitar, which stays unless it is learned")
    subprocess.run(["sox", "-R", "-n", "-r", "48000", "-c", "1", "-b", "16", scratch / "guitar.wav",
                    *"synth pluck G2 synth 0.5 pluck B3 repeat 15 gain -n -12".split()], check=True)
    guitar = sound.read(str(scratch / "guitar.wav"))

    say("limpid jack --web in a JACK server")
    jackd = run_jackd()
    time.sleep(1)
    running, address = run_limpid("limpid.log")
    ends = sound.Player(server, guitar, "limpid")
    chromium = browser.Browser()
    try:
        try:
            page = look_and_listen(chromium, address, ends)
            too_many_pages(chromium, address, page)
            hold(not chromium.complaints, f"the browser complains of nothing {chromium.complaints}")
            does_not_answer(page, running)
        finally:
            ends.close()  # before its server stops
        no_sound(page, jackd)
        ended_and_run_again(page, address, running)
        # What it says of connections that were refused, is right.
        left = [c for c in chromium.complaints if "WebSocket" not in c]
        hold(not left, f"the browser complains of nothing but lost connections {left}")
    finally:
        chromium.close()
    say(f"Look at the screenshots in {folder}")


def look_and_listen(chromium, address, ends):
    say("A wrong token")
    stranger = chromium.page(address.split("#")[0] + "#" + "0" * 32)
    stranger.wait("document.getElementById('connection').textContent.includes('earlier run')", "the sentence about the token")
    hold(stranger.value("document.getElementById('bypass').matches(':disabled')"), "without the token nothing can be changed")
    stranger.close()
    chromium.complaints.clear()  # the browser's own line about the refusal

    page = chromium.page(address)
    page.size(1280, 900)
    page.media(prefers_color_scheme="light")
    page.wait("document.getElementById('connection').textContent === 'Connected'", "the connection")
    page.wait("state && state.seconds > 1 && state.can_learn", "the first description")
    hold(page.value("location.hash === '' && document.referrer === ''"), "the token has left the address bar")

    def level(seconds=4, settle=1.0):
        time.sleep(settle + seconds)
        return ends.level(seconds)

    say("The network is chosen")
    hold(page.value("state.networks === 'both' && !document.getElementById('networks-row').hidden"), "both networks are heard at first")
    page.click("#networks")
    page.key("Escape")
    page.value("const networks = document.getElementById('networks'); networks.value = 'first'; networks.dispatchEvent(new Event('change'))")
    page.told("state.networks === 'first'", "the first network")
    light = level(settle=3)
    page.value("document.activeElement.blur()")
    page.key("n")
    page.told("state.networks === 'second'", "the key n")
    shows(page, "networks.value === 'second'", "the second network")
    page.click("#clear")  # what the light one took for noise
    plain = level(settle=3)
    hold(plain > light + 6, f"the light network takes it down to {light:.1f} dB, the wide one leaves it at {plain:.1f} dB")

    say("It is learned")
    page.value("document.getElementById('learn-seconds').value = 4")
    page.click("#learn")
    page.told("state.learning_s !== undefined", "learning")
    hold(page.value("document.getElementById('learn').textContent === 'End learning'"), "the button says that it learns")
    page.told("state.learned", "what was learned")
    learned = level()
    hold(learned < plain - 10, f"it was at {plain:.1f} dB, learned it is at {learned:.1f} dB")

    say("It is kept, forgotten, and removed by its name")
    page.click("#save-name")
    page.call("Input.insertText", text="guitar")
    page.key("Enter")
    page.wait("null !== document.querySelector('#profile-list input[value=guitar]')", "the profile in the list")
    hold((scratch / "data/limpid/profiles/guitar.safetensors").exists(), "the profile lies in the user's folder")
    page.click("#forget")
    page.told("!state.learned", "forgetting")
    # What was removed for a while is in the noise reference, too.
    page.click("#clear")
    back = level(settle=3)
    hold(abs(back - plain) < 6, f"forgotten, it is back at {back:.1f} dB")
    page.click("#profile-list input[value=guitar]")
    page.told("state.learned && state.removed.includes('guitar')", "the profile's use")
    again = level()
    hold(again < plain - 10, f"by its name it is at {again:.1f} dB")

    say("The limit is moved, by keyboard alone")
    page.value("document.getElementById('limited').focus()")
    page.key(" ")
    page.told("state.attenuation_limit_db === 30", "a limit of 30 dB")
    page.value("document.getElementById('limit').focus()")
    for _ in range(24):
        page.key("ArrowLeft")
    page.told("state.attenuation_limit_db === 6", "a limit of 6 dB")
    limited = level()
    hold(again + 6 < limited < plain - 2 and plain - limited < 7.5, f"limited to 6 dB it is at {limited:.1f} dB")
    page.value("document.body.focus(); document.activeElement.blur()")
    page.key("+")
    page.told("state.attenuation_limit_db === 9", "the key +")
    page.key("b")
    page.told("state.bypass", "the key b")
    shows(page, "document.getElementById('bypass').ariaChecked === 'true'", "bypass")
    bypassed = level()
    hold(abs(bypassed - ends_input_level(ends)) < 1, f"in bypass it is at {bypassed:.1f} dB, as it came in")
    page.key("b")
    page.told("!state.bypass", "the end of bypass")
    page.key("2")
    page.told("state.wished_steps === 2", "the key 2")
    shows(page, "document.getElementById('steps').value === '2'", "two steps")
    page.key("1")
    page.told("state.wished_steps === 1", "the key 1")
    page.value("const mix = document.getElementById('mix'); mix.value = 40; mix.dispatchEvent(new Event('input'))")
    page.told("Math.abs(state.mix - 0.4) < 1e-6", "the mix")
    page.value("mix.value = 100; mix.dispatchEvent(new Event('input'))")
    page.click("#freeze")
    page.told("state.frozen", "the frozen reference")
    shows(page, "document.getElementById('freeze').ariaChecked === 'true'", "the frozen reference")
    page.click("#freeze")
    page.told("!state.frozen", "its end")

    say("Presses in quick succession")
    page.value(WATCH_BYPASS)
    for keys, lines, then in (("bb", ["bypass on", "bypass off"], False), ("bbb", ["bypass on", "bypass off", "bypass on"], True),
                              ("b", ["bypass off"], False), ("ff", ["freeze on", "freeze off"], False)):
        before = len(page.sent)
        page.keys(keys)
        page.told("true", f"its answer to {' '.join(keys)}")
        hold(page.sent[before:] == lines, f"{' '.join(keys)}: {', '.join(page.sent[before:])}")
        page.told(f"state.{'frozen' if 'f' in keys else 'bypass'} === {str(then).lower()}", "what comes of it")
        shows(page, f"document.getElementById('{'freeze' if 'f' in keys else 'bypass'}').ariaChecked === '{str(then).lower()}'", "what comes of it")
    hold(page.value("bypassShown") == ["true", "false"] * 3, "the switch has shown each press once, and nothing between")
    page.keys("++")
    page.told("state.attenuation_limit_db === 15", "+ + from 9 dB")
    shows(page, "document.getElementById('limit-value').textContent === '15 dB'", "15 dB")
    page.keys("----")
    page.told("state.attenuation_limit_db === 3", "- - - - from 15 dB")
    hold(page.sent[-6:] == [f"limit {n}" for n in (12, 15, 12, 9, 6, 3)], "+ + - - - - moves the limit from 9 dB by six times 3 dB")

    say("A limit that the slider has no room for")
    shown = "[document.getElementById('limit-value').textContent, limit.ariaValueText ?? limit.getAttribute('aria-valuetext'), limit.value]"
    shown = f"(() => {{ const limit = document.getElementById('limit'); return {shown}; }})()"
    for decibels, at, key, then in ((80, "60", "-", 77), (12.5, ("12", "13"), "+", 15.5)):
        control(f"limit {decibels}")
        page.told(f"state.attenuation_limit_db === {decibels}", f"a limit of {decibels} dB")
        shows(page, f"document.getElementById('limit-value').textContent === '{decibels} dB'", f"{decibels} dB")
        hold(page.value(shown)[1] == f"{decibels} dB" and page.value(shown)[2] in at, f"{decibels} dB is shown and read as it is")
        page.key(key)
        page.told(f"state.attenuation_limit_db === {then}", f"{key} from there")
        shows(page, f"document.getElementById('limit-value').textContent === '{then} dB'", f"{then} dB after {key}")
    control("limit 80")
    shows(page, "document.getElementById('limit-value').textContent === '80 dB'", "80 dB")
    page.value("document.getElementById('limit').focus()")
    page.key("ArrowLeft")
    page.told("state.attenuation_limit_db === 59", "the slider from 60")
    shows(page, "document.getElementById('limit-value').textContent === '59 dB'", "59 dB")
    control("limit off")
    page.told("state.attenuation_limit_db === undefined", "no limit")
    shows(page, "document.getElementById('limit-value').textContent === 'no limit' && document.getElementById('limit').disabled", "no limit")
    hold(page.value(shown)[1] is None, "moved, it says the slider's, and without a limit none")
    control("limit 9")
    page.told("state.attenuation_limit_db === 9", "a limit of 9 dB")
    page.value("document.activeElement.blur(); send('use ../x')")
    page.wait("[...document.querySelectorAll('#events .wrong')].some((e) => e.textContent.includes('cannot name'))", "the refusal of a bad name")

    say("Every control has a name, can be reached by Tab, and shows that it has the focus")
    tree = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "switch", "checkbox", "slider", "spinbutton", "combobox", "textbox", "meter", "img", "image", "log"}
    seen = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in tree if not n["ignored"] and n["role"]["value"] in roles]
    hold(all(name for _, name in seen) and len(seen) >= 20, f"{len(seen)} controls, meters and pictures have names")
    page.value("document.body.focus(); document.activeElement.blur(); window.scrollTo(0, 0)")
    reached = {}
    for _ in range(60):
        page.key("Tab")
        name, is_seen = page.value(FOCUS)
        if name in reached:
            break
        reached[name] = is_seen
    wanted = {"bypass", "limited", "limit", "mix", "steps", "networks", "learn", "learn-seconds", "learn-open", "forget", "save-name", "freeze", "clear",
              "keys", "help", "end", "events"}
    hold(wanted <= reached.keys(), f"Tab reaches {len(reached)} places" + "".join(f"; NOT {w}" for w in wanted - reached.keys()))
    hold(all(reached[w] for w in wanted), "the focus is seen at each")
    page.key("?")
    page.wait("document.getElementById('help-dialog').open", "the keys' list")
    page.key("Escape")
    page.wait("!document.getElementById('help-dialog').open", "its end")

    say("Light and dark, 1280 and 390 pixels")
    time.sleep(15)  # the pictures are full
    for width, height in ((1280, 900), (390, 844)):
        for scheme in ("light", "dark"):
            page.size(width, height, mobile=width < 500)
            page.media(prefers_color_scheme=scheme)
            page.value("window.scrollTo(0, 0); document.activeElement.blur()")
            time.sleep(0.5)
            page.screenshot(folder / f"{scheme}-{width}.png")
            worst, where, count = page.value(CONTRAST)
            hold(worst >= 4.5, f"{scheme}, {width} pixels: the least contrast of {count} texts is {worst:.1f} ({where})")
            wide = page.value("document.scrollingElement.scrollWidth")
            hold(wide <= width, f"{scheme}, {width} pixels: nothing is wider than the page ({wide})")
            below = page.value("(() => { const e = document.getElementById('events'); return e.scrollHeight - e.clientHeight - e.scrollTop; })()")
            hold(below <= 1, f"{scheme}, {width} pixels: the newest event is in sight")
            for button in ("help", "end"):
                page.click(f"#{button}")
                page.wait(f"document.getElementById('{button}-dialog').open", "the dialog")
                time.sleep(0.3)
                page.screenshot(folder / f"{scheme}-{width}-{button}.png", whole=False)
                columns = page.value("new Set([...document.querySelectorAll('dialog[open] dd')].map((e) => e.getBoundingClientRect().left)).size")
                hold(columns <= 1, f"{scheme}, {width} pixels: what the dialog {button} says stands in one column")
                worst, where, _ = page.value(CONTRAST)
                hold(worst >= 4.5, f"{scheme}, {width} pixels: in the dialog {button} the least contrast is {worst:.1f} ({where})")
                page.key("Escape")
                page.wait(f"!document.getElementById('{button}-dialog').open", "the dialog's end")
    page.size(1280, 900)
    page.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    page.wait("document.getElementById('span').textContent.includes('left of the line')", "the still pictures")
    time.sleep(2)
    page.screenshot(folder / "still-1280.png")
    page.media(prefers_color_scheme="light")
    painted = page.value("""(() => { const c = document.getElementById('spectrogram-in'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; })()""")
    hold(painted > 50, f"the spectrogram has {painted} colours")
    return page


def too_many_pages(chromium, address, page):
    say("A ninth page")
    page.value("""Promise.all(window.others = Array.from({ length: 7 }, () => {
        const other = new WebSocket(`ws://${location.host}/live`, ["limpid", `token.${token}`]);
        return new Promise((done) => { other.onmessage = () => done(other); }); })).then((all) => { window.others = all; return 0; })""")
    ninth = chromium.page(address, first=RECORD)
    until("its fourth try", lambda: (ninth.value("0"), ninth.tries)[1] >= 4)
    hold(ninth.value("shown") == [["Connecting …", True], ["8 pages are open already; close one of them and try again", True]],
         "it says that eight are open, and nothing else in four tries")
    hold(ninth.value("document.getElementById('events').children.length") == 1, "it says so once")
    ninth.screenshot(folder / "ninth.png")
    page.value("others[0].close()")
    ninth.wait("document.getElementById('connection').textContent === 'Connected'", "its place")
    hold(ninth.value("!document.getElementById('all').disabled && shown.length === 3"), "as soon as a place is free it is connected")
    ninth.close()
    page.value("others.forEach((other) => other.close())")


def does_not_answer(page, running):
    say("The question before the end")

    def ask():
        page.click("#end")
        page.wait("document.getElementById('end-dialog').open", "the question")

    def leave(what):
        what()
        page.wait("!document.getElementById('end-dialog').open", "the question's end")
        time.sleep(0.5)
        page.value("0")
        return "quit" not in page.sent and running.poll() is None

    ask()
    hold(leave(lambda: page.key("Escape")), "Escape does not end limpid")
    ask()
    hold(leave(lambda: page.click("#end-dialog button[value=no]")), "Let it run does not, either")
    ask()
    hold(leave(lambda: page.keys(["Tab", "Escape"])), "nor does Escape on the other button")

    say("limpid does not answer")
    ask()
    running.send_signal(signal.SIGSTOP)
    try:
        begin = time.monotonic()
        page.wait("document.getElementById('connection').textContent === 'limpid does not answer'", "the page's word of it", seconds=15)
        took = time.monotonic() - begin
        hold(4 < took < 9, f"after {took:.1f} s the page says so")
        hold(page.value("['all', 'learning', 'noise', 'end'].every((id) => document.getElementById(id).disabled)"), "nothing can be changed")
        hold(page.value(DASHED) == [], "all that cannot be used shows it")
        hold(page.value(LEVELS) == NO_LEVELS, "both levels are empty")
        hold(leave(lambda: page.click("#end-dialog button[value=end]")), "whoever ends it now is not heard")
        page.screenshot(folder / "does-not-answer.png")
    finally:
        running.send_signal(signal.SIGCONT)
    page.wait("document.getElementById('connection').textContent === 'Connected'", "the connection", seconds=60)
    page.told("true", "how things stand")
    hold(page.value("!document.getElementById('end').disabled"), "it answers again, and the page is connected")
    # Chromium forgets at Escape what was chosen before; others only close the dialog, as this does.
    ask()
    hold(leave(lambda: page.value("document.getElementById('end-dialog').close()")), "closing the question does not end limpid, whatever was chosen before")
    ask()
    hold(leave(lambda: page.key("Escape")), "nor does Escape")


def no_sound(page, jackd):
    say("The JACK server stops")
    jackd.terminate()
    jackd.wait(30)
    page.wait("document.getElementById('connection').textContent === 'Connected; no sound comes, limpid waits for its device'", "the page's word of it")
    hold(True, "the page says that no sound comes")
    hold(page.value(LEVELS) == NO_LEVELS, "both levels are empty")
    hold(page.value("document.getElementById('all').disabled") is False, "the controls stay")
    before = len(page.sent)
    page.key("b")
    page.told("state.bypass", "bypass meanwhile")
    hold(page.sent[before:] == ["bypass on"], "a press is heard")
    page.key("b")
    page.told("!state.bypass", "its end")
    page.size(390, 844, mobile=True)
    time.sleep(0.5)
    page.screenshot(folder / "no-sound-390.png")
    page.size(1280, 900)
    time.sleep(0.5)
    page.screenshot(folder / "no-sound-1280.png")
    run_jackd()
    page.wait("document.getElementById('connection').textContent === 'Connected'", "the sound", seconds=60)
    hold(True, "with the server the sound comes back")


def ended_and_run_again(page, address, running):
    say("The end")
    page.click("#end")
    page.wait("document.getElementById('end-dialog').open", "the question")
    page.click("#end-dialog button[value=end]")
    until("the end of limpid", lambda: running.poll() is not None)
    hold(running.returncode == 0, "limpid has ended well")
    page.wait("document.getElementById('connection').classList.contains('lost')", "the page's word of it")
    earlier = "no connection: limpid has ended, or this is the address of an earlier run; open the one that it printed"
    page.wait(f"document.getElementById('connection').textContent === {json.dumps(earlier)}", "the sentence about an earlier run")
    wrong = "[...document.querySelectorAll('#events .wrong')].map((e) => e.lastChild.data)"
    hold(page.value(wrong)[-2:] == ["limpid has ended", earlier], "it says that limpid has ended, and then that its address is of an earlier run")
    for width, height in ((1280, 900), (390, 844)):
        for scheme in ("light", "dark"):
            page.size(width, height, mobile=width < 500)
            page.media(prefers_color_scheme=scheme)
            time.sleep(0.5)
            page.screenshot(folder / f"ended-{scheme}-{width}.png")
            worst, where, _ = page.value(CONTRAST)
            hold(worst >= 4.5, f"ended, {scheme}, {width} pixels: the least contrast is {worst:.1f} ({where})")
            hold(page.value("document.scrollingElement.scrollWidth") <= width, f"ended, {scheme}, {width} pixels: nothing is wider than the page")
    page.size(1280, 900)
    page.media(prefers_color_scheme="light")

    say("Another run, at the same port")
    site = address.split("#")[0]
    _, later = run_limpid("limpid-again.log", re.search(r":(\d+)/", site)[1])
    hold(later.split("#")[0] == site and later != address, "its address differs by the token alone")
    tries = page.tries
    until("a try with the old token", lambda: (page.value("0"), page.tries)[1] > tries, seconds=60)
    time.sleep(1)
    hold(page.value("document.getElementById('connection').textContent") == earlier, "the open page is not let in, and still says why")
    page.value("window.isOld = true")
    hold(not page.go(later), "its address, given to the same tab, loads nothing by itself")
    page.wait("window.isOld === undefined && document.getElementById('connection').textContent === 'Connected'", "the new run")
    page.told("true", "how things stand")
    hold(page.value("location.hash === '' && sessionStorage.getItem('token')") == later.split("#")[1], "but the page takes its token and is connected")
    page.value("window.isOld = true; document.querySelector('.skip').click()")
    time.sleep(1)
    hold(page.value("window.isOld === true && location.hash === '#controls' && document.activeElement.id === 'controls'"),
         "the way to the controls loads nothing anew")


def shows(page, expression, what):
    """As soon as nothing is only wished any more."""
    page.wait(f"waiting.size === 0 && {expression}", f"the page's showing {what}")


def ends_input_level(ends):
    import numpy
    return 10 * numpy.log10(numpy.mean(numpy.square(ends.sound, dtype=numpy.float64)))


try:
    main()
finally:
    for job in reversed(jobs):
        if job.poll() is None:
            job.send_signal(signal.SIGTERM)
            job.send_signal(signal.SIGCONT)
            try:
                job.wait(10)
            except subprocess.TimeoutExpired:
                job.kill()
    shutil.rmtree(scratch, ignore_errors=True)
    for left in pathlib.Path("/dev/shm").glob(f"jack_sem.*_limpid-web-{os.getpid()}_*"):
        left.unlink(missing_ok=True)
