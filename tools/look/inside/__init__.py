"""What Blender runs in its window: stories, each a way an artist goes, with shots on the way."""
