"""What must hold for every registered primitive."""
