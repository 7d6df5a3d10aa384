"""How a family says that it has no words for a request, so that its target is passed over."""


class Unfit(ValueError):
    """A request that a family has no words for; the text goes on after its name, as in ``takes no audio``."""
