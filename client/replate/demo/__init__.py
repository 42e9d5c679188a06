"""The main job on a real plate, from nothing: what `make demo` runs.

The plate is from Big Buck Bunny, (c) 2008 Blender Foundation, www.bigbuckbunny.org, CC-BY 3.0.
The style is The Starry Night by Vincent van Gogh, 1889, in the public domain.
"""
