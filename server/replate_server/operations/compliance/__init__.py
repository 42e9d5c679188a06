"""The contract of a model, as checks that its maker runs on it.

In a test of the package that has the model:

    from replate_server.operations.compliance import comply

    def test_it_complies():
        comply(MyModel, {"my-weights": Path("my-weights.onnx")})

or `python -m replate_server.operations.compliance restyle/mine my-weights=my-weights.onnx`.
"""

from replate_server.operations.compliance.checks import check_model, comply
from replate_server.operations.compliance.plates import still, synthetic
from replate_server.operations.compliance.window import MemoryWindow, Recorder

__all__ = ["MemoryWindow", "Recorder", "check_model", "comply", "still", "synthetic"]
