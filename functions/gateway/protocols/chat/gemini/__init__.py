"""Google's generateContent: what is asked, and what is answered.

A call of a tool has a signature of the thoughts that led to it. It goes through our clients where Google's
own OpenAI-compatible API puts it; in place of one that was lost Google takes a certain word.

Source: google-genai 3.6.1 (Python), ``types.py``, ``_api_client.py``; https://ai.google.dev/gemini-api/docs/
thought-signatures and /openai; read 2026-11-25.
"""
