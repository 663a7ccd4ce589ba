"""The pages in a real browser: headless Chromium walks them on a phone and on a desk; axe-core looks for faults.

Needs Debian's chromium and chromium-driver, and axe-core from npm in the directory that AXE_CORE names (or
node_modules here); skipped where they are not there.
"""

import io
import os
import re
import shutil
import time
from pathlib import Path

import pyotp
import pytest
import requests
from PIL import Image

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
WebDriverWait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait
staleness_of = pytest.importorskip("selenium.webdriver.support.expected_conditions").staleness_of

AXE = Path(os.environ.get("AXE_CORE", "node_modules/axe-core")) / "axe.min.js"
pytestmark = [
    pytest.mark.skipif(not shutil.which("chromium") or not shutil.which("chromedriver"), reason="no chromium"),
    pytest.mark.skipif(not AXE.exists(), reason="no axe-core: npm install axe-core"),
]
SCREENSHOTS = os.environ.get("SCREENSHOTS")


def make_browser(width):
    """Headless Chromium of a width; it talks to the server alone."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--window-size={width},900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


@pytest.fixture(params=[390, 1280])
def browser(request):
    """A phone's and a desk's width."""
    made = make_browser(request.param)
    made.set_window_size(request.param, 900)
    made.implicitly_wait(5)
    yield made
    made.quit()


def check(browser, name):
    """No fault that axe-core finds, light and dark; no sideways scrolling; no console error."""
    browser.execute_script(AXE.read_text("utf-8"))
    for scheme in ("dark", "light"):
        scheme_feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme_feature]})
        found = browser.execute_async_script("const done = arguments[0]; axe.run().then(r => done(r.violations))")
        assert not found, [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]
        if SCREENSHOTS:
            browser.execute_script("scrollTo(0, 0)")
            browser.save_screenshot(f"{SCREENSHOTS}/{name}-{browser.get_window_size()['width']}-{scheme}.png")
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= browser.execute_script("return window.innerWidth"), f"{name} scrolls sideways"
    errors = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors, errors


def fill(browser, **fields):
    """Type into fields by name and send the form."""
    for name, value in fields.items():
        element = browser.find_element("css selector", f"main form [name='{name}']:not([type=hidden])")
        element.clear()
        element.send_keys(value)
    page = browser.find_element("tag name", "html")
    browser.find_element("css selector", "main form button").click()
    # A click may return before the next page is there, and a test that goes elsewhere then would undo the sending.
    WebDriverWait(browser, 20).until(staleness_of(page))


@pytest.fixture(scope="session")
def content(server):
    """Statuses to look at: a thread, a picture, a subject, a tag; gives the address of a status."""
    app = requests.post(
        f"{server}/api/v1/apps",
        {"client_name": "tests", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"},
        timeout=10,
    ).json()
    grant = {"grant_type": "password", "username": "alice", "password": "secret"}
    ids = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    token = requests.post(f"{server}/oauth/token", {**grant, **ids}, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    file = io.BytesIO()
    Image.linear_gradient("L").resize((640, 400)).save(file, "PNG")
    media = requests.post(
        f"{server}/api/v1/media",
        {"description": "From dark to light"},
        files={"file": ("x.png", file.getvalue(), "image/png")},
        headers=headers,
        timeout=10,
    ).json()
    profile = {"display_name": "Alice", "note": "Writes about https://foxes.example and #foxes", "discoverable": "true"}
    fields = {"fields_attributes[0][name]": "Home", "fields_attributes[0][value]": "https://alice.example"}
    requests.patch(
        f"{server}/api/v1/accounts/update_credentials", {**profile, **fields}, headers=headers, timeout=10
    ).raise_for_status()

    def post(text, **more):
        answer = requests.post(f"{server}/api/v1/statuses", {"status": text, **more}, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()

    first = post("Good morning! A gradient for #foxes.", **{"media_ids[]": media["id"]})
    post(
        "And an answer, with a [link](https://foxes.example).", in_reply_to_id=first["id"], content_type="text/markdown"
    )
    post("It was the fox.", spoiler_text="How the story ends")
    return first["url"]


def test_every_page_reads_well(browser, server, content):
    for name, path in (
        ("front", "/"),
        ("about", "/about"),
        ("api", "/api/openapi"),
        ("login", "/login"),
        ("registration", "/registration"),
        ("password", "/auth/password"),
        ("profile", "/users/alice"),
        ("status", content.removeprefix(server)),
        ("tag", "/tag/foxes"),
    ):
        browser.get(server + path)
        check(browser, name)
    browser.get(f"{server}/users/nobody")
    assert browser.find_element("tag name", "h1").text == "Not found" or "no such" in browser.page_source


def test_registration_login_and_authorization(browser, server, content):
    nickname = f"reader{browser.get_window_size()['width']}"
    browser.get(f"{server}/registration")
    fields = {"nickname": nickname, "fullname": "A reader", "email": f"{nickname}@mail.example"}
    fill(browser, **fields, password="a good password", confirm="a good password")
    check(browser, "registered")
    browser.get(f"{server}/login")
    fill(browser, name=nickname, password="wrong")
    assert "Invalid" in browser.find_element("css selector", ".error").text
    # The refusal itself is an error to the browser.
    browser.get_log("browser")
    fill(browser, name=nickname, password="a good password")
    app = requests.post(
        f"{server}/api/v1/apps",
        {"client_name": "Reader", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"},
        timeout=10,
    ).json()
    browser.get(
        f"{server}/oauth/authorize?response_type=code&client_id={app['client_id']}"
        "&redirect_uri=urn:ietf:wg:oauth:2.0:oob&scope=read+write"
    )
    check(browser, "authorize")
    browser.find_element("css selector", "main form button").click()
    assert re.fullmatch(r"\S{20,}", browser.find_element("css selector", "code").text)
    check(browser, "code")
    check_second_factor(browser, server, app, nickname)


def check_second_factor(browser, server, app, nickname):
    """The page that asks for a code, once the account has a second factor."""
    login = {"username": nickname, "password": "a good password", "grant_type": "password"}
    client = {name: app[name] for name in ("client_id", "client_secret")}
    token = requests.post(f"{server}/oauth/token", {**client, **login}, timeout=10).json()["access_token"]
    headers, mfa = {"Authorization": f"Bearer {token}"}, f"{server}/api/pleroma/accounts/mfa"
    authenticator = pyotp.TOTP(requests.get(f"{mfa}/setup/totp", headers=headers, timeout=10).json()["key"])
    sent = {"password": "a good password", "code": authenticator.now()}
    assert requests.post(f"{mfa}/confirm/totp", sent, headers=headers, timeout=10).json() == {}
    browser.get(f"{server}/login")
    fill(browser, name=nickname, password="a good password")
    check(browser, "second-factor")
    fill(browser, code=authenticator.at(time.time() + 30))
    assert browser.current_url == f"{server}/"
