"""Every statement of sql/ must fit the schema."""

import psycopg
import pytest

from pleroma import db


def _statements():
    for area, area_queries in vars(db.queries).items():
        for name in area_queries.available_queries:
            function = getattr(area_queries, name)
            if not name.endswith("_cursor"):
                yield pytest.param(function, id=f"{area}.{name}")


def _as_prepared(statement: str, parameters: list[str]) -> str:
    for number, parameter in enumerate(parameters, 1):
        statement = statement.replace(f"%({parameter})s", f"${number}")
    return statement.replace("%%", "%")


@pytest.mark.parametrize("function", list(_statements()))
def test_statement_fits_the_schema(function, database_url):
    with psycopg.connect(database_url, autocommit=True) as connection:
        parameters = list(function.parameters or [])
        result = connection.pgconn.prepare(b"", _as_prepared(function.sql, parameters).encode())
        assert result.status == psycopg.pq.ExecStatus.COMMAND_OK, result.error_message.decode()


@pytest.mark.parametrize("function", list(_statements()))
def test_statement_is_short_enough_to_stay_prepared(function):
    assert len(function.sql) < 4096
    assert len(function.parameters or []) <= 50
