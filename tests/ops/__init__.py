"""Operations on tensors, one file a family."""
