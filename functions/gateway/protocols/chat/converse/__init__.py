"""Amazon Bedrock's Converse and ConverseStream: what is asked, and what is answered.

Source: botocore 1.44.5, ``bedrock-runtime`` 2023-09-30 service model, read 2026-11-25.
"""
