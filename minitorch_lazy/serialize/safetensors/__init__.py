"""The safetensors format: a header in JSON that says where each tensor's bytes are."""
