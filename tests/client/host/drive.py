"""Run by each Python that a host may embed: submits a job through a real agent and tells what came of it.

Arguments: the folder of `replate_host`, and a JSON object of command, address, params and environment.
"""

import json
import sys

sys.path[:] = [path for path in sys.path if "site-packages" not in path]
sys.path.insert(0, sys.argv[1])

import replate_host  # noqa: E402
from replate_host import telling, versions  # noqa: E402
from replate_host.catalog import Catalog  # noqa: E402

asked = json.loads(sys.argv[2])
agent = replate_host.Agent(asked["command"], address=asked["address"], environment=asked["environment"])
catalog = Catalog.of(agent.call("catalog"))
told = []
handle = agent.submit(asked["params"], on_frame=lambda handle, frame: told.append(frame.number))
agent.wait(handle, timeout=120)
agent.close()
assert Catalog.of(json.loads(json.dumps(catalog.as_json()))) == catalog
version = versions.Version(1, "identity", "identity/copy", 1001, 1004, made=versions.now()).heard(handle)
assert versions.loads(versions.dumps([version])) == (version,)
foreign = sorted(name for name in sys.modules if name.split(".")[0] in ("grpc", "google", "numpy", "replate"))
print(
    json.dumps(
        {
            "python": sys.version_info[:2],
            "operations": [operation.name for operation in catalog.operations],
            "told": told,
            "paths": [frame.path for frame in handle.frames],
            "state": handle.state,
            "status": telling.job(handle),
            "menu": telling.version(version),
            "fraction": handle.fraction,
            "foreign": foreign,
        }
    )
)
