"""Every route of an application, with a path that can be asked."""


def routes(app):
    """(method, path, view) of every route, with what names nothing in the path."""
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            for spelling in (f"<{argument}>", f"<id:{argument}>", f"<path:{argument}>"):
                path = path.replace(spelling, "12345")
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, path, app.view_functions[rule.endpoint]
