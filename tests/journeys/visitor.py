"""
Somebody with a browser, who reads every page critically.

Each page that is opened is put through axe, weighed, tried on a small phone, and watched for complaints of the browser:
errors of scripts, rules of the security policy that were broken, files that were missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Frame, Locator, Response, expect

#: What a page may weigh with all its files, as sent, when nothing is known yet.
HEAVIEST = 100_000
#: The narrowest screen, in pixels, on which nothing may stick out sideways.
NARROWEST = 320
WEIGHT = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
#: The kinds of elements on a page: two pages alike in them look the same to axe.
SHAPE = "() => [...new Set([...document.querySelectorAll('*')].map(e => e.tagName + '.' + e.className))].sort().join()"
_looked_at: set[str] = set()


class Visitor:
    """One browser window.  *script*: whether JavaScript runs in it; without it pages are read, not measured."""

    def __init__(self, browser: Browser, url: str, *, script: bool = True) -> None:
        self.url, self.script = url, script
        # A security policy that stops something complains in the console, so it stays in force.
        self.context = browser.new_context(base_url=url, java_script_enabled=script, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.loads, self.status = 0, 0
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("response", self._answered)
        self.page.on("framenavigated", self._navigated)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self.status = response.status
        elif response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def _navigated(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self.loads += 1

    # -- going about -----------------------------------------------------------------

    def open(self, path: str, *, status: int = 200) -> Visitor:
        """Type an address."""
        self.page.goto(path)
        return self._look(status)

    def come_in_as(self, card: str) -> Visitor:
        """Use one of the sign-in cards of practice."""
        self.open("/practice/")
        self._click(self.page.locator(f"form[action='/practice/sign-in/{card}'] button"), card)
        return self._look(200)

    def make_it(self, day: date) -> Visitor:
        """Move the clock of practice."""
        self.open("/practice/").fill(day=day.isoformat())
        return self.press("Move the clock").sees("The clock is moved.")

    def night(self) -> Visitor:
        """Run tonight's jobs in practice."""
        return self.open("/practice/").press("jobs now").sees("jobs are done")

    def follow(self, name: str, *, status: int = 200, within: Locator | None = None) -> Visitor:
        """Click a link, or what looks like one, by its words."""
        place = within or self.page.locator("body")
        self._click(place.get_by_role("link", name=name).or_(place.get_by_role("button", name=name)), name)
        return self._look(status)

    def more(self) -> Visitor:
        """Open what does not fit in the line of the menu."""
        self.page.locator(".nav__more summary").click()
        return self

    def press(self, name: str, *, status: int = 200) -> Visitor:
        """Press a button by its words."""
        self._click(self.page.get_by_role("button", name=name), name)
        return self._look(status)

    def press_twice(self, name: str, *, until: str) -> Visitor:
        """Press a button again before the answer is there.  *until* stands in the address one ends at."""
        self.page.get_by_role("button", name=name).dblclick()  # the first request may be given up for the second
        expect(self.page).to_have_url(re.compile(until))
        self.page.wait_for_load_state()
        return self._look(200)

    def _click(self, found: Locator, name: str) -> None:
        assert found.count(), f"nothing called “{name}” on {self.path}: {self.text[:1500]}"
        with self.page.expect_navigation():
            found.first.click()

    def back(self) -> Visitor:
        """The browser's back button."""
        self.page.go_back()
        return self._look(200)

    def download(self, name: str) -> bytes:
        """The bytes behind a link."""
        link = self.page.get_by_role("link", name=name).or_(self.page.get_by_role("button", name=name)).first
        address = link.get_attribute("href")
        assert address
        answer = self.context.request.get(address if "://" in address else self.url + address)
        assert answer.ok, (answer.status, address)
        return answer.body()

    def leave(self) -> None:
        """Close the window; whatever the browser complained of until then counts."""
        self.context.close()
        assert not self.complaints, self.complaints

    # -- filling in ------------------------------------------------------------------

    def fill(self, **answers: str) -> Visitor:
        """Type into fields, found by their names as in the form: text, choices, days as ISO 8601 in three boxes."""
        for name, value in answers.items():
            self._fill_one(self.page.locator(f"main [name='{name}']"), value)
        return self

    def _fill_one(self, found: Locator, value: str) -> None:
        kind = found.first.get_attribute("type") or found.first.evaluate("e => e.tagName")
        if kind in {"radio", "checkbox"}:
            for each in found.all():
                if each.get_attribute("value") in value.split():
                    each.check()
        elif kind == "SELECT":
            found.select_option(value)
        elif found.count() == 3:
            day = date.fromisoformat(value)
            for box, number in zip(found.all(), (day.day, day.month, day.year), strict=True):
                box.fill(str(number))
        else:
            found.fill(value)

    def tick_all(self) -> Visitor:
        """Tick every box."""
        for box in self.page.locator("main input[type='checkbox']").all():
            box.check()
        return self

    def attach(self, name: str, file: str, content: bytes, kind: str = "application/pdf") -> Visitor:
        """Choose a file."""
        self.page.locator(f"main [name='{name}']").set_input_files({"name": file, "mimeType": kind, "buffer": content})
        return self

    # -- reading ---------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What the page says, with single spaces."""
        return " ".join(self.page.locator("main").inner_text().split())

    @property
    def path(self) -> str:
        """Where one is, without the host."""
        return self.page.url.removeprefix(self.url)

    def sees(self, *wanted: str) -> Visitor:
        """Every one of these stands on the page."""
        for words in wanted:
            expect(self.page.locator("main")).to_contain_text(words)
        return self

    def summary(self) -> Mapping[str, str]:
        """The summary lists of the page: label to value; the last one holds where a label stands twice."""
        rows = self.page.locator("main .govuk-summary-list__row").all()
        return {
            row.locator("dt").inner_text().strip(): " ".join(row.locator("dd").first.inner_text().split())
            for row in rows
        }

    def row_of(self, *wanted: str) -> Locator:
        """The first row of a table that holds all of these words."""
        found = self.page.locator("main tbody tr")
        for words in wanted:
            found = found.filter(has_text=words)
        expect(found.first).to_be_visible()
        return found.first

    def row(self, *wanted: str) -> dict[str, str]:
        """What stands in that row: head of the column to cell."""
        found = self.row_of(*wanted)
        cells: list[Any] = found.locator("[data-label]").all()
        return {str(cell.get_attribute("data-label")): " ".join(cell.inner_text().split()) for cell in cells}

    def _look(self, status: int) -> Visitor:
        assert self.status == status, f"{self.path}: {self.status} instead of {status}: {self.text[:600]}"
        if self.script:
            self._measure()
        assert not self.complaints, (self.path, self.complaints)
        return self

    def _measure(self) -> None:
        weight = self.page.evaluate(WEIGHT)
        assert weight < HEAVIEST, f"{self.path} weighs {weight} bytes"
        shape = re.sub(r"[0-9a-f-]{36}|\d+", "*", self.path.partition("?")[0]) + self.page.evaluate(SHAPE)
        if shape in _looked_at:
            return
        self._fits_a_small_phone()
        found = Axe().run(self.page)
        assert not found.violations_count, f"{self.path}: {found.generate_report()}"
        _looked_at.add(shape)

    def _fits_a_small_phone(self) -> None:
        wide = self.page.viewport_size
        assert wide
        self.page.set_viewport_size({"width": NARROWEST, "height": 640})
        needed = self.page.evaluate("document.documentElement.scrollWidth")
        self.page.set_viewport_size(wide)
        assert needed <= NARROWEST, f"{self.path} is {needed} pixels wide on a phone of {NARROWEST}"
