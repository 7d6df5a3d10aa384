"""One fake per port of the flow: honest small stand-ins that keep what they were told."""
