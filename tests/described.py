"""The document of the API, held against every answer that the suite sees and every parameter that views ask for.

A view that answers a status, a type or a key that the document does not know fails the test that asked, and so does
one that asks for a parameter without a note. Notes that no view ever asked for fail the whole run.
"""

import functools
import json
import re

import jsonschema_rs
import pytest
from flask import request
from werkzeug.exceptions import HTTPException

from pleroma.openapi import document, operations
from pleroma.web import params

_NAME = "urn:api"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ASKED = "tests.asked"
# How anybody may send a token: guards ask for it everywhere.
_EVERYWHERE = {"access_token"}
# The process that holds the streams asks for these, and views only where there is none.
_ELSEWHERE = "streaming."

formats = {
    "date-time": lambda value: _TIME.fullmatch(value) is not None,
    "date": lambda value: _DAY.fullmatch(value) is not None,
}

# The names that each endpoint asked for in this run, and those that it declares.
asked: dict[str, set[str]] = {}
declared: dict[str, set[str]] = {}


class Watched(dict):
    """Parameters that note which of their names the view looks at."""

    def get(self, name, default=None):
        """The value, as a dict gives it."""
        _note(name)
        return super().get(name, default)

    def __getitem__(self, name):
        _note(name)
        return super().__getitem__(name)

    def __contains__(self, name):
        _note(name)
        return super().__contains__(name)


def _note(name):
    request.environ.setdefault(_ASKED, set()).add(name)


def watch():
    """Let requests of this process note what is asked of them."""
    whole, last = params._all, params.everything
    params._all = lambda: Watched(whole())
    params.everything = functools.wraps(last)(lambda: Watched(last()))


class Description:
    """The document of an application, ready to be compared with answers; the same for all with the same views."""

    known: "dict[int, Description]" = {}

    def __init__(self, app):
        gathered = document.gather(app.url_map.iter_rules(), app.view_functions, (), version="", base_url="")
        self._document = json.loads(json.dumps(gathered).replace('"#/', f'"{_NAME}#/'))
        self._registry = jsonschema_rs.Registry([(_NAME, self._document)])
        self._routes = set(document.routes(app.url_map.iter_rules()))
        self._validators = {}

    @classmethod
    def of(cls, app):
        """The one for as many views."""
        number = len(app.view_functions)
        if number not in cls.known:
            cls.known[number] = cls(app)
        return cls.known[number]

    def is_about(self, rule, method, endpoint):
        """Whether the document has that route."""
        return document.Route(rule, method, endpoint) in self._routes

    def validator(self, rule, method, status, media_type):
        """What validates an answer; None where there is no JSON. Fails for an answer that is not described."""
        key = rule, method, status, media_type
        if key not in self._validators:
            self._validators[key] = self._make_validator(*key)
        return self._validators[key]

    def _make_validator(self, rule, method, status, media_type):
        responses = self._document["paths"][operations.path(rule)][method.lower()]["responses"]
        assert str(status) in responses, f"{method} {rule} answers {status}, which is not described"
        response = responses[str(status)]
        if "$ref" in response:
            response = self._document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        if media_type is None:
            return None
        content = response.get("content", {})
        assert media_type in content, f"{method} {rule} answers {status} as {media_type}, which is not described"
        if not media_type.endswith("json"):
            return None
        schema = content[media_type]["schema"]
        return jsonschema_rs.Draft202012Validator(
            schema, registry=self._registry, formats=formats, validate_formats=True
        )


def check(app, environ, response):
    """Compare an answer, and what its view asked for, with the document. Raises AssertionError."""
    method, description = environ["REQUEST_METHOD"], Description.of(app)
    try:
        rule, _ = app.url_map.bind("pleroma.example").match(environ["PATH_INFO"], method=method, return_rule=True)
    except HTTPException:
        return
    if not description.is_about(rule.rule, method, rule.endpoint):
        return
    _check_asked(app, rule.endpoint, environ.get(_ASKED, set()) - _EVERYWHERE)
    media_type = response.content_type if response.body else None
    validator = description.validator(rule.rule, method, response.status_int, media_type)
    if validator is not None:
        errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(response.json)]
        assert not errors, f"{method} {rule.rule} answers {response.status_int}: {'; '.join(errors)}"


def _check_asked(app, endpoint, names):
    if endpoint not in declared:
        declared[endpoint] = set(getattr(app.view_functions[endpoint], "takes", {}))
    asked.setdefault(endpoint, set()).update(names)
    strangers = names - declared[endpoint]
    assert not strangers, f"{endpoint} asks for {', '.join(sorted(strangers))} and takes no note of it"


# --- The whole run


def pytest_configure(config):
    """Watch from the start."""
    watch()


def pytest_sessionfinish(session):
    """Give what this process saw to the one that started it; that one looks at it all, once everything ran."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["asked"] = {endpoint: sorted(names) for endpoint, names in asked.items()}
        output["declared"] = {endpoint: sorted(names) for endpoint, names in declared.items()}
    elif _ran_everything(session):
        session.config.never_asked = never_asked()
        if session.config.never_asked:
            session.exitstatus = 1


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    """Take what a worker saw."""
    output = getattr(node, "workeroutput", {})
    for known, sent in ((asked, output.get("asked", {})), (declared, output.get("declared", {}))):
        for endpoint, names in sent.items():
            known.setdefault(endpoint, set()).update(names)


def never_asked():
    """The notes that no request of the run looked at, as ENDPOINT NAME."""
    return sorted(
        f"{endpoint} {name}"
        for endpoint, names in declared.items()
        if not endpoint.startswith(_ELSEWHERE)
        for name in names - asked.get(endpoint, set())
    )


def _ran_everything(session):
    config = session.config
    chosen = config.option.keyword or config.option.markexpr or config.option.lf or config.option.collectonly
    by_default = config.args_source is config.ArgsSource.TESTPATHS
    return by_default and config.option.long and not chosen and session.testsfailed == 0


def pytest_terminal_summary(terminalreporter, config):
    """Name the notes that nobody asked for."""
    names = getattr(config, "never_asked", [])
    if names:
        terminalreporter.section("parameters that are noted and that no view ever asked for")
        for name in names:
            terminalreporter.write_line(name)
