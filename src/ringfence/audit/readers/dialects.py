"""The dialects of SQL that a log may say its statements in."""

# Names of sqlglot, which takes the statements apart.
DIALECTS = (
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "hive",
    "mysql",
    "oracle",
    "postgres",
    "presto",
    "redshift",
    "snowflake",
    "spark",
    "sqlite",
    "trino",
    "tsql",
)
