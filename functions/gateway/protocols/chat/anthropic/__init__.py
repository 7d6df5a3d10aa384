"""Anthropic's Messages, API version 2026-10-21: what is asked, and what is answered.

Source: anthropic 2.13.0 (Python), ``types/message*``, ``types/raw_*``, ``_streaming.py``, read 2026-11-25.
"""
