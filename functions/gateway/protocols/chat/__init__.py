"""Families of chat protocols, a module each: what they share is OpenAI's form, which is also ours."""
