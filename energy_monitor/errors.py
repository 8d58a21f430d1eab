"""The error that a person can act on: printed as one sentence, without a traceback, with exit code 2."""


class UserError(Exception):
    """What is wrong, where, with which value, and what to do."""
