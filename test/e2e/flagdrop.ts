/**
 * Runs the built command as a child process, with bounded time and output and
 * an environment of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(
  new URL("../../dist/scripts/flagdrop.js", import.meta.url),
);

/** Time after which a command that should end by itself is killed. */
const TIMEOUT_MS = 120_000;
/** Output kept of each stream; a command that writes more is broken. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Where commands run unless told otherwise, so that defaults lie there. */
const FOLDER = mkdtempSync(join(tmpdir(), "flagdrop-e2e-"));
/** Those under way; none outlives the test. */
const CHILDREN = new Set<ChildProcess>();

process.on("exit", () => {
  for (const child of CHILDREN) child.kill("SIGKILL");
  rmSync(FOLDER, { recursive: true, force: true });
});

/** How a command ended. */
export interface Finished {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it had to be killed because its time was over. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options for {@linkcode flagdrop} and {@linkcode RunningCommand}. */
export interface CommandOptions {
  /** Killed after so long. @default {120_000} */
  readonly timeoutMs?: number;
  /** Added to the bare environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default {a temporary folder} */
  readonly cwd?: string;
}

/** Neither credentials nor settings of whoever runs the tests. */
function bareEnvironment(): Record<string, string> {
  const env: Record<string, string> = {
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
    NO_COLOR: "1",
  };
  for (const name of ["PATH", "HOME", "TMPDIR", "NODE_V8_COVERAGE"]) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** A command under way. */
export class RunningCommand {
  readonly #child: ChildProcess;
  readonly #finished: Promise<Finished>;
  #stdout = "";
  #stderr = "";
  #timedOut = false;

  constructor(args: readonly string[], options: CommandOptions = {}) {
    if (!existsSync(COMMAND)) {
      throw new Error(`Cannot run ${COMMAND} as it is missing: npm run build`);
    }
    const { timeoutMs = TIMEOUT_MS, env = {}, cwd = FOLDER } = options;
    this.#child = spawn(process.execPath, [COMMAND, ...args], {
      cwd,
      env: { ...bareEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    CHILDREN.add(this.#child);
    const timer = setTimeout(() => {
      this.#timedOut = true;
      this.#child.kill("SIGKILL");
    }, timeoutMs);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout = this.#bounded(this.#stdout + text);
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = this.#bounded(this.#stderr + text);
    });
    this.#finished = once(this.#child, "close").then(([code, signal]) => {
      clearTimeout(timer);
      CHILDREN.delete(this.#child);
      return {
        code: code as number | null,
        signal: signal as NodeJS.Signals | null,
        timedOut: this.#timedOut,
        stdout: this.#stdout,
        stderr: this.#stderr,
      };
    });
  }

  #bounded(text: string): string {
    if (text.length <= OUTPUT_BYTES_MAX) return text;
    this.#child.kill("SIGKILL");
    return `${text.slice(0, OUTPUT_BYTES_MAX)}\n(output cut, command killed)\n`;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Both outputs so far. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a signal and does not wait for what comes of it. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when it has ended and its outputs are read. */
  finished(): Promise<Finished> {
    return this.#finished;
  }

  /** Asks it to end and waits for that. */
  stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Finished> {
    if (!this.hasEnded) this.#child.kill(signal);
    return this.#finished;
  }
}

/**
 * Runs a command that ends by itself.
 *
 * @param args As on the command line, after `flagdrop`.
 * @param options Time and environment.
 */
export function flagdrop(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Finished> {
  return new RunningCommand(args, options).finished();
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") {
    throw new Error("Cannot find a free port: the server has no address");
  }
  return address.port;
}

/** Waits for a condition, asking every 20 ms. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAt)
      throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
