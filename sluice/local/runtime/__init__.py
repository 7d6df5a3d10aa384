"""A local Lambda: workers that run a function's own package, each under a Runtime API of its own.

api       the Runtime API that one worker talks to, byte for byte as it comes
answer    what a function answers, while it answers
worker    one process and its Runtime API
pool      workers: as many as are at work at once, started and replaced as needed
function  what to run: the package and the settings of a function as it is deployed
"""
