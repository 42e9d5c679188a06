"""A stand-in for Nuke's `nuke` module, for tests: strict where Nuke is, and stricter where Nuke would be silent.

What a plugin of ours uses of Nuke is here, with Nuke's names, signatures and habits; what is not here, the stand-in
does not have: it raises. Unknown knobs, values and nodes raise; a node touched off the main thread raises; an
execute within an execute raises. Knobs and their choices are those of the real nodes (`facts.json`).
"""

from __future__ import annotations

import os
import sys

from nuke import _callbacks, _script
from nuke import _version as _v
from nuke._animation import AnimationCurve, AnimationKey
from nuke._arrays import Array_Knob
from nuke._choices import (
    CascadingEnumeration_Knob,
    Channel_Knob,
    ChannelMask_Knob,
    EditableEnumeration_Knob,
    Enumeration_Knob,
    Format_Knob,
    MultiView_Knob,
    OneView_Knob,
    Pulldown_Knob,
    Radio_Knob,
    SceneGraph_Knob,
)
from nuke._constants import (
    ALWAYS_SAVE,
    BREAK,
    CATMULL_ROM,
    CONSTANT,
    CUBIC,
    DISABLED,
    DO_NOT_WRITE,
    DONT_SAVE_TO_NODEPRESET,
    ENDLINE,
    EXPAND_TO_WIDTH,
    EXPRESSIONS,
    FONT,
    GEO,
    HIDDEN_INPUTS,
    HORIZONTAL,
    IMAGE,
    INPUTS,
    INVISIBLE,
    KNOB_CHANGED_RECURSIVE,
    LINEAR,
    MONITOR,
    NO_ANIMATION,
    NO_MULTIVIEW,
    NO_UNDO,
    NODIR,
    PYTHON,
    READ_ONLY,
    SCRIPT,
    SMOOTH,
    STARTLINE,
    TABBEGINCLOSEDGROUP,
    TABBEGINGROUP,
    TABENDGROUP,
    TABKNOB,
    TO_SCRIPT,
    TO_VALUE,
    VIEWER,
    WRITE_ALL,
    WRITE_NON_DEFAULT_ONLY,
    WRITE_USER_KNOB_DEFS,
)
from nuke._defaults import knobDefault
from nuke._formats import Format
from nuke._graph import (
    REPLACE,
    allNodes,
    autoplace,
    connectViewer,
    createNode,
    delete,
    endGroup,
    exists,
    expression,
    filename,
    frame,
    inputs,
    lastHitGroup,
    modified,
    nodes,
    nodeTypes,
    numvalue,
    redo,
    root,
    selectAll,
    selectedNode,
    selectedNodes,
    show,
    showDag,
    thisClass,
    thisGroup,
    thisKnob,
    thisNode,
    thisParent,
    thisRoot,
    toNode,
    undo,
    value,
)
from nuke._groups import BackdropNode, Group, Root, Viewer
from nuke._knobs import Knob, Obsolete_Knob
from nuke._menus import (
    Menu,
    MenuBar,
    MenuItem,
    ToolBar,
    menu,
    toolbar,
)
from nuke._nodes import Node
from nuke._numbers import (
    AColor_Knob,
    BBox_Knob,
    Boolean_Knob,
    Color_Knob,
    ColorChip_Knob,
    Disable_Knob,
    Double_Knob,
    IArray_Knob,
    Int_Knob,
    Range_Knob,
    Scale_Knob,
    Unsigned_Knob,
    UV_Knob,
    WH_Knob,
    XY_Knob,
    XYZ_Knob,
)
from nuke._panel import (
    BeginTabGroup_Knob,
    EndTabGroup_Knob,
    Link_Knob,
    PyScript_Knob,
    Script_Knob,
    Tab_Knob,
)
from nuke._plugins import load, pluginAddPath, pluginAppendPath, pluginInstallLocation, pluginPath
from nuke._ranges import FrameRange, FrameRanges
from nuke._render import execute, executeMultiple, executing, render
from nuke._script import (
    nodeCopy,
    nodePaste,
    scriptClear,
    scriptClose,
    scriptName,
    scriptNew,
    scriptOpen,
    scriptReadFile,
    scriptReadText,
    scriptSave,
    scriptSaveAs,
    scriptSource,
)
from nuke._session import session as _session
from nuke._settings import (
    Layer,
    addFormat,
    addView,
    channels,
    deleteView,
    formats,
    layers,
    sample,
    tcl,
    thisView,
    views,
)
from nuke._texts import (
    EvalString_Knob,
    File_Knob,
    Font_Knob,
    Help_Knob,
    Multiline_Eval_String_Knob,
    Password_Knob,
    PythonKnob,
    String_Knob,
    Text_Knob,
)
from nuke._threads import executeInMainThread, executeInMainThreadWithResult
from nuke._ui import (
    CancelledError,
    Info,
    ProgressTask,
    alert,
    ask,
    askWithCancel,
    choice,
    critical,
    debug,
    error,
    getClipname,
    getFilename,
    getFramesAndViews,
    getInput,
    message,
    tprint,
    warning,
)
from nuke._undo import Undo

