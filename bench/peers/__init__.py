"""The gateways that are measured side by side, each started and ended by the bench."""
