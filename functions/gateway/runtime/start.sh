#!/bin/sh
# Lambda calls this with the command that would start its own loop: the interpreter comes first, and we need only that.
# The package is found as Lambda's loop finds it: before layers, and before what the runtime itself brings.
PYTHONPATH="${LAMBDA_TASK_ROOT:=/var/task}:/opt/python:${LAMBDA_RUNTIME_DIR:-/var/runtime}${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONPATH LAMBDA_TASK_ROOT
exec "$1" -m gateway.runtime
