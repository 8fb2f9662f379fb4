/**
 * kinesis-local, another stand-in by other people, as a child process: the
 * referee of our own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { request } from "undici";

/** It takes some 2 s, and more on a busy machine. */
const START_TIMEOUT_MS = 40_000;
const POLL_MS = 50;

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("port");
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    const { body } = await request(`${url}/healthcheck`);
    await body.dump();
    return true;
  } catch {
    return false;
  }
}

export class KinesisReferee {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts it and waits until it answers. */
  static async start(): Promise<KinesisReferee> {
    const main = fileURLToPath(import.meta.resolve("kinesis-local"));
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), "flagdrop-referee-"));
    const child = spawn(process.execPath, [main], {
      cwd: folder,
      stdio: "ignore",
      env: {
        PATH: process.env["PATH"],
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(await freePort()),
        // Without it the referee ends at once.
        KINESIS_MOCK_CERT_PATH: join(dirname(main), "server.json"),
        CREATE_STREAM_DURATION: "0ms",
        DELETE_STREAM_DURATION: "0ms",
        SPLIT_SHARD_DURATION: "0ms",
        MERGE_SHARDS_DURATION: "0ms",
        UPDATE_SHARD_COUNT_DURATION: "0ms",
        REGISTER_STREAM_CONSUMER_DURATION: "0ms",
        DEREGISTER_STREAM_CONSUMER_DURATION: "0ms",
        LOG_LEVEL: "ERROR",
      },
    });
    const referee = new KinesisReferee(
      `http://127.0.0.1:${port}`,
      child,
      folder,
    );
    const endMs = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(referee.url))) {
      if (child.exitCode !== null || Date.now() > endMs) {
        await referee.stop();
        throw new Error("Cannot start kinesis-local");
      }
      await delay(POLL_MS);
    }
    return referee;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
