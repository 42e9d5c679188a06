"""What an artist says, in one shape for every model that is told in words."""

from __future__ import annotations

from replate.values import Parameter, ParameterType

PROMPT = Parameter(
    "prompt",
    "Change",
    ParameterType.TEXT,
    "",
    'What the picture becomes: "night, heavy rain, neon signs".',
    group="Prompt",
)
KEEP = Parameter(
    "keep",
    "Keep",
    ParameterType.TEXT,
    "",
    'What stays as it is: "the brick wall, her face".',
    group="Prompt",
)
AVOID = Parameter(
    "avoid",
    "Avoid",
    ParameterType.TEXT,
    "",
    'What must not appear: "text, watermark".',
    group="Prompt",
)
LORAS = Parameter(
    "loras",
    "LoRA",
    ParameterType.TEXT,
    "",
    'Files of the studio that the model wears, each with its strength: "film-grain:0.8, noir".',
    group="Model",
)

DESCRIBED = ("{prompt}.", "{keep}.")
"""The wording of a model that is told what is seen in the end."""
INSTRUCTED = (
    "Change the picture: {prompt}.",
    "Keep {keep} exactly as it is.",
    "Keep the camera, the framing, and every position and pose.",
)
"""The wording of a model that is told what to do."""


def steps_parameter(count: int) -> Parameter:
    """How many denoising steps a model takes."""
    return Parameter(
        "steps",
        "Steps",
        ParameterType.WHOLE,
        count,
        "Denoising steps: more take longer, and draw more cleanly up to a point.",
        1,
        100,
        group="Model",
    )


def guidance_parameter(scale: float) -> Parameter:
    """How strongly a model is held to its prompt: classifier-free guidance, Ho and Salimans, 2022."""
    return Parameter(
        "guidance",
        "Guidance",
        ParameterType.REAL,
        scale,
        "How strictly the prompt is followed; 1 and below do without the comparison, in half the time.",
        0.0,
        20.0,
        group="Model",
    )
