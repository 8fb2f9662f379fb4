/**
 * A real cluster of Flink on this machine: a JobManager, a TaskManager and a
 * SQL gateway, three processes that end with this one in every case.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FLINK_VERSION, flinkHome } from "./flink_home.ts";

const START_MS_MAX = 120_000;
const STOP_MS_MAX = 20_000;
const LOOK_MS = 200;
const SLOTS = 4;

/** Addresses and places of a running cluster. */
export interface FlinkCluster {
  readonly gateway: string;
  readonly jobmanager: string;
  readonly ports: readonly number[];
  /** Options of our command that name it. */
  readonly options: readonly string[];
  readonly folder: string;
  /** Each is the leader of a group of its own. */
  readonly processes: {
    readonly jobmanager: number;
    readonly taskmanager: number;
    readonly gateway: number;
  };
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

/** What a process may take in all, as Flink's configuration has it. */
export interface FlinkMemory {
  readonly jobmanager: string;
  readonly taskmanager: string;
}

const TEST_MEMORY: FlinkMemory = { jobmanager: "1024m", taskmanager: "1600m" };

interface Settings {
  readonly home: string;
  readonly folder: string;
  readonly memory: FlinkMemory;
  readonly rpc: number;
  readonly rest: number;
  readonly gateway: number;
}

function configuration({ home, folder, memory, ...ports }: Settings): string {
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
      size: ${memory.jobmanager}
taskmanager:
  bind-host: 127.0.0.1
  host: 127.0.0.1
  numberOfTaskSlots: ${SLOTS}
  memory:
    process:
      size: ${memory.taskmanager}
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

/** The processes of a cluster, each in a group of its own. */
class Processes {
  readonly #children: ChildProcess[] = [];
  readonly #killAll = () => this.#kill("SIGKILL");

  constructor() {
    process.on("exit", this.#killAll);
  }

  /** Starts one of Flink's scripts; gives its group. */
  start(home: string, folder: string, script: string): number {
    const log = openSync(join(folder, "log", `${script}.out`), "a");
    const child = spawn(join(home, "bin", script), ["start-foreground"], {
      detached: true,
      stdio: ["ignore", log, log],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        FLINK_HOME: home,
        FLINK_CONF_DIR: join(folder, "conf"),
        FLINK_LIB_DIR: join(folder, "lib"),
        FLINK_LOG_DIR: join(folder, "log"),
        FLINK_PID_DIR: folder,
        // A local Kinesis takes any.
        AWS_ACCESS_KEY_ID: "none",
        AWS_SECRET_ACCESS_KEY: "none",
      },
    });
    closeSync(log);
    this.#children.push(child);
    if (child.pid === undefined) throw new Error(`Cannot start ${script}`);
    return child.pid;
  }

  /** Waits until an address says something. */
  async until(url: string, text: string): Promise<void> {
    const endMs = performance.now() + START_MS_MAX;
    while (performance.now() < endMs) {
      if (this.#children.some((child) => !isRunning(child))) break;
      try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        if ((await answer.text()).includes(text)) return;
      } catch {
        // Not yet.
      }
      await sleep(LOOK_MS);
    }
    throw new Error(`Cannot start Flink: ${url} does not say ${text}`);
  }

  async stop(): Promise<void> {
    this.#kill("SIGTERM");
    const running = this.#children.filter(isRunning);
    const ended = Promise.all(running.map((child) => once(child, "exit")));
    await Promise.race([ended, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    this.#killAll();
    await ended;
    process.off("exit", this.#killAll);
  }

  /** The scripts end as Java, or have it as a child: all of the group. */
  #kill(signal: NodeJS.Signals): void {
    for (const child of this.#children.filter(isRunning)) {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    }
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Flink's own libraries and others, in one folder. */
function linkLibraries(
  home: string,
  folder: string,
  jars: readonly string[],
): void {
  const lib = join(folder, "lib");
  mkdirSync(lib);
  const own = readdirSync(join(home, "lib"));
  const all = [...own.map((name) => join(home, "lib", name)), ...jars];
  for (const jar of all) symlinkSync(jar, join(lib, basename(jar)));
}

/** Options for {@linkcode startFlinkCluster}. */
export interface ClusterOptions {
  /** @default {what the tests need} */
  readonly memory?: FlinkMemory;
  /** @default {"2.3.0"} */
  readonly version?: string;
  /** Jars beside Flink's own in every process. @default {[]} */
  readonly jars?: readonly string[];
}

/** Starts a cluster, which its caller must stop. */
export async function startFlinkCluster(
  options: ClusterOptions = {},
): Promise<FlinkCluster> {
  const { memory = TEST_MEMORY, version = FLINK_VERSION, jars = [] } = options;
  const home = await flinkHome(version);
  const folder = mkdtempSync(join(tmpdir(), "flagdrop-flink-"));
  const [rpc = 0, rest = 0, gateway = 0] = await freePorts(3);
  cpSync(join(home, "conf"), join(folder, "conf"), { recursive: true });
  for (const name of ["log", "savepoints"]) mkdirSync(join(folder, name));
  writeFileSync(
    join(folder, "conf", "config.yaml"),
    configuration({ home, folder, memory, rpc, rest, gateway }),
  );
  linkLibraries(home, folder, jars);
  const processes = new Processes();
  const stop = async () => {
    await processes.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = (script: string) => processes.start(home, folder, script);
  try {
    const groups = {
      jobmanager: start("jobmanager.sh"),
      taskmanager: start("taskmanager.sh"),
      gateway: start("sql-gateway.sh"),
    };
    const jobmanager = `http://127.0.0.1:${rest}`;
    await processes.until(`${jobmanager}/overview`, `"slots-total":${SLOTS}`);
    const address = `http://127.0.0.1:${gateway}`;
    await processes.until(`${address}/v1/info`, "version");
    return {
      gateway: address,
      jobmanager,
      ports: [rpc, rest, gateway],
      options: ["--gateway", address, "--jobmanager", jobmanager],
      folder,
      processes: groups,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
