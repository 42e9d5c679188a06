"""Replate's server: models on a shared machine, reached over gRPC."""
