"""A drill: providers of the local stack break one after another under load, and what callers saw is told.

course     what is asked, of whom, and the phases in order
sandbox    the hand on the sandbox's controls: what it breaks it heals
run        the phases as they pass, a thread a caller
result     what callers saw, as numbers
report     the same as a table, JSON and CSV
timeline   the same as a picture

Rule: ``course``, ``result``, ``report`` and ``timeline`` are pure; a drill leaves nothing broken.
"""
