/**
 * The performance suite.
 *
 * Without arguments it runs the canonical workload, for about a minute, and
 * prints two numbers: events per second and the delay's 99th percentile.
 *
 * ```sh
 * npm run perf                      the canonical workload
 * npm run perf -- --all             every goal: reached, and met or not
 * npm run perf -- --case scaling    how cost grows with workers, shards, keys
 * npm run perf -- --case shards     8 to 256 full shards at their rate
 * npm run perf -- --case memory     one case; may be repeated
 * npm run perf -- --peers           alternating with plain Node and DuckDB
 * npm run perf -- --peers --flink   and Apache Flink: Java 17, Maven, more time
 * npm run perf -- --peers --flink-cluster   a file, beside a cluster of Flink
 * npm run perf -- --peers --flink-kinesis   Kinesis to OpenSearch, beside Flink's
 *                                           connectors; --opensearch URL
 * npm run perf -- --peers --chart FILE.svg
 * npm run perf -- --guard           for CI: fails when far slower than it was
 * npm run perf -- --json FILE       the results for machines, too
 * npm run perf -- --rounds 20 --trips 500000
 * ```
 *
 * @module
 */
import { parseArgs } from "node:util";
import { DELAY_CASE, FAN_OUT_DELAY_CASE } from "./delay/delay_case.ts";
import { writeChart } from "./suite/chart.ts";
import { environment, environmentLine } from "./suite/environment.ts";
import { FLINK_CLUSTER_CASE } from "./suite/flink_cluster_case.ts";
import { FLINK_KINESIS_CASE } from "./suite/flink_kinesis_case.ts";
import { MEMORY_CASE } from "./suite/memory_case.ts";
import { FLINK_CASE, GUARD_CASE, PEERS_CASE } from "./suite/peers.ts";
import { FILE_CASE, IDLE_CASE } from "./suite/process_cases.ts";
import {
  type CaseResult,
  caseLines,
  resultOf,
  writeJson,
} from "./suite/report.ts";
import { SCALING_CASE } from "./suite/scaling.ts";
import { SHARDS_CASE } from "./suite/shards_case.ts";
import { isMet, type SuiteCase } from "./suite/suite_case.ts";
import { WIRE_CASES } from "./suite/wire_cases.ts";

/** Every case, in the order of the table of goals. */
const CASES: readonly SuiteCase[] = [
  MEMORY_CASE,
  FILE_CASE,
  ...WIRE_CASES,
  DELAY_CASE,
  FAN_OUT_DELAY_CASE,
  IDLE_CASE,
];

/** Cases that run only when they are named. */
const NAMED: readonly SuiteCase[] = [
  SCALING_CASE,
  SHARDS_CASE,
  PEERS_CASE,
  FLINK_CASE,
  FLINK_CLUSTER_CASE,
  FLINK_KINESIS_CASE,
  GUARD_CASE,
];

/** What runs without arguments. */
const CANONICAL: readonly SuiteCase[] = [MEMORY_CASE, DELAY_CASE];

function casesFor(names: readonly string[], all: boolean): SuiteCase[] {
  if (names.length === 0) return [...(all ? CASES : CANONICAL)];
  return names.map((name) => {
    const all = [...CASES, ...NAMED];
    const found = all.find((one) => one.name === name);
    if (found !== undefined) return found;
    const known = all.map((one) => one.name).join(", ");
    throw new Error(`Cannot run case "${name}": choose of ${known}`);
  });
}

/** Fewer close no window in a round, which would never end. */
const TRIPS_MIN = 10_000;

function count(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(
    `Cannot measure with --${flag} "${text}": give a whole number of at least ${least}`,
  );
}

async function main(): Promise<void> {
  if (import.meta.url.endsWith(".ts")) {
    throw new Error(
      "Cannot measure sources as a loader slows them down: use npm run perf",
    );
  }
  const { values } = parseArgs({
    options: {
      all: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      flink: { type: "boolean", default: false },
      "flink-cluster": { type: "boolean", default: false },
      "flink-kinesis": { type: "boolean", default: false },
      opensearch: { type: "string", default: "http://127.0.0.1:9200" },
      guard: { type: "boolean", default: false },
      case: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      chart: { type: "string" },
      rounds: { type: "string", default: "30" },
      trips: { type: "string", default: "1000000" },
    },
  });
  const context = {
    rounds: count("rounds", values.rounds, 1),
    trips: count("trips", values.trips, TRIPS_MIN),
    opensearch: values.opensearch,
  };
  const where = environment();
  console.log(environmentLine(where));
  const cases: CaseResult[] = [];
  const withFlink = [
    ...(values.flink ? [FLINK_CASE.name] : []),
    ...(values["flink-cluster"] ? [FLINK_CLUSTER_CASE.name] : []),
    ...(values["flink-kinesis"] ? [FLINK_KINESIS_CASE.name] : []),
  ];
  const names = [
    ...values.case,
    ...withFlink,
    ...(values.peers && withFlink.length === 0 ? [PEERS_CASE.name] : []),
    ...(values.guard ? [GUARD_CASE.name] : []),
  ];
  for (const one of casesFor(names, values.all)) {
    const result = resultOf(one, await one.run(context));
    cases.push(result);
    console.log(caseLines(result).join("\n"));
    const hasPeers = one === PEERS_CASE || one === FLINK_CASE;
    if (hasPeers && values.chart !== undefined) {
      writeChart(values.chart, result, where);
    }
    if (one === GUARD_CASE && !result.measures.every(isMet)) {
      process.exitCode = 1;
    }
  }
  if (values.json !== undefined) {
    writeJson(values.json, { environment: where, cases });
  }
}

// An ordinary end, so that whatever was started ends as well.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(1));
}
main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
