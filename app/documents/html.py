"""Pages to read in a browser and to print: templates in `pages/`, without any script.

A template extends `base.html`, which brings the styles and what every page needs.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    """Return where templates come from; what they are given is escaped, and what they lack is an error."""
    return Environment(
        loader=PackageLoader("app.documents", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, /, **members: object) -> str:
    """Return a page as HTML.

    Args:
        template: the name of a file in `pages/`: `analysis.html`.
        members: what it shows; text is escaped, unless it is `markupsafe.Markup`.

    Raises:
        UndefinedError: the template asks for something that it wasn't given.
    """
    return _environment().get_template(template).render(**members)
