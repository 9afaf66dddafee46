"""PostgreSQL's log with pgaudit's lines in it: csvlog, jsonlog, stderr."""

from ringfence.audit.readers.pgaudit.reader import PgAudit

READER = PgAudit()
