"""An emulation of Redshift: PostgreSQL behind a proxy that reads Redshift's SQL and refuses what Redshift lacks.

It is no Redshift. docs/redshift.md says what it shows and what it cannot.
"""
