"""Drives examples/browser in a headless Chromium against weather_live.

usage: test-browser.py PUBLISHER PAGE SCREENSHOT
"""

import queue
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

LIMIT = 20
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run
    --disable-background-networking --disable-component-update --disable-sync --window-size=800,700""".split()


class Publisher:
    """weather_live, and the lines that it prints."""

    def __init__(self, program, endpoint):
        self.process = subprocess.Popen([program, endpoint], stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.expect(f"publisher: at {endpoint}")

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip())

    def expect(self, line):
        found = self.lines.get(timeout=LIMIT)
        assert found == line, f"{found!r} instead of {line!r}"

    def stop(self):
        self.process.kill()
        self.process.wait()


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_browser(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


class Page:
    """What a visitor does with the page, and sees."""

    def __init__(self, browser, address):
        self.browser = browser
        browser.get(address)

    def wait_until(self, what, condition):
        WebDriverWait(self.browser, LIMIT, poll_frequency=0.05).until(lambda _: condition(), f"never: {what}")

    def wait_for_state(self, state):
        self.wait_until(state, lambda: self.browser.find_element(By.ID, "state").text == state)

    def subscribe(self, topic):
        field = self.browser.find_element(By.ID, "topic")
        field.clear()
        field.send_keys(topic)
        self.browser.find_element(By.ID, "subscribe").click()

    def unsubscribe(self, topic):
        self.browser.find_element(By.XPATH, f"//button[.='Unsubscribe from \"{topic}\"']").click()

    def reports(self):
        """How many reports of each place it shows."""
        rows = "return [...document.querySelectorAll('#reports tr')].map(row => [...row.cells].map(c => c.textContent))"
        shown = self.browser.execute_script(rows)
        assert all("degrees, humidity" in weather for _, weather, _ in shown), shown
        return {place: int(count) for place, _, count in shown}

    def wait_for_more(self, *places, by=3):
        before = self.reports()
        self.wait_until(f"more of {places}", lambda: all(
            self.reports().get(place, 0) >= before.get(place, 0) + by for place in places))


def passed(what):
    passed.count += 1
    print("ok:", what)


passed.count = 0


def visit(page, program, publisher, endpoint, screenshot):
    page.wait_for_state("connected")
    assert page.reports() == {}
    passed("the page connects, and shows nothing unasked")

    page.subscribe("os")
    publisher.expect('publisher: somebody wants "os"')
    page.wait_for_more("osaka", "oslo")
    assert set(page.reports()) == {"osaka", "oslo"}
    passed("a click subscribes: live reports of the places asked for, and of no other")

    page.subscribe("lima")
    publisher.expect('publisher: somebody wants "lima"')
    page.wait_for_more("lima", "osaka", "oslo")
    page.browser.save_screenshot(str(screenshot))
    assert screenshot.read_bytes().startswith(b"\x89PNG")
    passed(f"a second subscription: {screenshot}")

    page.unsubscribe("os")
    publisher.expect('publisher: somebody no longer wants "os"')
    # What was on its way comes before this.
    page.wait_for_more("lima", by=1)
    before = page.reports()
    page.wait_for_more("lima")
    after = page.reports()
    assert {**before, "lima": 0} == {**after, "lima": 0}, (before, after)
    passed("a click unsubscribes: the others go on")

    publisher.stop()
    page.wait_for_state("connecting")
    second = Publisher(program, endpoint)
    try:
        page.wait_for_state("connected")
        second.expect('publisher: somebody wants "lima"')
        page.wait_for_more("lima")
        passed("the publisher comes back: the page subscribes again")

        # Chromium sends this in several frames; the publisher shows its beginning.
        page.browser.execute_script("sub.subscribe('x'.repeat(300000))")
        second.expect(f"publisher: somebody wants \"{'x' * 62}\"")
        page.browser.execute_script("sub.unsubscribe('x'.repeat(300000))")
        second.expect(f"publisher: somebody no longer wants \"{'x' * 62}\"")
        passed("messages of 300 kB")

        # The browser takes part in the closing of a WebSocket: it tells whether it was clean.
        clean = page.browser.execute_async_script(
            "const done = arguments[0]; sub.close(); sub.socket.onclose = event => done(event.wasClean)")
        assert clean, "the connection was cut"
        second.expect('publisher: somebody no longer wants "lima"')
        passed("the page closes, and the publisher forgets it")
    finally:
        second.stop()


def main(program, page, screenshot):
    endpoint = f"ws://127.0.0.1:{unused_port()}"
    publisher = Publisher(program, endpoint)
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = start_browser(profile)
            try:
                visit(Page(browser, f"{Path(page).as_uri()}?{endpoint}"), program, publisher, endpoint, Path(screenshot))
            finally:
                for entry in browser.get_log("browser"):
                    print("console:", entry["message"])
                browser.quit()
    finally:
        publisher.stop()
    print(f"{passed.count} passed, 0 failed")


main(*sys.argv[1:])