addOnUserCreate, removeOnUserCreate = _callbacks.pair("onUserCreate", "*")
addOnCreate, removeOnCreate = _callbacks.pair("onCreate", "*")
addOnScriptLoad, removeOnScriptLoad = _callbacks.pair("onScriptLoad", "Root")
addOnScriptSave, removeOnScriptSave = _callbacks.pair("onScriptSave", "Root")
addOnScriptClose, removeOnScriptClose = _callbacks.pair("onScriptClose", "Root")
addOnDestroy, removeOnDestroy = _callbacks.pair("onDestroy", "*")
addKnobChanged, removeKnobChanged = _callbacks.pair("knobChanged", "*")
addUpdateUI, removeUpdateUI = _callbacks.pair("updateUI", "*")
addAutolabel, removeAutolabel = _callbacks.pair("autolabel", "*")
addBeforeRender, removeBeforeRender = _callbacks.pair("beforeRender", "Write")
addBeforeFrameRender, removeBeforeFrameRender = _callbacks.pair("beforeFrameRender", "Write")
addAfterFrameRender, removeAfterFrameRender = _callbacks.pair("afterFrameRender", "Write")
addAfterRender, removeAfterRender = _callbacks.pair("afterRender", "Write")
addRenderProgress, removeRenderProgress = _callbacks.pair("renderProgress", "Write")

expr = expression

GUI: bool = False
INTERACTIVE: bool = False
rawArgs: list[str] = []
EXE_PATH: str = ""
env: dict[str, object] = {}

NUKE_VERSION_STRING = _v.STRING
NUKE_VERSION_MAJOR = _v.MAJOR
NUKE_VERSION_MINOR = _v.MINOR
NUKE_VERSION_RELEASE = _v.RELEASE
NUKE_VERSION_PHASE = ""
NUKE_VERSION_PHASENUMBER = 0
NUKE_VERSION_DATE = "Jan 01 2026"
NUM_CPUS = os.cpu_count() or 1
THREADS = NUM_CPUS
PLUGIN_EXT = {"win32": "dll", "darwin": "dylib"}.get(sys.platform, "so")
untitled = "Untitled"


def _begin(executable: str, arguments: list[str], gui: bool) -> None:
    """As the application starts the session."""
    global GUI, INTERACTIVE, EXE_PATH
    GUI = INTERACTIVE = _session.gui = gui
    EXE_PATH = executable.replace("\\", "/")
    rawArgs[:] = [executable, *arguments]
    env.update(
        {
            "gui": gui,
            "interactive": gui,
            "nukex": False,
            "studio": False,
            "hiero": False,
            "assist": False,
            "indie": False,
            "nc": False,
            "ple": False,
            "threads": THREADS,
            "numCPUs": NUM_CPUS,
            "ExecutablePath": EXE_PATH,
            "NukeVersionString": NUKE_VERSION_STRING,
            "NukeVersionMajor": NUKE_VERSION_MAJOR,
            "NukeVersionMinor": NUKE_VERSION_MINOR,
            "NukeVersionRelease": NUKE_VERSION_RELEASE,
            "WIN32": sys.platform == "win32",
            "MACOS": sys.platform == "darwin",
            "LINUX": sys.platform.startswith("linux"),
        }
    )
    _script.fresh()


_script.fresh()
