"""`make demo`: a whole welcome, played live on real servers, and read back from each of them."""

from tests.demo.demo import main

__all__ = ["main"]
