"""A Great Britain electricity grid that does not exist, speaking the wire formats of the sources that do.

Every number is a pure function of (seed, time), and every response of (seed, request, now). What it serves carries
the header `X-Energy-Monitor-Simulated`, and nothing here reads data of the real grid. See `docs/simulator.md`.
"""
