// What the JavaScript readers make of files: one file per line in (hex, a space, and the readers not to be asked,
// because they would not come to an end), one JSON object per line out.
//
// `node read.mjs FOLDER`, where FOLDER holds node_modules. Commands are never run: what would start one gives a mark.
import child from "node:child_process";
import { createRequire, syncBuiltinESMExports } from "node:module";
import path from "node:path";
import readline from "node:readline";
import util from "node:util";
import vm from "node:vm";

const MARK = "\u{f0000}";
let ran = false;
child.execSync = () => {
  ran = true;
  return Buffer.from(MARK);
};
syncBuiltinESMExports();
console.error = console.warn = console.log = () => {};

const require = createRequire(path.join(path.resolve(process.argv[2]), "readers.cjs"));
const dotenv = require("dotenv");
const dotenv16 = require("dotenv16");
const expand12 = require("expand12");
const expand1000 = require("expand1000");
const dotenvx = require("@dotenvx/dotenvx");

const readers = {
  dotenv: (bytes) => dotenv.parse(bytes),
  "dotenv+expand12": (bytes) => expand12.expand({ processEnv: {}, parsed: dotenv16.parse(bytes) }).parsed,
  "dotenv+expand1000": (bytes) => expand1000.expand({ processEnv: {}, parsed: dotenv.parse(bytes) }).parsed,
  dotenvx: (bytes) => dotenvx.parse(bytes, { processEnv: {} }),
};
if (process.versions.node.startsWith("20.")) {
  readers.node20 = (bytes) => util.parseEnv(bytes.toString());
}

const bounded = new vm.Script("read()");
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [hex, endless] = line.split(" ");
  const bytes = Buffer.from(hex, "hex");
  const seen = {};
  for (const [name, read] of Object.entries(readers)) {
    if (endless.split(",").includes(name)) {
      continue;
    }
    ran = false;
    try {
      globalThis.read = () => read(bytes);
      const vars = bounded.runInThisContext({ timeout: 1000 });
      seen[name] = { vars, error: false, runs: ran };
    } catch (error) {
      if (error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
        continue; // Put in after a command, variables turn in a circle: there is no answer to compare.
      }
      seen[name] = { vars: {}, error: true, runs: ran };
    }
  }
  process.stdout.write(JSON.stringify(seen) + "\n");
}
