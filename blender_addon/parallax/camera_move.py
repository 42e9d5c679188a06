"""The camera's move, chosen and keyed: what the tab offers of `moves`."""

# No `annotations` from __future__: Blender reads them as they are.
import bpy

from ..registering import with_property
from ..tab.panels import panel
from . import moves, pieces

_LABELS = {"dolly-zoom": "Dolly Zoom"}


class CameraMove(bpy.types.PropertyGroup):
    """What `replate.key_move` keys: `Scene.replate_camera_move`."""

    kind: bpy.props.EnumProperty(
        name="Move", items=[(kind, _LABELS.get(kind, kind.capitalize()), "") for kind in moves.KINDS]
    )
    amount: bpy.props.FloatProperty(
        name="Amount",
        description="How far it goes, as a fraction of the pivot's distance; the other way where negative",
        default=moves.Move().amount,
        min=-moves.MOST,
        max=moves.MOST,
    )
    path: bpy.props.EnumProperty(
        name="Path",
        items=(
            ("smooth", "Eased", "One way, slow at both ends"),
            ("even", "Even", "One way, at one speed"),
            ("loop", "Loop", "Round, and back to where it began"),
        ),
    )
    fill: bpy.props.BoolProperty(
        name="Fill the Frame",
        description="Looks closer by as much as keeps the plate's edges out of the picture; with Parallax at 0 it is "
        "the plate all the same",
        default=True,
    )
    seed: bpy.props.IntProperty(name="Hand", description="Another number is another hand", min=0)


class KeyMove(bpy.types.Operator):
    """Key this move from the scene's first frame to its last, in place of the one that the camera has"""

    bl_idname = "replate.key_move"
    bl_label = "Key the Move"
    bl_options = frozenset({"REGISTER", "UNDO"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return pieces.current(context) is not None

    def execute(self, context: bpy.types.Context) -> set[str]:
        stage, chosen = context.scene, context.scene.replate_camera_move
        wanted = moves.Move(chosen.kind, chosen.amount, chosen.path, chosen.seed, chosen.fill)
        fps = stage.render.fps / stage.render.fps_base
        try:
            keyed = moves.apply(pieces.current(context), wanted, stage.frame_start, stage.frame_end, fps)
        except ValueError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if keyed != wanted:
            self.report(
                {"INFO"}, f"An amount of {keyed.amount:.3g} was keyed: farther, the nearest layer is in the way."
            )
        # What is seen now is where the move has the camera now.
        stage.frame_set(stage.frame_current)
        return {"FINISHED"}


class _Panel:
    bl_label = "Camera Move"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return pieces.current(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout, chosen = self.layout, context.scene.replate_camera_move
        layout.use_property_split, layout.use_property_decorate = True, False
        for name in ("kind", "amount", "path"):
            layout.prop(chosen, name)
        if chosen.kind == "handheld":
            layout.prop(chosen, "seed")
        layout.prop(chosen, "fill")
        layout.operator("replate.key_move", icon="KEY_HLT")


register, unregister = with_property(
    "replate_camera_move", CameraMove, (CameraMove, KeyMove, panel(_Panel, "camera_move", parent="parallax"))
)
