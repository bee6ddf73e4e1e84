"""The stages on which attacks are played: one lieu, or several with a network between them."""

from tests.network.conftest import lieux
from tests.talk.conftest import every, rehearse, stage

__all__ = ["every", "lieux", "rehearse", "stage"]
