"""All that is played, in its order."""

from __future__ import annotations

from tools.look.inside.asking import jobs, panels, problems
from tools.look.inside.building import building
from tools.look.inside.connecting import connecting
from tools.look.inside.pointing import pointing
from tools.look.inside.restyling import restyling
from tools.look.inside.stage import Story

STORIES: dict[str, Story] = {
    "connecting": connecting,
    "jobs": jobs,
    "problems": problems,
    "pointing": pointing,
    "building": building,
    # From here on, all panels are open.
    "panels": panels,
    "restyling": restyling,
}
