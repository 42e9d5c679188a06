"""Which nodes give at a frame what their inputs give at that very frame.

Behind any other node (TimeOffset, FrameHold, Retime, TemporalMedian, a plug-in that nobody knows) a frame may hold
pixels of any frame of the footage, and so all of it counts.
"""

from __future__ import annotations

_CLASSES = """
Input Output Group LiveGroup Gizmo Dot NoOp Read Write Switch Dissolve Viewer BackdropNode StickyNote Constant
CheckerBoard2 ColorBars ColorWheel Ramp Radial Rectangle Noise Text Text2 Roto RotoPaint Flare Sparkles Merge2 Merge
Copy CopyBBox CopyRectangle Keymix KeyMix ChannelMerge MergeExpression ZMerge Premult Unpremult AddMix Shuffle
Shuffle2 ShuffleCopy AddChannels Remove Clamp Expression Add Multiply Gamma Grade ColorCorrect ColorLookup
ColorMatrix ColorTransfer Colorspace OCIOColorSpace OCIOCDLTransform OCIODisplay OCIOFileTransform OCIOLogConvert
OCIOLookTransform OCIONamedTransform Vectorfield HueCorrect HueShift Saturation Invert EXPTool Histogram Log2Lin
PLogLin SoftClip Toe2 Posterize MinColorSolver RolloffContrast CCorrect Crosstalk Sepia Truelight3 GenerateLUT Blur
Sharpen Soften Defocus ZDefocus2 ZBlur Convolve2 DirBlur1 EdgeBlur EdgeExtend EdgeDetect EdgeDetectWrapper Dilate
FilterErode Erode Median Laplacian Matrix Glow2 GodRays DropShadow Emboss Bilateral Bilateral2 Grain2 ScannedGrain
LightWrap Lightwrap VolumeRays Aperture Inpaint2 Transform TransformMasked Position Crop Reformat Mirror Mirror2
CornerPin2D AdjBBox AdjustBBox BlackOutside LensDistortion LensDistortion2 IDistort STMap SphericalTransform2
SphericalTransform TVIScale PerspDistortion GridWarp3 SplineWarp3 Tile Card3D ContactSheet LayerContactSheet Trim
Keyer Primatte3 IBKColourV3 IBKGizmoV3 Keylight Ultimatte Difference HueKeyer Despill CrossTalk Cryptomatte
Encryptomatte ChromaKeyer JoinViews OneView ShuffleViews SideBySide Anaglyph MixViews ReConverge Axis2 Axis3 Camera2
Camera3 Card2 Project3D2 Scene ScanlineRender ReadGeo2 MergeGeo TransformGeo Light2 Light3 ModifyMetaData
CopyMetaData ViewMetaData CompareMetaData AddTimeCode Assert
"""

SAME_FRAME = frozenset(_CLASSES.split())
"""By class. ScanlineRender and Transform look at other moments for motion blur, but of their own animation only."""
