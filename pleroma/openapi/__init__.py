"""The description of the API: notes beside the routes, and the OpenAPI document that is gathered from them.

What is imported here stands beside every view and is small; the document and the entities are read when somebody asks.
"""

from pleroma.openapi.kinds import Anything, Choice, File, Flag, Id, Map, Several, Text, Time, Whole
from pleroma.openapi.notes import Answer, answers, guarded, html_page, pages, takes

__all__ = [
    "Answer", "Anything", "Choice", "File", "Flag", "Id", "Map", "Several", "Text", "Time", "Whole",
    "answers", "guarded", "html_page", "pages", "takes",
]  # fmt: skip
