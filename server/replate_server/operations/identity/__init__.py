"""Identity: the plate as it came. A diagnostic, for `replate doctor` and for measuring transport."""
