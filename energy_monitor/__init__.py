"""Energy Monitor: the command line, the workspaces and the embedded PostgreSQL."""
