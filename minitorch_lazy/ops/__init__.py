"""The mathematics: one file a family, every operation beside its derivative rules."""
