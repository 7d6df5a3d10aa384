"""Pure rules of the gateway: values in, decisions out; no clock, no wire, no cloud."""
