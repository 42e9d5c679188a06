"""The camera's move rendered, with its depth and motion, and restyled."""
