"""The first run: a lazy network meets real digits, step by step on the screen."""
