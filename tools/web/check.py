"""tools/check-web: the live page in a browser, beside a JACK server, by what is seen and heard."""

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
    fail(f"waited in vain for {what}; limpid said: {(scratch / 'limpid.log').read_text()[-500:]}")


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
    const [a, b] = [light(numbers(style.color)), light(ground(e))];
    worst.push([(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.tagName + " " + (e.id || e.textContent.trim().slice(0, 20))]);
  }
  worst.sort((x, y) => x[0] - y[0]);
  return worst[0].concat(worst.length);
})()"""

FOCUS = """(() => { const e = document.activeElement; const s = getComputedStyle(e);
  return [e.id || e.textContent.trim(), e.matches(":focus-visible") && s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2]; })()"""


def main():
    say("A guitar, which stays unless it is learned")
    subprocess.run(["sox", "-R", "-n", "-r", "48000", "-c", "1", "-b", "16", scratch / "guitar.wav",
                    *"synth pluck G2 synth 0.5 pluck B3 repeat 15 gain -n -12".split()], check=True)
    guitar = sound.read(str(scratch / "guitar.wav"))

    say("limpid jack --web in a JACK server")
    server = f"limpid-web-{os.getpid()}"
    start(["jackd", "--no-realtime", "-n", server, "-d", "dummy", "-r", "48000", "-p", "1024"], "jackd.log",
          env={**os.environ, "JACK_NO_AUDIO_RESERVATION": "1"})
    time.sleep(1)
    running = start(
        [limpid, "jack", "--server", server, "--no-start-server", "--web", "0", "--fresh", "--no-adapt"],
        "limpid.log", env={**os.environ, "XDG_DATA_HOME": str(scratch / "data"), "XDG_STATE_HOME": str(scratch / "state")})
    address = until("the address", lambda: re.search(r"http://127\.0\.0\.1:\d+/#[0-9a-f]{32}", (scratch / "limpid.log").read_text()))[0]
    until("the client", lambda: "limpid:in_1" in subprocess.run(
        ["jack_lsp"], env={**os.environ, "JACK_DEFAULT_SERVER": server}, capture_output=True, text=True, timeout=10).stdout)
    ends = sound.Player(server, guitar, "limpid")
    chromium = browser.Browser()
    try:
        look_and_listen(chromium, address, ends, running)
    finally:
        chromium.close()
        ends.close()


def look_and_listen(chromium, address, ends, running):
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
    page.wait("state.networks === 'first'", "the first network")
    light = level(settle=3)
    page.value("document.activeElement.blur()")
    page.key("n")
    page.wait("state.networks === 'second' && networks.value === 'second'", "the key n")
    page.click("#clear")  # what the light one took for noise
    plain = level(settle=3)
    hold(plain > light + 6, f"the light network takes it down to {light:.1f} dB, the wide one leaves it at {plain:.1f} dB")

    say("It is learned")
    page.value("document.getElementById('learn-seconds').value = 4")
    page.click("#learn")
    page.wait("state.learning_s !== undefined", "learning")
    hold(page.value("document.getElementById('learn').textContent === 'End learning'"), "the button says that it learns")
    page.wait("state.learned", "what was learned")
    learned = level()
    hold(learned < plain - 10, f"it was at {plain:.1f} dB, learned it is at {learned:.1f} dB")

    say("It is kept, forgotten, and removed by its name")
    page.click("#save-name")
    page.call("Input.insertText", text="guitar")
    page.key("Enter")
    page.wait("null !== document.querySelector('#profile-list input[value=guitar]')", "the profile in the list")
    hold((scratch / "data/limpid/profiles/guitar.safetensors").exists(), "the profile lies in the user's folder")
    page.click("#forget")
    page.wait("!state.learned", "forgetting")
    # What was removed for a while is in the noise reference, too.
    page.click("#clear")
    back = level(settle=3)
    hold(abs(back - plain) < 6, f"forgotten, it is back at {back:.1f} dB")
    page.click("#profile-list input[value=guitar]")
    page.wait("state.learned && state.removed.includes('guitar')", "the profile's use")
    again = level()
    hold(again < plain - 10, f"by its name it is at {again:.1f} dB")

    say("The limit is moved, by keyboard alone")
    page.value("document.getElementById('limited').focus()")
    page.key(" ")
    page.wait("state.attenuation_limit_db === 30", "a limit of 30 dB")
    page.value("document.getElementById('limit').focus()")
    for _ in range(24):
        page.key("ArrowLeft")
    page.wait("state.attenuation_limit_db === 6", "a limit of 6 dB")
    limited = level()
    hold(again + 6 < limited < plain - 2 and plain - limited < 7.5, f"limited to 6 dB it is at {limited:.1f} dB")
    page.value("document.body.focus(); document.activeElement.blur()")
    page.key("+")
    page.wait("state.attenuation_limit_db === 9", "the key +")
    page.key("b")
    page.wait("state.bypass && document.getElementById('bypass').ariaChecked === 'true'", "the key b")
    bypassed = level()
    hold(abs(bypassed - ends_input_level(ends)) < 1, f"in bypass it is at {bypassed:.1f} dB, as it came in")
    page.key("b")
    page.wait("!state.bypass", "the end of bypass")
    page.key("2")
    page.wait("state.wished_steps === 2", "the key 2")
    page.key("1")
    page.value("const mix = document.getElementById('mix'); mix.value = 40; mix.dispatchEvent(new Event('input'))")
    page.wait("Math.abs(state.mix - 0.4) < 1e-6", "the mix")
    page.value("mix.value = 100; mix.dispatchEvent(new Event('input'))")
    page.click("#freeze")
    page.wait("state.frozen", "the frozen reference")
    page.click("#freeze")
    page.wait("!state.frozen", "its end")
    page.value("send('use ../x')")
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
    page.size(1280, 900)
    page.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    page.wait("document.getElementById('span').textContent.includes('left of the line')", "the still pictures")
    time.sleep(2)
    page.screenshot(folder / "still-1280.png")
    page.media(prefers_color_scheme="light")
    painted = page.value("""(() => { const c = document.getElementById('spectrogram-in'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; })()""")
    hold(painted > 50, f"the spectrogram has {painted} colours")
    hold(not chromium.complaints, f"the browser complains of nothing {chromium.complaints}")

    say("The end")
    page.click("#end")
    page.wait("document.getElementById('end-dialog').open", "the question")
    page.click("#end-dialog button[value=end]")
    until("the end of limpid", lambda: running.poll() is not None)
    hold(running.returncode == 0, "limpid has ended well")
    page.wait("document.getElementById('connection').classList.contains('lost')", "the page's word of it")
    say(f"Look at the screenshots in {folder}")


def ends_input_level(ends):
    import numpy
    return 10 * numpy.log10(numpy.mean(numpy.square(ends.sound, dtype=numpy.float64)))


try:
    main()
finally:
    for job in reversed(jobs):
        if job.poll() is None:
            job.send_signal(signal.SIGTERM)
            try:
                job.wait(10)
            except subprocess.TimeoutExpired:
                job.kill()
    shutil.rmtree(scratch, ignore_errors=True)
    for left in pathlib.Path("/dev/shm").glob(f"jack_sem.*_limpid-web-{os.getpid()}_*"):
        left.unlink(missing_ok=True)
