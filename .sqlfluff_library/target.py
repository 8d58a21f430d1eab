"""`target` for what sqlfluff renders."""

name = "sqlfluff"
type = "postgres"
database = "target_database"
schema = "target_schema"
