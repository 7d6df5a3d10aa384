"""The compiler: two files and a catalogue in, a plan and a blueprint out, or every problem with its place."""

from infra.compile.compiler import Compiled, compile_files
from infra.compile.local import Local
from infra.compile.problems import Problem
from infra.compile.schemas import json_schemas
from infra.compile.source import Source

__all__ = ["Compiled", "Local", "Problem", "Source", "compile_files", "json_schemas"]
