"""Every statement of sql/ must fit the schema, and values arrive as they were."""

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


def test_bytes_arrive_as_they_were_alone_and_in_lists(database_url):
    sent = [bytes(range(256)), b"", b"\\x41", b"'\"{},\\"]
    with psycopg.connect(database_url, autocommit=True) as connection:
        for value in sent:
            asked = "select %(value)s::bytea = decode(%(hex)s, 'hex') as same"
            result = statements.execute(connection, asked, {"value": value, "hex": value.hex()})
            assert statements.rows(connection, result)[0].same
        asked = "select %(values)s::bytea[] = array(select decode(h, 'hex') from unnest(%(hex)s::text[]) h) as same"
        result = statements.execute(connection, asked, {"values": sent, "hex": [value.hex() for value in sent]})
        assert statements.rows(connection, result)[0].same
