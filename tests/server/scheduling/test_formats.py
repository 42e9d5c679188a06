"""A job may give larger frames than it gets, and what it will give must fit the server's limits, too."""

from __future__ import annotations

import re

import pytest

from replate.connection import Client
from replate.errors import BadRequest
from replate.frame import Box
from replate.jobs import JobOutput
from serving import noise


def test_larger_frames_arrive_under_their_numbers(client: Client) -> None:
    plate = noise((1001, 1002, 1007), (31, 17))
    job = client.submit("upscale", {"plate": plate}, model="upscale/lanczos", parameters={"scale": "3x"})
    frames = [frame for _, frame in job.frames()]
    assert [frame.spec.number for frame in frames] == [1001, 1002, 1007]
    assert {frame.spec.display_window for frame in frames} == {Box(0, 0, 93, 51)}
    assert {frame.pixels.shape for frame in frames} == {(51, 93, 3)}


def test_what_was_enlarged_is_enlarged_again_on_the_server(client: Client) -> None:
    once = client.submit("upscale", {"plate": noise(size=(20, 10))}, model="upscale/lanczos")
    twice = client.submit("upscale", {"plate": JobOutput(once.id, "plate")}, model="upscale/lanczos")
    ((_, frame),) = twice.frames()
    assert frame.spec.data_window == Box(0, 0, 80, 40)


def test_frames_larger_than_the_server_takes_are_refused_before_any_work(client: Client) -> None:
    """4 megapixels are taken, and 600 x 450 pixels four times as wide and high are more."""
    plate = noise(size=(600, 450))
    said = re.escape(
        "Upscale would make frame 1001 2400x1800, 4.32 megapixels where this server takes 4: choose a smaller scale, "
        "or raise limits.frame_pixels."
    )
    with pytest.raises(BadRequest, match=said):
        client.submit("upscale", {"plate": plate}, model="upscale/lanczos", parameters={"scale": "4x"})


def test_a_chain_is_measured_from_its_beginning(client: Client) -> None:
    """What the first job gives is not there yet, but its size is known."""
    once = client.submit("upscale", {"plate": noise(size=(600, 450))}, model="upscale/lanczos")
    same = client.submit("identity", {"plate": JobOutput(once.id, "plate")})
    with pytest.raises(BadRequest, match="frame 1001 2400x1800"):
        client.submit("upscale", {"plate": JobOutput(same.id, "plate")}, model="upscale/lanczos")
    assert client.submit("identity", {"plate": JobOutput(same.id, "plate")}).id
