"""The hosts of a federation such as CHATONS, as each tells of itself in the files of ChatonsInfos: who they are, where,
what they offer, and to whom. Read whole, now and then; nothing is asked of anybody else.

Keys and values: StatoolInfos, GENERAL.md (https://forge.devinsy.fr/statool/statoolinfos).
"""

from .client import SERVICE, read
from .federation import Chaton, Federation, Offer, read_federation
from .properties import properties

__all__ = ["SERVICE", "Chaton", "Federation", "Offer", "properties", "read", "read_federation"]
