"""How a family says that a stream ended otherwise than it should."""


class Broken(Exception):
    """A stream that broke, with the provider's own code and text where it told them.

    Args:
        error: the class, one of ``domain.outcome.ERROR_CLASSES``.
    """

    def __init__(self, code: str, message: str, error: str = "transient") -> None:
        super().__init__(message)
        self.code = code
        self.error = error
