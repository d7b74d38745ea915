// Runs the same queries over the same rows in Blindspot and in DuckDB, turn by turn, and prints medians and their ratio.
//   DUCKDB=/folder/with/node_modules node compare.mjs ./engine rows.jsonl [rounds] [only]
// Times are of the processor (user and system, all threads), so that another program on the machine does not decide;
// WALL=1 takes the clock instead. engine is the program built of this folder; rows.jsonl is what it wrote. Nothing is installed; DuckDB
// writes the rows beside it as rows.parquet, which both load. only is a regular expression of
// the names of queries, or the word load; a dot is all queries without the loads.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import path from "node:path";

const [engine, file, rounds = "5", only = ""] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(path.join(process.env.DUCKDB ?? ".", "x.js"))("@duckdb/node-api");

const queries = [
  ["a filter, count by user", "SigninLogs | where ResultType != '0' | summarize N = count() by UserPrincipalName | where N >= 10",
    "select UserPrincipalName, count(*) n from t where ResultType <> '0' group by 1 having n >= 10"],
  ["b dcount of failures by address, hour", "SigninLogs | where ResultType in ('50126','50053','50055') | summarize U = dcount(UserPrincipalName) by IPAddress, bin(TimeGenerated, 1h) | where U > 5",
    "select IPAddress, time_bucket(interval '1 hour', TimeGenerated) h, count(distinct UserPrincipalName) u from t where ResultType in ('50126','50053','50055') group by 1, 2 having u > 5"],
  ["b2 count by user, address, hour", "SigninLogs | summarize N = count() by UserPrincipalName, IPAddress, bin(TimeGenerated, 1h) | where N > 3",
    "select UserPrincipalName, IPAddress, time_bucket(interval '1 hour', TimeGenerated) h, count(*) n from t group by 1, 2, 3 having n > 3"],
  ["c join failures to successes in 10 min", "let f = SigninLogs | where ResultType == '50126' | project T1 = TimeGenerated, UserPrincipalName, IP1 = IPAddress; f | join kind=inner (SigninLogs | where ResultType == '0' and AppDisplayName == 'Application 007' | project T2 = TimeGenerated, UserPrincipalName, IP2 = IPAddress) on UserPrincipalName | where T2 between (T1 .. 10m) | summarize N = count() by UserPrincipalName",
    "select a.UserPrincipalName, count(*) n from t a join t b on a.UserPrincipalName = b.UserPrincipalName and b.TimeGenerated between a.TimeGenerated and a.TimeGenerated + interval '10 minutes' where a.ResultType = '50126' and b.ResultType = '0' and b.AppDisplayName = 'Application 007' group by 1"],
  ["d has on a dictionary", "SigninLogs | where UserAgent has 'python' | summarize N = count() by AppDisplayName",
    "select AppDisplayName, count(*) n from t where UserAgent ilike '%python%' group by 1"],
  ["d3 has on unique strings", "SigninLogs | where CommandLine has 'invoke' | count", "select count(*) from t where CommandLine ilike '%invoke%'"],
  ["d4 contains on unique strings", "SigninLogs | where CommandLine contains 'webreq' | count", "select count(*) from t where CommandLine ilike '%webreq%'"],
  ["e arg_max of 4 columns by user", "SigninLogs | summarize arg_max(TimeGenerated, IPAddress, UserAgent, AppDisplayName, Location) by UserPrincipalName",
    "select UserPrincipalName, max(TimeGenerated) m, arg_max(IPAddress, TimeGenerated) a, arg_max(UserAgent, TimeGenerated) b, arg_max(AppDisplayName, TimeGenerated) c, arg_max(Location, TimeGenerated) d from t group by 1"],
  ["f leftanti with a baseline", "let b = SigninLogs | where TimeGenerated < datetime(2026-01-07) | distinct UserPrincipalName, AppDisplayName; SigninLogs | where TimeGenerated >= datetime(2026-01-07) | join kind=leftanti b on UserPrincipalName, AppDisplayName | summarize N = count() by UserPrincipalName",
    "select UserPrincipalName, count(*) n from t where TimeGenerated >= '2026-01-07' and not exists (select 1 from t b where b.TimeGenerated < '2026-01-07' and b.UserPrincipalName = t.UserPrincipalName and b.AppDisplayName = t.AppDisplayName) group by 1"],
  ["g make_set by user", "SigninLogs | where ResultType != '0' | summarize A = make_set(IPAddress), B = make_set(AppDisplayName) by UserPrincipalName | where array_length(A) > 5",
    "select UserPrincipalName, list(distinct IPAddress) a, list(distinct AppDisplayName) b from t where ResultType <> '0' group by 1 having len(a) > 5"],
  ["h JSON path, group", "SigninLogs | summarize N = count() by OS = tostring(DeviceDetail.operatingSystem), B = tostring(DeviceDetail.browser)",
    "select json_extract_string(DeviceDetail, '$.operatingSystem') o, json_extract_string(DeviceDetail, '$.browser') b, count(*) n from t group by 1, 2"],
  ["i top 100 by time of unique text", "SigninLogs | sort by DurationMs desc, CorrelationId asc | take 100 | project CorrelationId, UserPrincipalName", "select CorrelationId, UserPrincipalName from t order by DurationMs desc, CorrelationId limit 100"],
  ["j count by a unique text", "SigninLogs | summarize N = count() by CorrelationId | where N > 1", "select CorrelationId, count(*) n from t group by 1 having n > 1"],
  ["k join on a unique text", "SigninLogs | where ResultType != '0' | project CorrelationId | join kind=inner (SigninLogs | project CorrelationId, UserId) on CorrelationId | summarize dcount(UserId)",
    "select count(distinct b.UserId) from t a join t b on a.CorrelationId = b.CorrelationId where a.ResultType <> '0'"],
  ["l regex on a dictionary", "SigninLogs | where UserAgent matches regex @'Chrome/(9\\d)' | summarize count()", "select count(*) from t where regexp_matches(UserAgent, 'Chrome/(9\\d)')"],
  ["m sort by text", "SigninLogs | where ResultType != '0' | sort by UserPrincipalName asc, TimeGenerated asc | project UserPrincipalName, TimeGenerated", "select UserPrincipalName, TimeGenerated from t where ResultType <> '0' order by 1, 2"],
  ["n mv-expand of sets", "SigninLogs | summarize S = make_set(IPAddress) by AppDisplayName | mv-expand S to typeof(string) | summarize N = count() by S | count", "select count(*) from (select s, count(*) n from (select AppDisplayName, unnest(list(distinct IPAddress)) s from t group by 1) group by 1)"],
  ["o sum, avg, max by app, hour", "SigninLogs | summarize sum(DurationMs), avg(DurationMs), max(DurationMs) by AppDisplayName, bin(TimeGenerated, 1h)", "select AppDisplayName, time_bucket(interval '1 hour', TimeGenerated) h, sum(DurationMs), avg(DurationMs), max(DurationMs) from t group by 1, 2"],
].filter(([name]) => new RegExp(only).test(name));

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const child = spawn(engine, ["-rows", process.env.ROWS ?? "1000000"], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const answer = async () => {
  const { value, done } = await lines.next();
  if (done) throw new Error("the engine ended");
  return value;
};
if ((await answer()) !== "ready") throw new Error("the engine did not start");
const ours = async (head, text) => {
  child.stdin.write(`${head}\t${text}\n`);
  const [ms, cpu, rows, bytes] = (await answer()).split(" ");
  return [Number(process.env.WALL ? ms : cpu), Number(rows), Number(bytes)];
};

const db = await (await DuckDBInstance.create(":memory:")).connect();
const columns = "TimeGenerated TIMESTAMP, UserPrincipalName VARCHAR, UserId VARCHAR, IPAddress VARCHAR, ResultType VARCHAR, AppDisplayName VARCHAR, UserAgent VARCHAR, Location VARCHAR, DurationMs BIGINT, DeviceDetail VARCHAR, CommandLine VARCHAR, CorrelationId VARCHAR";
const struct = "{" + columns.split(", ").map((c) => { const [n, t] = c.split(" "); return `${n}: '${t}'`; }).join(", ") + "}";
const read = `read_json('${file}', format = 'newline_delimited', columns = ${struct}, timestampformat = '%Y-%m-%dT%H:%M:%S.%nZ')`;
const timed = async (sql) => {
  const used = process.cpuUsage(), begin = performance.now();
  await db.run(sql);
  const { user, system } = process.cpuUsage(used);
  return process.env.WALL ? performance.now() - begin : (user + system) / 1000;
};
await db.run(`create table base as select * from ${read}`);
await db.run("create view t as select * from base");
const dictionary = ["UserPrincipalName", "UserId", "IPAddress", "ResultType", "AppDisplayName", "UserAgent", "Location"];
for (const c of dictionary) await db.run(`create type e_${c} as enum (select distinct ${c} from base)`);
await db.run(`create table enums as select * replace (${dictionary.map((c) => `${c}::e_${c} as ${c}`).join(", ")}) from base`);

const parquet = file.replace(/\.\w+$/, "") + ".parquet";
await db.run(`copy base to '${parquet}' (format parquet)`);
const some = [",UserPrincipalName,IPAddress,ResultType", "TimeGenerated, UserPrincipalName, IPAddress, ResultType"];
const loads = [
  ["load JSON lines, 12 columns", read, "", "*"],
  ["load JSON lines, 4 columns", read, ...some],
  ["load Parquet, 12 columns", `read_parquet('${parquet}')`, "", "*"],
  ["load Parquet, 4 columns", `read_parquet('${parquet}')`, ...some],
];

const show = (...cells) => console.log("| " + cells.join(" | ") + " |");
for (const threads of [1, 2]) {
  await db.run(`set threads = ${threads}`);
  show(`${threads} thread${threads > 1 ? "s" : ""}`, "ours ms", "DuckDB VARCHAR ms", "ratio", "DuckDB ENUM ms", "ratio", "rows");
  show("---", "---:", "---:", "---:", "---:", "---:", "---:");
  for (const [name, kql, sql] of queries) {
    const a = [], b = [], e = [];
    let rows = 0;
    for (let i = 0; i <= Number(rounds); i++) {
      const [ms, n] = await ours(threads, kql);
      await db.run("create or replace view t as select * from base");
      const theirs = await timed(`create or replace temp table r as ${sql}`);
      await db.run("create or replace view t as select * from enums");
      const enums = await timed(`create or replace temp table r as ${sql}`);
      rows = n;
      if (i === 0) {
        const theirRows = Number((await db.runAndReadAll("select count(*) from r")).getRows()[0][0]);
        if (theirRows !== n) console.log(`  (${name}: ${n} rows here, ${theirRows} in DuckDB)`);
        continue;
      }
      a.push(ms); b.push(theirs); e.push(enums);
    }
    show(name, median(a).toFixed(1), median(b).toFixed(1), (median(a) / median(b)).toFixed(2), median(e).toFixed(1), (median(a) / median(e)).toFixed(2), rows);
  }
  for (const [name, from, head, list] of only && only !== "load" ? [] : loads) {
    const a = [], b = [];
    let rows = 0, bytes = 0;
    for (let i = 0; i <= Number(rounds); i++) {
      const [ms, n, kept] = await ours(threads + head, "load " + (from === read ? file : parquet));
      await db.run("drop table if exists r");
      const theirs = await timed(`create temp table r as select ${list} from ${from}`);
      [rows, bytes] = [n, kept];
      if (i) { a.push(ms); b.push(theirs); }
    }
    const [theirRows] = (await db.runAndReadAll("select count(*) from r")).getRows()[0];
    if (Number(theirRows) !== rows) console.log(`  (${name}: ${rows} rows here, ${theirRows} in DuckDB)`);
    show(name, median(a).toFixed(0), median(b).toFixed(0), (median(a) / median(b)).toFixed(2), "", "", `${(bytes / rows).toFixed(0)} bytes an event kept`);
  }
}
child.stdin.end();
process.exit(0);
