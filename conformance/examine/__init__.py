"""Judging files by themselves: what depends on no scenario.

A file that nobody vouches for comes in; findings come out, whatever the file. What depends on a scenario (who the patient
is, whether the identity is qualified, where the mail goes) is not judged here.
"""

from .judgement import LABELS, USUAL, Judgement, Rules
from .many import Told, examine_all, load
from .one import examine

__all__ = ["LABELS", "USUAL", "Judgement", "Rules", "Told", "examine", "examine_all", "load"]
