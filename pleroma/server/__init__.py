"""The processes behind `serve`: supervisor, PostgreSQL, web server, job worker."""
