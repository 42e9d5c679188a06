"""Property tests give the same examples every time, and no machine is too slow for them."""

from hypothesis import settings

settings.register_profile("darkroom", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("darkroom")
