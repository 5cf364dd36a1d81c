"""Linear algebra, one file a family."""
