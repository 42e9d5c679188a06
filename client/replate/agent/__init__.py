"""The agent: what a host application starts beside itself. It reads and writes pictures and speaks to the server.

JSON-RPC 2.0, a line a message, over stdin and stdout; `docs/agent.md` has the protocol.
"""
