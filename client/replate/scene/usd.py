"""`scene.usda`, and the binary meshes that it refers to.

Up is y. A scene unit is taken for a metre; focal length and apertures are in tenths of it, as USD has them.
Colour is emission, and goes to USD unpremultiplied: its renderers multiply it by the opacity.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade, Vt

from replate.media import Pattern
from replate.media.writing import unwritten
from replate.scene.contract import Scene
from replate.scene.surface import Surface

FILE = "scene.usda"
TENTHS = 10 / 1000
"""Tenths of a metre in a millimetre."""
_ROOM = 10.0
"""How many times nearer and farther than the layers the camera still sees."""


def write_usd(scene: Scene, surfaces: Sequence[Surface], folder: Path) -> Path:
    """Writes `scene.usda` and `geometry/<layer>.usdc` into the scene's folder. Gives the first one's path."""
    when = scene.fps, scene.first, scene.last
    for surface in surfaces:
        with opened(folder / surface.layer.geometry, *when) as stage:
            _mesh(stage, scene, surface)
    with opened(folder / FILE, *when) as stage:
        root = UsdGeom.Xform.Define(stage, "/scene").GetPrim()
        stage.SetDefaultPrim(root)
        Usd.ModelAPI(root).SetKind("component")
        root.SetDisplayName(scene.title)
        _camera(stage, scene)
        UsdGeom.Xform.Define(stage, "/scene/layers")
        UsdGeom.Scope.Define(stage, "/scene/materials")
        for surface in surfaces:
            mesh = stage.DefinePrim(f"/scene/layers/{surface.layer.name}")
            mesh.GetReferences().AddReference(f"./{surface.layer.geometry}")
            UsdShade.MaterialBindingAPI.Apply(mesh).Bind(_material(stage, surface))
    return folder / FILE


@contextmanager
def opened(path: Path, fps: float, first: int, last: int) -> Iterator[Usd.Stage]:
    """A stage of a scene's axes and of those frames, which becomes the file when all went well."""
    # USD tells the format by the name's ending, and keeps a file open as long as its stage lives.
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        stage = Usd.Stage.CreateNew(str(temporary))
        UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
        UsdGeom.SetStageMetersPerUnit(stage, 1.0)
        stage.SetTimeCodesPerSecond(fps)
        stage.SetFramesPerSecond(fps)
        stage.SetStartTimeCode(first)
        stage.SetEndTimeCode(last)
        yield stage
        stage.Save()
        del stage
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        # A RuntimeError is how USD's own errors arrive.
        raise unwritten(path, str(error), 0) from None
    finally:
        temporary.unlink(missing_ok=True)


def _mesh(stage: Usd.Stage, scene: Scene, surface: Surface) -> None:
    mesh = UsdGeom.Mesh.Define(stage, f"/{surface.layer.name}")
    stage.SetDefaultPrim(mesh.GetPrim())
    faces = surface.faces
    mesh.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(faces), 3, np.int32)))
    mesh.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(faces.reshape(-1)))
    mesh.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
    mesh.CreateDoubleSidedAttr(True)
    places = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar("st", Sdf.ValueTypeNames.TexCoord2fArray, UsdGeom.Tokens.vertex)
    places.Set(Vt.Vec2fArray.FromNumpy(surface.places(scene)))
    points, extent = mesh.CreatePointsAttr(), mesh.CreateExtentAttr()
    for number in surface.distances:
        vertices = Vt.Vec3fArray.FromNumpy(surface.points(scene, number))
        bounds = UsdGeom.PointBased.ComputeExtent(vertices)
        # A host that does not ask for a time sees the first frame.
        if not points.HasAuthoredValue():
            points.Set(vertices)
            extent.Set(bounds)
        if surface.moves:
            points.Set(vertices, number)
            extent.Set(bounds, number)


