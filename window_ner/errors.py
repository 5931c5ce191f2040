"""What a user did can be wrong: one class for it, so that the commands can say so in one line."""


class InputError(ValueError):
    """A file, a setting or a call is wrong. The message says what, where and what to do."""
