"""Autobahn's fuzzing client: fuzz.py SPECIFICATION, whose servers, cases and folder for reports are in it.

It is written in Python 2, and so is this.
"""

import os
import site
import sys

# Not by PYTHONPATH: some of its packages share a namespace, which only a site's folder may.
site.addsitedir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".packages"))

from autobahntestsuite.wstest import run

sys.argv[1:] = ["--mode", "fuzzingclient", "--spec", sys.argv[1]]
run()
