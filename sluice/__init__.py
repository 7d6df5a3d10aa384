"""The tool that people type, and what it needs on their machine."""
