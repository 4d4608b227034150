"""What bash makes of files: one file per line in (hex), one JSON object per line out.

Each file is sourced by a new bash with an empty environment and a PATH that leads nowhere, in a scratch folder.
"""

import json
import os
import sys
import tempfile

OWN = {"_", "PWD", "OLDPWD", "SHLVL"}
SCRIPT = r"PATH=/nonexistent; set -a; . ./in >/dev/null; printf '%d\0' $?; exec /usr/bin/env -0"
COMMAND = ["/bin/bash", "--norc", "--noprofile", "-c", SCRIPT]


def read(line):
    with open("in", "wb") as file:
        file.write(bytes.fromhex(line.split(" ")[0]))
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, "../out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    os.waitpid(os.posix_spawn(COMMAND[0], COMMAND, {}, file_actions=actions), 0)
    with open("../out", "rb") as file:
        status, _, rest = file.read().partition(b"\0")
    if not status:
        return {"vars": {}, "error": True, "runs": False}
    pairs = (pair.decode(errors="replace").partition("=") for pair in rest.split(b"\0") if pair)
    variables = {key: value for key, _, value in pairs if key not in OWN}
    return {"vars": variables, "error": status != b"0", "runs": False}


with tempfile.TemporaryDirectory() as scratch:
    os.mkdir(os.path.join(scratch, "work"))
    os.chdir(os.path.join(scratch, "work"))
    for line in sys.stdin:
        print(json.dumps({"bash": read(line)}), flush=True)
