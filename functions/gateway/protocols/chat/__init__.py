"""Families of chat protocols: a module each, or a package of its request and its answer.

What they share is OpenAI's form, which is also ours.
"""
