"""Pictures of the admin for the documents, taken of a running `make demo` with the machine's own Chromium."""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
PAGES = {"home": "/admin/"}


def main() -> None:
    """Log in as the demo's user and take each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the demo's admin is")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="the browser's program")
    options = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{options.url}/admin/login/")
        page.fill("input[name=username]", "demo")
        page.fill("input[name=password]", "demo-on-loopback")
        page.click("button[type=submit]")
        for name, address in PAGES.items():
            page.goto(f"{options.url}{address}")
            page.screenshot(path=IMAGES / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
