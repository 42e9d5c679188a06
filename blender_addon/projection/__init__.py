"""A picture projected from a camera onto what stands in the scene."""
