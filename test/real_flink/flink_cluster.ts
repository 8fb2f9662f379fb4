/**
 * A real cluster of Flink on this machine: a JobManager, a TaskManager and a
 * SQL gateway, three processes that end with the test in every case.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Test } from "tap";
import { flinkHome } from "./flink_home.ts";

const START_MS_MAX = 120_000;
const STOP_MS_MAX = 20_000;
const SLOTS = 4;

/** Addresses and places of a running cluster. */
export interface FlinkCluster {
  readonly gateway: string;
  readonly jobmanager: string;
  readonly ports: readonly number[];
  /** Options of our command that name it. */
  readonly options: readonly string[];
  readonly folder: string;
  stop(): Promise<void>;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address === "object" && address) ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}

interface Ports {
  readonly rpc: number;
  readonly rest: number;
  readonly gateway: number;
}

function configuration(home: string, folder: string, ports: Ports): string {
  const own = readFileSync(join(home, "conf", "config.yaml"), "utf8");
  const java = /^ +all: (.+)$/m.exec(own)?.[1] ?? "";
  return `env:
  java:
    opts:
      all: ${java}
jobmanager:
  bind-host: 127.0.0.1
  scheduler: adaptive
  rpc:
    address: 127.0.0.1
    port: ${ports.rpc}
  memory:
    process:
      size: 1024m
taskmanager:
  bind-host: 127.0.0.1
  host: 127.0.0.1
  numberOfTaskSlots: ${SLOTS}
  memory:
    process:
      size: 1600m
parallelism:
  default: 1
execution:
  checkpointing:
    savepoint-dir: file://${folder}/savepoints
rest:
  address: 127.0.0.1
  bind-address: 127.0.0.1
  port: ${ports.rest}
sql-gateway:
  endpoint:
    rest:
      address: 127.0.0.1
      bind-address: 127.0.0.1
      port: ${ports.gateway}
      bind-port: "${ports.gateway}"
`;
}

async function until(
  children: readonly ChildProcess[],
  url: string,
  text: string,
): Promise<void> {
  const endMs = Date.now() + START_MS_MAX;
  while (Date.now() < endMs) {
    if (children.some(({ exitCode }) => exitCode !== null)) break;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      if ((await answer.text()).includes(text)) return;
    } catch {
      // Not yet.
    }
    await sleep(200);
  }
  throw new Error(`Cannot start Flink: ${url} does not say ${text}`);
}

/** Starts a cluster; it is stopped when the test ends. */
export async function startFlinkCluster(t: Test): Promise<FlinkCluster> {
  const home = await flinkHome();
  const folder = mkdtempSync(join(tmpdir(), "flagdrop-flink-"));
  const [rpc = 0, rest = 0, gateway = 0] = await freePorts(3);
  const conf = join(folder, "conf");
  cpSync(join(home, "conf"), conf, { recursive: true });
  for (const name of ["log", "savepoints"]) mkdirSync(join(folder, name));
  writeFileSync(
    join(conf, "config.yaml"),
    configuration(home, folder, { rpc, rest, gateway }),
  );
  const children: ChildProcess[] = [];
  const kill = (signal: NodeJS.Signals) => {
    for (const { pid, exitCode, signalCode } of children) {
      if (pid === undefined || exitCode !== null || signalCode !== null) {
        continue;
      }
      // The scripts end as Java, or have it as a child: all of the group.
      process.kill(-pid, signal);
    }
  };
  const killAll = () => kill("SIGKILL");
  process.on("exit", killAll);
  const stop = async () => {
    kill("SIGTERM");
    const ended = Promise.all(
      children.map((child) =>
        child.exitCode === null && child.signalCode === null
          ? once(child, "exit")
          : undefined,
      ),
    );
    await Promise.race([ended, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    killAll();
    await ended;
    process.off("exit", killAll);
    rmSync(folder, { recursive: true, force: true });
  };
  t.teardown(stop);
  const start = (script: string, ...args: string[]) => {
    const log = openSync(join(folder, "log", `${script}.out`), "a");
    children.push(
      spawn(join(home, "bin", script), args, {
        detached: true,
        stdio: ["ignore", log, log],
        env: {
          PATH: process.env["PATH"],
          HOME: folder,
          FLINK_HOME: home,
          FLINK_CONF_DIR: conf,
          FLINK_LOG_DIR: join(folder, "log"),
          FLINK_PID_DIR: folder,
        },
      }),
    );
  };
  start("jobmanager.sh", "start-foreground");
  start("taskmanager.sh", "start-foreground");
  start("sql-gateway.sh", "start-foreground");
  const jobmanager = `http://127.0.0.1:${rest}`;
  await until(children, `${jobmanager}/overview`, `"slots-total":${SLOTS}`);
  const address = `http://127.0.0.1:${gateway}`;
  await until(children, `${address}/v1/info`, "version");
  return {
    gateway: address,
    jobmanager,
    ports: [rpc, rest, gateway],
    options: ["--gateway", address, "--jobmanager", jobmanager],
    folder,
    stop,
  };
}
