"""A staged scene as glTF 2.0, in one file: the shot's layers in one frame, and the artist's camera with its move.

Each layer is a mesh that shows its picture unlit (KHR_materials_unlit): 8 bits of sRGB, unpremultiplied, going on
outwards under the alpha. glTF has no sequences of pictures, and its cameras neither shift nor zoom.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
from numpy.typing import NDArray
from pxr import Tf, Usd, UsdGeom

from replate.errors import BadRequest, Exhausted, NotFound
from replate.media import Pattern, open_plate
from replate.media.colour import DISPLAY, convert
from replate.media.viewing import Picture, quantised
from replate.scene.contract import Scene, SceneLayer
from replate.scene.glb import INDICES, VERTICES, Glb
from replate.scene.layers import straight
from replate.scene.staging import Numbers, Staging, at_rest, parts

_UNLIT = "KHR_materials_unlit"
_LINEAR, _MIPMAPPED, _CLAMPED = 9729, 9987, 33071


def write_gltf(staging: Staging, folder: Path, out: Path, frame: int) -> list[str]:
    """Writes `out`, which ends in .glb, for the scene that lies in `folder`; beyond the shot its last frame holds.

    Gives what glTF cannot say, in sentences. Raises `NotFound` where the scene's files are not, `BadRequest` for a
    layer that is sheared and for what is no USD.
    """
    scene, glb = staging.scene, Glb()
    number = min(max(frame, scene.first), scene.last)
    glb.top["extensionsUsed"] = [_UNLIT]
    glb.add("samplers", {"magFilter": _LINEAR, "minFilter": _MIPMAPPED, "wrapS": _CLAMPED, "wrapT": _CLAMPED})
    now = min(max(frame, staging.first), staging.last) - staging.first
    nodes = [
        _camera(glb, "Camera", staging, now),
        _camera(glb, "Plate Camera", at_rest(scene), 0),
    ]
    for layer in scene.layers:
        if not staging.put(layer.name).hidden:
            nodes.append(_layer(glb, staging, layer, folder, number, now))
    said = {"frame": number, "first": staging.first, "fps": staging.fps, "metric": scene.metric}
    glb.top |= {"scene": 0, "scenes": [{"name": scene.title, "nodes": nodes, "extras": {"replate": said}}]}
    glb.write(out)
    return _unsaid(staging, frame)


def _unsaid(staging: Staging, frame: int) -> list[str]:
    found = []
    if np.abs(staging.camera.offset).max() > 0:
        found.append("glTF has no lens shift: its camera sees the plate's frame and as much on the other side.")
    if staging.camera.zooms:
        found.append(f"glTF has no zoom: its camera keeps the focal length of frame {frame}.")
    return found


def _camera(glb: Glb, name: str, staging: Staging, now: int) -> int:
    """A camera's node, with its move. It sees all of a shifted picture: as much to the other side of its axis."""
    shot = staging.camera
    right, up = (shot.sensor[now] / 2 + np.abs(shot.offset[now])) / shot.focal[now]
    near, far = staging.clip
    lens = {"focal": shot.focal[now], "sensor": shot.sensor[now].tolist(), "offset": shot.offset[now].tolist()}
    eye = {
        "name": name,
        "type": "perspective",
        "perspective": {"yfov": 2 * math.atan(up), "aspectRatio": right / up, "znear": near, "zfar": far},
        "extras": {"replate": lens},
    }
    return _placed(glb, {"name": name, "camera": glb.add("cameras", eye)}, shot.poses, now, staging.fps)


def _layer(glb: Glb, staging: Staging, layer: SceneLayer, folder: Path, number: int, now: int) -> int:
    points, faces, places = _surface(folder / layer.geometry, number)
    # Viewers draw what shows through by the distance of its origin: it is where the layer is.
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    attributes = {
        "POSITION": glb.numbers(points - middle, VERTICES, bounds=True),
        "TEXCOORD_0": glb.numbers(places * (1, -1) + (0, 1), VERTICES),
    }
    primitive = {
        "attributes": attributes,
        "indices": glb.numbers(faces.reshape(-1), INDICES),
        "material": _material(glb, staging.scene, layer, folder, number),
    }
    mesh = glb.add("meshes", {"name": layer.name, "primitives": [primitive]})
    matrices = staging.put(layer.name).matrices
    away = np.eye(4)
    away[:3, 3] = middle
    return _placed(glb, {"name": layer.name, "mesh": mesh}, matrices @ away, min(now, len(matrices) - 1), staging.fps)


def _surface(file: Path, number: int) -> tuple[Numbers, NDArray[np.int32], Numbers]:
    """Points [count, 3], triangles [count, 3] and texture coordinates [count, 2] of a layer's file."""
    _check(file)
    try:
        # With the last that holds a stage goes all that is in it.
        stage = Usd.Stage.Open(str(file))
    except Tf.ErrorException:
        raise BadRequest(f"{file} is no USD file: write the scene again.") from None
    mesh = UsdGeom.Mesh(stage.GetDefaultPrim())
    places = UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st") if mesh else None
    if places is None or not places.HasValue():
        raise BadRequest(f"{file} has no mesh with texture coordinates: write the scene again.")
    points = np.asarray(mesh.GetPointsAttr().Get(number), np.float64)
    faces = np.asarray(mesh.GetFaceVertexIndicesAttr().Get(), np.int32)
    return points, faces.reshape(-1, 3), np.asarray(places.Get(), np.float64)


