"""OpenAI's media calls in our words, and our jobs in OpenAI's. Pure.

field    what their bodies have in common
image    pictures: a call's parameters, and the answer's document
speech   the same for speech
video    the same for films, which are jobs there as well
failure  why a job that somebody waits for brings nothing

Source: openai 2.54.0 (Python) and 7.57.0 (Node), request and response types, read 2026-11-25.
"""
