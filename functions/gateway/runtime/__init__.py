"""The loop that serves a function whose answers are streamed, in place of Lambda's own for Python.

Lambda's Python answers only once it has all of an answer. ``start.sh``, which ``AWS_LAMBDA_EXEC_WRAPPER``
names, starts this loop on the same managed runtime instead. It asks the Runtime API for events, and serves
them to the function that ``_HANDLER`` names. That may answer as usual, with ``{"statusCode", "headers",
"body"}``; or with a status, headers and an iterator of bytes, which leave as they come. To know which of the
two runtimes calls it, it looks at ``context.streams``.

Of the iterator: nothing is sent before its first bytes, so what fails until then is an error like any other.
Empty bytes are not sent; they are the moment to notice that nobody listens any more. Whenever it is not read
to its end, it is closed, so that a generator can settle what it has begun.

Rule: standard library only, because all of it is loaded in every cold start.
"""
