"""Every statement of sql/ must fit the schema."""

import psycopg
import pytest

from pleroma import db
from pleroma.db import statements


def _statements():
    for area, area_queries in vars(db.queries).items():
        for name in area_queries.available_queries:
            function = getattr(area_queries, name)
            if not name.endswith("_cursor"):
                yield pytest.param(function, id=f"{area}.{name}")


@pytest.mark.parametrize("function", list(_statements()))
def test_statement_fits_the_schema(function, database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        statement, names, _ = statements.numbered(function.sql)
        assert sorted(names) == sorted(function.parameters or [])
        result = connection.pgconn.prepare(b"", statement)
        assert result.status == psycopg.pq.ExecStatus.COMMAND_OK, result.error_message.decode()
