"""Random draws on the host, one family a file; each takes PyTorch's words off the stream."""
