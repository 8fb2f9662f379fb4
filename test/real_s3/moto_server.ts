/**
 * moto's S3 as a child process, in a Python environment of its own that is
 * made once, under `.cache/`.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { request } from "undici";
import { freePort, until } from "../e2e/flagdrop.ts";

const run = promisify(execFile);
const VERSION = "5.2.5";
const FOLDER = fileURLToPath(
  new URL(`../../.cache/moto-${VERSION}`, import.meta.url),
);
const SERVER = `${FOLDER}/bin/moto_server`;

/** Installs moto, unless it is there. */
async function install(): Promise<void> {
  if (existsSync(SERVER)) return;
  await run("python3", ["-m", "venv", FOLDER]);
  const packages = [`moto[s3,server]==${VERSION}`];
  await run(`${FOLDER}/bin/pip`, ["install", "--quiet", ...packages]);
}

/** Starts it with a bucket; it ends with the test. */
export async function startMoto(
  t: { teardown(undo: () => unknown): void },
  bucket: string,
): Promise<string> {
  await install();
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(SERVER, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
  });
  t.teardown(() => server.kill("SIGKILL"));
  await until("moto answers", async () => {
    if (server.exitCode !== null) throw new Error("moto has ended");
    try {
      const { statusCode, body } = await request(`${endpoint}/${bucket}`, {
        method: "PUT",
      });
      await body.dump();
      return statusCode === 200;
    } catch (error) {
      // Connection refused while it starts.
      if (error instanceof Error && "code" in error) return false;
      throw error;
    }
  });
  return endpoint;
}
