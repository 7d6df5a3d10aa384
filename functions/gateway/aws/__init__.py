"""Ports that end in AWS; the only importers of boto3."""
