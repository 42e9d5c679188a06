"""What a host application imports: the agent, started and spoken to. Standard library only, Python 3.9 or newer.

agent = Agent()
handle = agent.submit({"operation": "restyle", ...}, on_frame=show, on_ended=finish)
...
agent.drain()  # from the host's timer: callbacks run here, on the host's own thread
"""

from .agent import Agent
from .jobs import JobHandle, Preview, WrittenFrame
from .protocol import AgentError

__all__ = ["Agent", "AgentError", "JobHandle", "Preview", "WrittenFrame"]
