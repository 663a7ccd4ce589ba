"""The file of settings: lines PLEROMA_NAME=value, read as systemd reads an EnvironmentFile."""

from __future__ import annotations

import re
from pathlib import Path

PREFIX = "PLEROMA_"
# A value in the settings file is made of these, as systemd reads an EnvironmentFile: '…', "…", and text without quotes.
_PIECE = re.compile(
    r"""[ \t]*(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>(?:[^\s\\'"]|\\.)(?:[^\\\n]|\\.)*))""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Text without quotes, and the white space behind it, which does not count unless it is escaped.
_BARE = re.compile(r"((?:\\.|[^\\])*?)[ \t\r]*", re.DOTALL)


class ConfigError(ValueError):
    """A setting is unknown or malformed; the message says which and why."""


def read(path: Path) -> dict[str, str]:
    """The settings in a file, by their names. Raises ConfigError."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "it is not UTF-8")
        raise ConfigError(f"{PREFIX}CONFIG: {path} cannot be read: {reason}") from error
    found = {}
    position = 0
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text) + 1
        line = text[position : end - 1].strip()
        if line and not line.startswith(("#", ";")):
            name, equals, _ = line.partition("=")
            if not equals or not name.strip().startswith(PREFIX):
                number = text.count("\n", 0, position) + 1
                raise ConfigError(f"{path}, line {number}: not a line {PREFIX}NAME=value")
            try:
                found[name.strip()], end = _value(text, text.index("=", position) + 1)
            except ValueError as error:
                raise ConfigError(f"{path}, {error}") from error
        position = end
    return found


def _value(text: str, position: int) -> tuple[str, int]:
    """The value that begins at a position of the settings file, and where the next line begins. Raises ValueError."""
    pieces = []
    while match := _PIECE.match(text, position):
        position = match.end()
        if match["single"] is not None:
            pieces.append(match["single"])
        elif match["double"] is not None:
            pieces.append(_ESCAPED.sub(_unquoted, match["double"]))
        else:
            bare = _BARE.fullmatch(match["plain"])
            pieces.append(_ESCAPED.sub(lambda found: found[1].strip("\n"), bare[1] if bare else ""))
    end = text.find("\n", position) + 1 or len(text)
    if text[position:end].strip():
        raise ValueError(f"line {text.count(chr(10), 0, position) + 1}: a quote is not closed")
    return "".join(pieces), end


def _unquoted(match: re.Match[str]) -> str:
    """What an escape between double quotes stands for: only these four lose their backslash, and a line goes on."""
    return match[1] if match[1] in '"\\`$' else "" if match[1] == "\n" else match[0]
