// Compiles the same queries with Blindspot and with Microsoft's language service, turn by turn, and prints medians of
// processor time (the clock with WALL=1) and their ratio: warm per query, and cold as whole processes on one rule.
//   KQL_ORACLE=/folder/of/kql-oracle SCHEMAS=/folder/of/schemas node compare.mjs ./compiler ./blindspot
// KQL_ORACLE has oracle.js, lib.js and its node_modules in place. QUERIES names a file of JSON lines {"query"}; without it
// the shipped rules and hunting queries are taken, LIMIT of them. Nothing is installed and nothing written but a
// temporary file.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";

const [compiler, blindspot] = process.argv.slice(2).map((p) => path.resolve(p));
const oracle = process.env.KQL_ORACLE, schemas = process.env.SCHEMAS;
if (!compiler || !blindspot || !oracle || !schemas) {
  console.error("usage: KQL_ORACLE=DIR SCHEMAS=DIR node compare.mjs COMPILER BLINDSPOT");
  process.exit(2);
}
const L = createRequire(path.join(oracle, "x.js"))("./lib.js");
const f = (n) => path.join(schemas, n);
const envs = L.loadEnvs({ tables: f("tables.json"), xdr: f("tables-xdr.json"), custom: f("tables-custom.json"), functions: f("functions.json"), adx: f("tables-adx.json") });
const text = process.env.QUERIES ? readFileSync(process.env.QUERIES, "utf8") : execFileSync(compiler, ["-list"], { encoding: "utf8", maxBuffer: 1 << 28 });
let queries = text.split("\n").filter(Boolean).map((l) => JSON.parse(l)).filter((q) => (q.lang ?? "la") === "la");
const limit = Number(process.env.LIMIT ?? 200), step = Math.max(1, Math.floor(queries.length / limit));
queries = queries.filter((_, i) => i % step === 0).slice(0, limit);

const sorted = (list) => [...list].sort((a, b) => a - b);
const at = (list, p) => sorted(list)[Math.min(list.length - 1, Math.floor(p * list.length))];
const wall = Boolean(process.env.WALL);
const timed = (run) => {
  const used = process.cpuUsage(), begin = performance.now();
  run();
  const took = performance.now() - begin, { user, system } = process.cpuUsage(used);
  return wall ? took : (user + system) / 1000;
};

const child = spawn(compiler, [], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const ours = async (q) => {
  child.stdin.write(JSON.stringify({ query: q.query }) + "\n");
  const { value, done } = await lines.next();
  if (done) throw new Error("the compiler ended");
  const [clock, processor, errors] = value.split(" ").map(Number);
  return [wall ? clock : processor, errors];
};
const theirs = (q) => timed(() => L.analyze(q.query, envs.la, { hidden: true }));

for (let round = 0; round * queries.length < 150; round++) for (const q of queries) theirs(q); // warm: its code compiled, its schemas read
for (const q of queries) await ours(q);
const a = [], b = [], ratios = [];
let clean = 0;
for (const q of queries) {
  const [ms, errors] = await ours(q);
  const t = theirs(q);
  if (errors === 0) clean++;
  a.push(ms); b.push(t); ratios.push(t / ms);
}
child.stdin.end();
const sum = (l) => l.reduce((x, y) => x + y, 0);
console.log(`${queries.length} queries, ${clean} without errors here; ${wall ? "clock" : "processor"} ms a query, warm`);
console.log(`| | ours | language service | ratio |\n| --- | ---: | ---: | ---: |`);
for (const [name, p] of [["median", 0.5], ["95 of 100", 0.95], ["most", 1]]) console.log(`| ${name} | ${at(a, p).toFixed(3)} | ${at(b, p).toFixed(2)} | ${(at(b, p) / at(a, p)).toFixed(0)} |`);
console.log(`| all together | ${sum(a).toFixed(1)} | ${sum(b).toFixed(0)} | ${(sum(b) / sum(a)).toFixed(0)} |`);
console.log(`| median of the ratios | | | ${at(ratios, 0.5).toFixed(0)} |`);

const dir = mkdtempSync(path.join(os.tmpdir(), "blindspot-compiler-"));
const rule = process.env.RULE ?? "content/rules/cross-stream/spray-across-streams.yaml";
const one = queries.find((q) => (q.id ?? "").endsWith(path.basename(rule))) ?? queries[0];
writeFileSync(path.join(dir, "q.jsonl"), JSON.stringify({ id: "q", lang: "la", query: one.query }) + "\n");
// A child's processor time is what the children's sum grew by.
const cold = (command, args) => {
  const list = [];
  for (let i = 0; i < 7; i++) {
    const begin = performance.now();
    const r = spawnSync("bash", ["-c", 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>/dev/null', "-", command, ...args], { encoding: "utf8" });
    const [user, system] = r.stderr.trim().split(/\s+/).map(Number);
    list.push(wall ? performance.now() - begin : 1000 * (user + system));
  }
  return at(list, 0.5);
};
const mine = cold(blindspot, ["validate", rule]);
const its = cold(process.execPath, [path.join(oracle, "oracle.js"), "--schemas", schemas, "--in", path.join(dir, "q.jsonl"), "--out", path.join(dir, "r.jsonl")]);
console.log(`| cold process, one rule | ${mine.toFixed(0)} | ${its.toFixed(0)} | ${(its / mine).toFixed(0)} |`);
rmSync(dir, { recursive: true });
process.exit(0);
