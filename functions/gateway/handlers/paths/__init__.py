"""What the api function answers: a module per resource, each with its ``ROUTES``.

A pattern is the path behind ``/v1/``: ``{id}`` stands for one segment, ``{name}`` for all that follow.
"""