def _camera(stage: Usd.Stage, scene: Scene) -> None:
    camera = UsdGeom.Camera.Define(stage, "/scene/camera")
    (width, height), (right, up) = scene.sensor, scene.camera.offset
    camera.CreateProjectionAttr(UsdGeom.Tokens.perspective)
    camera.CreateFocalLengthAttr(scene.camera.focal * TENTHS)
    camera.CreateHorizontalApertureAttr(width * TENTHS)
    camera.CreateVerticalApertureAttr(height * TENTHS)
    camera.CreateHorizontalApertureOffsetAttr(right * TENTHS)
    camera.CreateVerticalApertureOffsetAttr(up * TENTHS)
    near, far = min(layer.near for layer in scene.layers), max(layer.far for layer in scene.layers)
    camera.CreateClippingRangeAttr(Gf.Vec2f(near / _ROOM, far * _ROOM))
    # The plate has its motion blur in it.
    camera.CreateShutterOpenAttr(0.0)
    camera.CreateShutterCloseAttr(0.0)


def _material(stage: Usd.Stage, surface: Surface) -> UsdShade.Material:
    """Emission of the straight colour, and the alpha as opacity: renderers multiply the one by the other."""
    path = f"/scene/materials/{surface.layer.name}"
    material = UsdShade.Material.Define(stage, path)
    reader = _shader(stage, f"{path}/places", "UsdPrimvarReader_float2")
    reader.CreateInput("varname", Sdf.ValueTypeNames.String).Set("st")
    places = reader.CreateOutput("result", Sdf.ValueTypeNames.Float2)
    pattern = Pattern(Path(surface.layer.picture))
    pictures = {number: pattern.file(number).as_posix() for number in surface.colours}
    colour = _texture(stage, f"{path}/colour", surface.colours, places)
    cover = _texture(stage, f"{path}/cover", pictures, places)
    shader = _shader(stage, f"{path}/surface", "UsdPreviewSurface")
    black = Gf.Vec3f(0)
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(black)
    # Nothing is reflected, whichever of the two workflows a renderer knows.
    shader.CreateInput("useSpecularWorkflow", Sdf.ValueTypeNames.Int).Set(1)
    shader.CreateInput("specularColor", Sdf.ValueTypeNames.Color3f).Set(black)
    shader.CreateInput("ior", Sdf.ValueTypeNames.Float).Set(1.0)
    shader.CreateInput("roughness", Sdf.ValueTypeNames.Float).Set(1.0)
    shader.CreateInput("emissiveColor", Sdf.ValueTypeNames.Color3f).ConnectToSource(
        colour.CreateOutput("rgb", Sdf.ValueTypeNames.Float3)
    )
    shader.CreateInput("opacity", Sdf.ValueTypeNames.Float).ConnectToSource(
        cover.CreateOutput("a", Sdf.ValueTypeNames.Float)
    )
    material.CreateSurfaceOutput().ConnectToSource(shader.CreateOutput("surface", Sdf.ValueTypeNames.Token))
    return material


def _texture(stage: Usd.Stage, path: str, files: Mapping[int, str], places: UsdShade.Output) -> UsdShade.Shader:
    texture = _shader(stage, path, "UsdUVTexture")
    file = texture.CreateInput("file", Sdf.ValueTypeNames.Asset)
    # A host that does not ask for a time sees the first frame.
    file.Set(Sdf.AssetPath(f"./{next(iter(files.values()))}"))
    if len(files) > 1:
        for number, each in files.items():
            file.Set(Sdf.AssetPath(f"./{each}"), number)
    # What is in the files, as it is: "auto" has Blender take EXR for sRGB.
    texture.CreateInput("sourceColorSpace", Sdf.ValueTypeNames.Token).Set("raw")
    for side in ("wrapS", "wrapT"):
        texture.CreateInput(side, Sdf.ValueTypeNames.Token).Set("clamp")
    texture.CreateInput("st", Sdf.ValueTypeNames.Float2).ConnectToSource(places)
    return texture


def _shader(stage: Usd.Stage, path: str, kind: str) -> UsdShade.Shader:
    shader = UsdShade.Shader.Define(stage, path)
    shader.CreateIdAttr(kind)
    return shader
