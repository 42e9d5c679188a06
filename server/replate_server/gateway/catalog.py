"""The Catalog service: what this server can do."""

from __future__ import annotations

from collections.abc import Sequence

import grpc

import replate
from replate.errors import NotFound, Unmet
from replate.v1 import catalog_pb2, catalog_pb2_grpc
from replate.wire_values import write_output_plate, write_parameter, write_preset, write_role
from replate_server.operations.contract import Card, Operation
from replate_server.operations.registry import broken_models, models, operations
from replate_server.settings import Settings
from replate_server.weights.store import WeightStore


class CatalogService(catalog_pb2_grpc.CatalogServicer):
    def __init__(self, settings: Settings, weights: WeightStore, devices: Sequence[str]) -> None:
        self._settings = settings
        self._weights = weights
        self._devices = devices

    def Describe(  # noqa: N802
        self, request: catalog_pb2.DescribeRequest, context: grpc.ServicerContext
    ) -> catalog_pb2.DescribeResponse:
        limits = self._settings.limits
        return catalog_pb2.DescribeResponse(
            version=replate.__version__,
            operations=[_operation(operation) for operation in operations().values()],
            models=[
                *(self._model(model.card) for model in models().values()),
                *(_broken(name, reason) for name, reason in broken_models().items()),
            ],
            limits=catalog_pb2.Limits(
                frame_pixels=limits.frame_pixels,
                plate_frames=limits.plate_frames,
                message_bytes=limits.message_mb << 20,
                open_jobs=limits.open_jobs,
            ),
            devices=self._devices,
            colour_config=self._settings.colour_config,
        )

    def _model(self, card: Card) -> catalog_pb2.Model:
        weights, reason = [], ""
        try:
            for name in card.weights:
                weights.append(self._weights.weight(name))
                self._weights.check(weights[-1])
        except (NotFound, Unmet) as refusal:
            reason = str(refusal)
        return catalog_pb2.Model(
            name=card.name,
            operation=card.operation,
            label=card.label,
            tooltip=card.tooltip,
            revision=card.revision,
            licence=card.licence,
            parameters=[write_parameter(parameter) for parameter in card.parameters],
            weights=[
                catalog_pb2.Weight(
                    name=weight.name,
                    sha256=bytes.fromhex(weight.sha256),
                    bytes=weight.bytes,
                    licence=weight.licence,
                    present=self._weights.present(weight.name),
                )
                for weight in weights
            ],
            memory_bytes=card.memory_bytes,
            available=not reason,
            unavailable_reason=reason,
            needs=card.needs,
            presets=[write_preset(preset) for preset in card.presets],
            wording=card.wording,
        )


def _operation(operation: Operation) -> catalog_pb2.Operation:
    return catalog_pb2.Operation(
        name=operation.name,
        label=operation.label,
        tooltip=operation.tooltip,
        inputs=[write_role(role) for role in operation.roles],
        outputs=[write_output_plate(output) for output in operation.outputs],
        parameters=[write_parameter(parameter) for parameter in operation.parameters],
        default_model=operation.default_model,
    )


def _broken(name: str, reason: str) -> catalog_pb2.Model:
    return catalog_pb2.Model(name=name, operation=name.split("/")[0], unavailable_reason=reason)
