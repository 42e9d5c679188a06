"""A bare gRPC byte stream: messages of 1 MiB there and back, and nothing else. The yardstick of `transport`."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import grpc

CHUNK = 1 << 20
LIMITS = [("grpc.max_receive_message_length", 4 * CHUNK), ("grpc.max_send_message_length", 4 * CHUNK)]


class RawStream:
    """Sends bytes to an echo and gets them back, both at once."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._echo = channel.stream_stream("/Raw/Echo")

    def round_trip(self, size: int) -> int:
        """Sends and receives `size` bytes in chunks; returns how many came back."""
        chunk = bytes(CHUNK)
        rest = bytes(size % CHUNK)
        chunks = (chunk for _ in range(size // CHUNK))
        return sum(len(message) for message in self._echo(_then(chunks, rest)))


@contextmanager
def raw_stream() -> Iterator[RawStream]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{ours.recv()}", options=LIMITS) as channel:
            yield RawStream(channel)
    finally:
        process.kill()
        process.join()


def _serve(pipe: Connection) -> None:
    def echo(messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield from messages

    server = grpc.server(ThreadPoolExecutor(4), options=LIMITS)
    handler = grpc.stream_stream_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Raw", {"Echo": handler}),))
    pipe.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    server.wait_for_termination()


def _then(chunks: Iterator[bytes], rest: bytes) -> Iterator[bytes]:
    yield from chunks
    if rest:
        yield rest
