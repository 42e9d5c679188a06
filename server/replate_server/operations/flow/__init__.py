"""Flow: where each pixel goes from frame to frame."""
