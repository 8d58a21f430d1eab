"""The declarations of the catalogue, one module per source."""
