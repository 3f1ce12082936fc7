#!/usr/bin/env python3
"""browser.py KYSO [PICTURES]: the page of `kyso serve` as a citizen meets it, in a real Chromium.

Keyboard, dropping, both languages, wide and narrow, light and dark, print, without script, and a
hostile file name. The verdict shown is compared with what the service answers to another client.
Python 3, no packages; Chromium is driven by its DevTools protocol over two pipes.
"""
import base64
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PATIENCE = 60


class Browser:
    """One Chromium with one page."""

    def __init__(self, program, folder):
        # The browser reads commands from 3 and writes answers to 4.
        to_read, self.write = os.pipe()
        self.read, to_write = os.pipe()

        def pipes():
            os.dup2(to_read, 13)
            os.dup2(to_write, 14)
            os.dup2(13, 3)
            os.dup2(14, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
             "--disable-background-networking", "--disable-dev-shm-usage", f"--user-data-dir={folder}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=pipes)
        os.close(to_read)
        os.close(to_write)
        self.number, self.buffer, self.events, self.session = 0, b"", [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "DOM", "Accessibility"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next()
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def next(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.read, 1 << 20)
            assert piece, "the browser has ended"
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, expression):
        end = time.monotonic() + PATIENCE
        while not (found := self.value(f"Boolean({expression})")):
            if time.monotonic() > end:
                told = [event for event in self.events if event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded")]
                raise AssertionError(f"never: {expression}; the page says {self.value('document.body.innerText')[:600]!r}; {told}")
            time.sleep(0.05)
        return found

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href === {json.dumps(url)}")

    def press(self, key, code=None, text=None):
        for kind in ("keyDown", "keyUp"):
            event = {"type": kind, "key": key, "code": code or key,
                     "windowsVirtualKeyCode": {"Tab": 9, "Enter": 13}[key]}
            if text and kind == "keyDown":
                event["text"] = text
            self.call("Input.dispatchKeyEvent", **event)

    def node(self, selector):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        return self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]

    def choose(self, path):
        """What the system's list of files does when a file is chosen in it."""
        self.call("DOM.setFileInputFiles", files=[path], nodeId=self.node("#file"))

    def drop(self, paths):
        self.value("scrollTo(0, 0)")
        x, y = self.value("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.getElementById('drop').getBoundingClientRect())")
        data = {"items": [], "files": paths, "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def picture(self, path):
        if path:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}
            data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
            with open(path, "wb") as file:
                file.write(base64.b64decode(data))

    def named(self, role):
        """Names and descriptions of what a screen reader meets with this role."""
        found = []
        for node in self.call("Accessibility.getFullAXTree")["nodes"]:
            if not node.get("ignored") and node.get("role", {}).get("value") == role:
                found.append((node.get("name", {}).get("value", ""), node.get("description", {}).get("value", "")))
        return found

    def close(self):
        self.process.kill()
        self.process.wait()


def asked(base, path, language):
    """The headline that the service gives to another client for this file."""
    with open(path, "rb") as file:
        request = urllib.request.Request(
            f"{base}v1/verify?lang={language}", file.read(), {"Accept": "text/html", "Content-Type": "application/pdf"})
    try:
        text = urllib.request.urlopen(request, timeout=PATIENCE).read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    return html.unescape(re.search(r'<p class="big">(.*?)</p>', text).group(1))


def shown(browser):
    browser.until("!document.getElementById('result').hidden")
    return browser.value("document.querySelector('#report .verdict .big').textContent")


def visit(browser, base, files, pictures):
    texts = {"vi": ("Chọn tệp PDF", "không được lưu"), "en": ("Choose a PDF", "not kept")}
    headlines = set()
    for language in ("vi", "en"):
        for width, height, mobile in ((1280, 900, False), (360, 740, True)):
            browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
            browser.open(f"{base}?lang={language}")
            size = "phone" if mobile else "desktop"
            browser.picture(pictures and f"{pictures}/{language}-{size}-start.png")
            # What a screen reader says about the one control, and that it is reached by the keyboard.
            name, words = texts[language]
            assert any(name in one and words in about for one, about in browser.named("button")), browser.named("button")
            reached = []
            for _ in range(3):
                browser.press("Tab")
                reached.append(browser.value("document.activeElement.id || document.activeElement.className"))
            assert reached[:2] == ["language", "file"], reached
            for kind, path in files.items():
                browser.open(f"{base}?lang={language}")
                browser.choose(path)
                headline = shown(browser)
                assert headline == asked(base, path, language), headline
                headlines.add(headline)
                # The reader stands at the answer, whose first words are the verdict.
                assert browser.value("document.activeElement.matches('#report > h2')")
                # Then comes the verdict, then what can be done with it, and then the rest.
                order = [".verdict", ".tools"] + [".tools ~ h2"] * (kind != "no-pdf")
                assert browser.value(f"{order}.every((one, at, all) => at === 0 || document.querySelector(`#report > ${{all[at - 1]}}`)"
                                     ".compareDocumentPosition(document.querySelector(`#report > ${one}`)) & 4)"), order
                start = browser.value("document.activeElement.textContent")
                assert start == f"{headline}: {os.path.basename(path)}", start
                assert browser.value("getComputedStyle(document.getElementById('status')).display") != "none"
                assert browser.named("status"), "no live region"
                wide = browser.value("document.documentElement.scrollWidth")
                assert wide <= width, f"scrolls sideways: {wide} {kind} {language}"
                browser.picture(pictures and f"{pictures}/{language}-{size}-{kind}.png")
    assert len(headlines) == 2 * len(files), headlines


def main():
    kyso, pictures = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("NOT RUN: the page in a browser (chromium is missing)")
        return
    folder = tempfile.mkdtemp()
    service = browser = None
    try:
        demo = os.path.join(folder, "demo")
        subprocess.run([kyso, "demo", demo], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        service = subprocess.Popen(
            [kyso, "serve", "--listen", "127.0.0.1:0", "--upload", "1", "--trust", f"{demo}/trust.json",
             "--evidence", f"{demo}/root.crl", "--evidence", f"{demo}/issuing.crl"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        base = service.stdout.readline().strip()
        browser = Browser(program, os.path.join(folder, "profile"))
        check(browser, base, demo, folder, pictures)
    finally:
        for one in (browser and browser.process, service):
            if one:
                one.kill()
                one.wait()
        shutil.rmtree(folder, ignore_errors=True)


def check(browser, base, demo, folder, pictures):
    other = os.path.join(folder, "ghi-chu.pdf")
    with open(other, "w") as file:
        file.write("this is no PDF\n")
    hostile = os.path.join(folder, '<img src=x onerror=document.title=1>.pdf')
    shutil.copy(f"{demo}/quyet-dinh.phat-hanh.pdf", hostile)
    large = os.path.join(folder, "large.pdf")
    with open(large, "wb") as file:
        file.truncate((1 << 20) + 1)
    files = {
        "passing": f"{demo}/quyet-dinh.phat-hanh.pdf",
        "tampered": f"{demo}/quyet-dinh.bi-sua.pdf",
        "no-pdf": other,
    }
    visit(browser, base, files, pictures)
    browser.call("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)

    # Dropped, and seen in the other language without choosing it again; by the keyboard.
    browser.open(f"{base}?lang=vi")
    browser.drop([files["tampered"]])
    assert shown(browser) == asked(base, files["tampered"], "vi")
    browser.value("document.getElementById('translate').focus()")
    browser.press("Enter", text="\r")
    browser.until("document.getElementById('report').lang === 'en'")
    assert shown(browser) == asked(base, files["tampered"], "en")
    # A second file takes the place of the first.
    browser.choose(files["passing"])
    browser.until("document.querySelector('#report .verdict.good')")
    # The report can be kept as a file.
    saved = os.path.join(folder, "saved")
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=saved)
    browser.value("document.getElementById('save').click()")
    saved = os.path.join(saved, "ket-qua-kiem-tra.html")
    end = time.monotonic() + PATIENCE
    while not os.path.exists(saved):
        assert time.monotonic() < end, "no file was saved"
        time.sleep(0.05)
    with open(saved) as file:
        saved = file.read()
    assert "<!DOCTYPE html>" in saved and asked(base, files["passing"], "vi") in html.unescape(saved)

    # Several files, and one that is too large, are refused without being sent.
    browser.drop([files["passing"], files["tampered"]])
    browser.until("document.getElementById('status').className === 'bad'")
    assert browser.value("document.getElementById('result').hidden")
    assert browser.value("document.activeElement.id") == "file"
    browser.choose(large)
    browser.until("document.getElementById('status').textContent.includes('1 MB')")

    # A name that is markup is only a name.
    browser.choose(hostile)
    assert shown(browser) == asked(base, hostile, "vi")
    assert browser.value("document.querySelectorAll('img').length") == 0
    assert browser.value("document.querySelector('#report > h2').textContent").endswith(os.path.basename(hostile))
    assert browser.value("document.title") != "1"

    # Dark, and on paper: the answer alone.
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.open(f"{base}?lang=vi")
    browser.choose(files["passing"])
    shown(browser)
    dark = browser.value("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", dark))) < 150, dark
    browser.picture(pictures and f"{pictures}/dark.png")
    browser.call("Emulation.setEmulatedMedia", media="print", features=[])
    for gone in ("#check", "#status", ".tools", ".language", ".lead"):
        assert browser.value(f"getComputedStyle(document.querySelector('{gone}')).display") == "none", gone
    assert browser.value("getComputedStyle(document.querySelector('#report .verdict')).display") != "none"
    if pictures:
        with open(f"{pictures}/print.pdf", "wb") as file:
            file.write(base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"]))
    browser.call("Emulation.setEmulatedMedia", media="", features=[])

    # A file is sent again only when the service asks for that: not after a deadline that it outlived.
    for headers, times in (({}, 1), ({"Retry-After": "1"}, 4)):
        browser.open(f"{base}?lang=en")
        browser.value(
            "window.asked = 0; window.fetch = async () => { window.asked++; return new Response("
            "'<main><div class=verdict><p class=big>NOT CHECKED</p></div></main>', "
            f"{{status: 503, headers: {json.dumps(headers)}}}); }}; 0")
        browser.choose(files["passing"])
        assert shown(browser) == "NOT CHECKED"
        assert browser.value("window.asked") == times, (headers, browser.value("window.asked"))

    # When the service is gone, the page says so. (Asked for by an address that nobody answers.)
    browser.open(f"{base}?lang=en")
    browser.value("document.getElementById('check').action = 'http://127.0.0.1:1/v1/verify'")
    browser.choose(files["passing"])
    browser.until("document.getElementById('status').textContent.startsWith('No answer came')")
    expected = sum(1 for event in browser.events if "127.0.0.1:1" in json.dumps(event))

    # Without script: the browser sends the form, and the answer is a page of its own.
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.call("Page.navigate", url=f"{base}?lang=en")
    time.sleep(1)
    browser.picture(pictures and f"{pictures}/no-script.png")
    browser.choose(files["tampered"])
    browser.call("DOM.focus", nodeId=browser.node("button[type=submit]"))
    browser.press("Enter", text="\r")
    end = time.monotonic() + PATIENCE
    headline = asked(base, files["tampered"], "en")
    while True:
        assert time.monotonic() < end, "no page came without script"
        time.sleep(0.1)
        root = browser.call("DOM.getDocument")["root"]["nodeId"]
        try:
            text = browser.call("DOM.getOuterHTML", nodeId=root)["outerHTML"]
        except AssertionError:
            continue  # The next page came between the two questions.
        if f'<p class="big">{html.escape(headline)}' in text:
            break

    # Nothing was asked of anybody else, and nothing was forbidden or thrown.
    for event in browser.events:
        method, told = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            url = told["request"]["url"]
            assert url.startswith((base, "data:", "blob:", "http://127.0.0.1:1/")), url
        if method == "Log.entryAdded" and told["entry"]["source"] != "network":
            # The policy forbids the address that nobody answers, too.
            assert "127.0.0.1:1" in told["entry"]["text"], told["entry"]
        assert method != "Runtime.exceptionThrown", told
    assert expected, "the address that nobody answers was not asked for"
    print("the page works in Chromium")


if __name__ == "__main__":
    main()
