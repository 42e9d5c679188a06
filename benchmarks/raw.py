"""A bare gRPC byte stream: messages of 1 MiB there and back, and nothing else. The yardstick of `transport`.

Both of its ends are processes of their own, so that nothing of Replate's is in them.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from typing import Any

import grpc
import numpy as np

CHUNK = 1 << 20
LIMITS = [("grpc.max_receive_message_length", 4 * CHUNK), ("grpc.max_send_message_length", 4 * CHUNK)]


class RawStream:
    """A client process that sends bytes to an echo and gets them back, both at once."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def round_trip(self, size: int) -> float:
        """Sends `size` bytes and receives as many, in chunks; returns the seconds it took."""
        self._pipe.send(size)
        seconds: float = self._pipe.recv()
        return seconds


@contextmanager
def raw_stream() -> Iterator[RawStream]:
    context = multiprocessing.get_context("spawn")
    with ExitStack() as ends:
        server, client = _process(context, _serve, ends), _process(context, _call, ends)
        client.send(server.recv())
        yield RawStream(client)


def _process(context: SpawnContext, target: Callable[[Connection], None], ends: ExitStack) -> Connection:
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs,), daemon=True)
    process.start()
    ends.callback(process.join)
    ends.callback(process.kill)
    return ours


def _call(pipe: Connection) -> None:
    noise = np.random.default_rng(0)
    chunks: list[bytes] = []
    with grpc.insecure_channel(f"127.0.0.1:{pipe.recv()}", options=LIMITS) as channel:
        echo = channel.stream_stream("/Raw/Echo")
        while True:
            size = pipe.recv()
            # As many bytes as there are in the frames, and not one chunk that the processor's cache holds.
            while len(chunks) * CHUNK < size:
                chunks.append(noise.bytes(CHUNK))
            start = time.perf_counter()
            came = sum(len(message) for message in echo(_taken(chunks, size)))
            assert came == size
            pipe.send(time.perf_counter() - start)


def _serve(pipe: Connection) -> None:
    def echo(messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        yield from messages

    server = grpc.server(ThreadPoolExecutor(4), options=LIMITS)
    handler = grpc.stream_stream_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Raw", {"Echo": handler}),))
    pipe.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    server.wait_for_termination()


def _taken(chunks: Sequence[bytes], size: int) -> Iterator[bytes]:
    for at in range(0, size, CHUNK):
        yield chunks[at // CHUNK][: size - at]
