"""Prints all public names of the module, and of each of its classes, as JSON."""

import inspect
import json

import nuke

classes = {name: thing for name, thing in vars(nuke).items() if inspect.isclass(thing) and not name.startswith("_")}
module = [
    name
    for name, thing in vars(nuke).items()
    if not name.startswith("_") and not inspect.ismodule(thing) and name != "annotations"
]
members = {
    name: [each for base in kind.__mro__ if base.__module__.startswith("nuke") for each in vars(base)]
    for name, kind in classes.items()
}
print(json.dumps({"module": module, "members": members}))
