"""Runs the Azure CLI's own commands in one process, because each start of az takes most of a second.

A line of standard input is a command line; the answer is a line of JSON with its exit code, output and error.
"""
import io
import json
import logging
import shlex
import sys

import requests  # noqa: F401  az's pollers import it in threads of their own, where it is found half made now and then
from azure.cli.core import get_default_cli

logging.disable(logging.WARNING)
for line in sys.stdin:
    out = io.StringIO()
    cli = get_default_cli()
    try:
        code = cli.invoke(shlex.split(line)[1:], out_file=out)
        error = cli.result.error if cli.result else None
    except SystemExit as e:
        code, error = e.code, e
    said = str(error) if error else ""
    print(json.dumps({"code": code, "out": out.getvalue(), "error": said}), file=sys.__stdout__, flush=True)
