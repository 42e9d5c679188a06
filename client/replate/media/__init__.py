"""Plates on disk: image sequences, single pictures and movies, in and out."""

from replate.media.contact import contact_sheet
from replate.media.keyframes import find_keyframes, open_keyframes
from replate.media.movie_frames import MovieWriter
from replate.media.movie_writing import write_movie
from replate.media.pictures import MOST_PIXELS
from replate.media.plates import Plate, open_matte, open_plate
from replate.media.sequences import Pattern, parse_frames, say_frames
from replate.media.viewing import picture_of
from replate.media.writing import PlateWriter, write_frame

__all__ = [
    "MOST_PIXELS",
    "MovieWriter",
    "Pattern",
    "Plate",
    "PlateWriter",
    "contact_sheet",
    "find_keyframes",
    "open_keyframes",
    "open_matte",
    "open_plate",
    "parse_frames",
    "picture_of",
    "say_frames",
    "write_frame",
    "write_movie",
]
