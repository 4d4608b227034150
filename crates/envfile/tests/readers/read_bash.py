"""What bash makes of files: one file per line in (hex), one JSON object per line out.

Each file is sourced in a subshell with an empty environment and a PATH that leads nowhere, in a scratch folder.
"""

import json
import os
import subprocess
import sys
import tempfile

OWN = {"_", "PWD", "OLDPWD", "SHLVL"}
SCRIPT = r"""
PATH=/nonexistent
for ((__at = 0; __at < $1; __at++)); do
  (
    exec 2>/dev/null >"out.$__at"
    set -- "in.$__at"
    unset __at
    eval "shift; set -a; . ./$1"
    printf '%d\0' $?
    exec /usr/bin/env -0
  ) </dev/null
done
"""


def seen(path):
    with open(path, "rb") as file:
        status, _, rest = file.read().partition(b"\0")
    if not status:
        return {"vars": {}, "error": True, "runs": False}
    pairs = (pair.decode(errors="replace").partition("=") for pair in rest.split(b"\0") if pair)
    return {
        "vars": {key: value for key, _, value in pairs if key not in OWN},
        "error": status != b"0",
        "runs": False,
    }


def batch(lines):
    with tempfile.TemporaryDirectory() as folder:
        for at, line in enumerate(lines):
            with open(os.path.join(folder, f"in.{at}"), "wb") as file:
                file.write(bytes.fromhex(line.split(" ")[0]))
        command = ["bash", "--norc", "--noprofile", "-c", SCRIPT, "bash", str(len(lines))]
        subprocess.run(command, cwd=folder, env={}, stdin=subprocess.DEVNULL, check=False)
        for at in range(len(lines)):
            print(json.dumps({"bash": seen(os.path.join(folder, f"out.{at}"))}))
    sys.stdout.flush()


waiting = []
for line in sys.stdin:
    waiting.append(line)
    if len(waiting) == 200:
        batch(waiting)
        waiting = []
if waiting:
    batch(waiting)
