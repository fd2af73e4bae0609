"""A headless Chromium over its DevTools protocol: as much of it as the check of the live page needs."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time

from websockets.sync.client import connect


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="limpid-chromium-")
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
             "--remote-debugging-port=0", f"--user-data-dir={self.folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"DevTools listening on (ws://\S+)", line):
                break
        else:
            raise SystemExit("error: chromium did not start")
        self.socket = connect(found[1], max_size=None, max_queue=None)
        self.number = 0
        self.pages = {}  # by session
        self.complaints = []  # what pages complained of: errors, breaches of the policy

    def close(self):
        self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, method, session=None, **parameters):
        """Without waiting for the answer. -> Its number."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self.socket.send(json.dumps(message))
        return message["id"]

    def call(self, method, session=None, **parameters):
        number = self.send(method, session, **parameters)
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "error" in answer:
                raise RuntimeError(f"of a call without waiting: {answer['error']}")
            self.note(answer)

    def note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        if page := self.pages.get(event.get("sessionId")):
            page.note(event.get("method"), parameters)

    def page(self, address, first=None):
        """`first`: a script that runs before the page's own."""
        return Page(self, address, first)


class Page:
    def __init__(self, browser, address, first):
        self.browser = browser
        self.tries = 0  # connections begun
        self.sent = []  # lines of commands, as they left the browser
        self.unanswered = set()  # their numbers
        self.description = None  # how things stand by the program's own words, after its last answer
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Accessibility", "Network"):
            self.call(f"{domain}.enable")
        if first:
            self.call("Page.addScriptToEvaluateOnNewDocument", source=first)
        self.go(address)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def note(self, method, parameters):
        """What passes between page and program, whatever the page makes of it."""
        if method == "Network.webSocketCreated":
            self.tries += 1
            self.unanswered.clear()
            self.description = None
        text = parameters.get("response", {}).get("payloadData", "")
        if method == "Network.webSocketFrameSent" and re.match(r"\d+ ", text):
            number, line = text.split(" ", 1)
            self.sent.append(line)
            self.unanswered.add(number)
            self.description = None
        if method == "Network.webSocketFrameReceived" and text.startswith("="):
            self.unanswered.discard(text[1:].split(" ")[0])
            self.description = None
        if method == "Network.webSocketFrameReceived" and text.startswith("{") and not self.unanswered:
            self.description = text

    def go(self, address):
        """-> Whether anything was loaded for it."""
        return "loaderId" in self.call("Page.navigate", url=address)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.value(expression):
                    return
            except RuntimeError:
                pass  # the page is not there yet
            time.sleep(0.1)
        raise SystemExit(f"error: waited in vain for {what}; events: " + str(self.value("document.getElementById('events').innerText")))

    def told(self, expression, what, seconds=30):
        """Waits until it holds of the `state` that the program itself describes, after it has answered all commands: the page's own
        `state` has what was wished from the press on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.value("0")  # reads what has come
            if self.description and self.value(f"((state) => {expression})({self.description})"):
                return
            time.sleep(0.1)
        raise SystemExit(f"error: waited in vain for the program to tell of {what}; it told: {self.description}, was sent {self.sent[-5:]}")

    def size(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if mobile else 1, mobile=mobile)

    def media(self, **features):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def screenshot(self, path, whole=True):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def key(self, key):
        self.keys([key])

    def keys(self, keys):
        """In quick succession: no answer is waited for but the last."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39, " ": 32, "Home": 36}
        strokes = []
        for key in keys:
            common = {"key": key, "windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
            text = key if len(key) == 1 else "\r" if key == "Enter" else None
            strokes += [{"type": "keyDown", **common, **({"text": text} if text else {})}, {"type": "keyUp", **common}]
        for stroke in strokes[:-1]:
            self.browser.send("Input.dispatchKeyEvent", self.session, **stroke)
        self.call("Input.dispatchKeyEvent", **strokes[-1])

    def click(self, selector):
        """With the mouse, in the middle of an element that is in sight."""
        box = self.value(f"""(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: "center"}});
            const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)
