"""The shape of the two files and of a catalogue entry: ``kinds`` of values, ``route``, ``provider``."""
