"""What python-dotenv makes of files: one file per line in (hex), one JSON object per line out."""

import io
import json
import logging
import os
import sys

import dotenv

os.environ.clear()
logging.disable(logging.CRITICAL)

for line in sys.stdin:
    stream = io.TextIOWrapper(io.BytesIO(bytes.fromhex(line.split(" ")[0])), encoding="utf-8")
    try:
        seen = {"vars": dict(dotenv.dotenv_values(stream=stream)), "error": False}
    except (ValueError, RuntimeError):
        seen = {"vars": {}, "error": True}
    print(json.dumps({"python": {**seen, "runs": False}}), flush=True)