def _check(file: Path) -> None:
    if not file.is_file():
        raise NotFound(f"{file} is not there: copy the scene's whole folder, or write the scene again.")


def _material(glb: Glb, scene: Scene, layer: SceneLayer, folder: Path, number: int) -> int:
    picture = folder / layer.picture
    _check(Pattern(picture).file(number))
    pixels = open_plate(picture).read(number).pixels
    cover = np.clip(pixels[:, :, 3:].astype(np.float32), 0, 1)
    written = picture.with_name(picture.name.replace(layer.name, f"{layer.name}_colour", 1))
    # To work the colour out anew takes ten times as long as to read it.
    there = Pattern(written).file(number).is_file()
    colour = open_plate(written).read(number).pixels.astype(np.float32) if there else straight(pixels)
    code = convert(colour, scene.colour_space, DISPLAY)
    opaque = bool((cover == 1).all())
    rgba = quantised(code if opaque else np.concatenate([code, cover], axis=2))
    texture = glb.add("textures", {"sampler": 0, "source": glb.picture(layer.name, _png(rgba))})
    return glb.add(
        "materials",
        {
            "name": layer.name,
            "alphaMode": "OPAQUE" if opaque else "BLEND",
            "doubleSided": True,
            "pbrMetallicRoughness": {
                "baseColorTexture": {"index": texture},
                "metallicFactor": 0.0,
                "roughnessFactor": 1.0,
            },
            "extensions": {_UNLIT: {}},
        },
    )


def _png(code: Picture) -> bytes:
    """Code values [height, width, 3 or 4] of sRGB, unpremultiplied, as a file."""
    height, width, channels = code.shape
    header = oiio.ImageSpec(width, height, channels, oiio.UINT8)
    header["oiio:UnassociatedAlpha"] = 1
    header["oiio:ColorSpace"] = "srgb_rec709_scene"
    picture = oiio.ImageBuf(header)
    picture.set_pixels(oiio.ROI(), np.ascontiguousarray(code))
    # OpenImageIO's Python writes to files alone.
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "picture.png"
        if not picture.write(str(path)):
            raise Exhausted(f"A picture could not be packed ({picture.geterror()}): make room for temporary files.")
        return path.read_bytes()


def _placed(glb: Glb, node: dict[str, Any], matrices: Numbers, now: int, fps: float) -> int:
    """Adds a node that stands where its matrix of now says, and moves through all of them."""
    moves, turns, scales = parts(matrices, str(node["name"]))
    ways = {"translation": moves, "rotation": _quaternions(turns), "scale": scales}
    rest = {"translation": (0, 0, 0), "rotation": (0, 0, 0, 1), "scale": (1, 1, 1)}
    stands = {path: way[now].tolist() for path, way in ways.items() if not np.allclose(way[now], rest[path])}
    place = glb.add("nodes", {**node, **stands})
    moving = {path: way for path, way in ways.items() if np.ptp(way, axis=0).max() > 1e-7}
    if moving:
        _animate(glb, place, moving, np.arange(len(matrices)) / fps)
    return place


def _animate(glb: Glb, node: int, ways: dict[str, Numbers], seconds: Numbers) -> None:
    """Adds a node's ways to the one animation that there is."""
    if "animations" not in glb.top:
        glb.add("animations", {"name": "Shot", "channels": [], "samplers": []})
    animation = glb.top["animations"][0]
    clock = glb.numbers(seconds, bounds=True)
    for path, way in ways.items():
        animation["channels"].append({"sampler": len(animation["samplers"]), "target": {"node": node, "path": path}})
        animation["samplers"].append({"input": clock, "output": glb.numbers(way), "interpolation": "LINEAR"})


def _quaternions(turns: Numbers) -> Numbers:
    """Turns [frames, 3, 3] as x, y, z, w [frames, 4], each the nearer of two to the one before it."""
    found = np.array([_quaternion(turn) for turn in turns])
    flips = np.sign((found[1:] * found[:-1]).sum(axis=1))
    found[1:] *= np.cumprod(np.where(flips < 0, -1.0, 1.0))[:, None]
    return found


def _quaternion(turn: Numbers) -> Sequence[float]:
    """The eigenvector of the greatest eigenvalue (Bar-Itzhack, "New Method for Extracting the Quaternion", 2000)."""
    m = turn
    k = np.array(
        [
            [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
            [m[1, 0] + m[0, 1], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
            [m[2, 0] + m[0, 2], m[2, 1] + m[1, 2], m[2, 2] - m[0, 0] - m[1, 1], 0],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]],
        ]
    )
    vector = np.linalg.eigh(k)[1][:, -1]
    return list(vector * (1 if vector[3] >= 0 else -1))
