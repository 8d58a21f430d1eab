"""Dagster: what runs when, over the whole graph, from the sources to the marts."""
