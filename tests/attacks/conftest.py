"""The stages on which attacks are played between lieux."""

from tests.network.conftest import lieux

__all__ = ["lieux"]
