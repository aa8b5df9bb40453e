"""A real Chromium on a real server. Whatever a page reports in the console fails the test."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
NOTED = {"error", "warning"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def reports():
    return []


@pytest.fixture
def visit(chromium, live_server, reports):
    """Opens an address in a fresh browser; options are playwright's: viewport, color_scheme, java_script_enabled."""
    contexts = []

    def open_page(address, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type in NOTED and reports.append(message.text))
        page.on("pageerror", lambda error: reports.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert reports == []


@pytest.fixture
def axe():
    def found(page):
        results = Axe().run(page)
        return [
            f"{broken['id']}: {node['html']}"
            for broken in results.response["violations"]
            for node in broken["nodes"]
        ]

    return found
