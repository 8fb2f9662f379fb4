/** moto's S3 as a child process. */
import { spawn } from "node:child_process";
import { request } from "undici";
import { freePort, until } from "../e2e/flagdrop.ts";
import { pythonPrograms } from "../helpers/python_environment.ts";

const PACKAGE = "moto[s3,server]==5.2.5";

/** Starts it with a bucket; it ends with the test. */
export async function startMoto(
  t: { teardown(undo: () => unknown): void },
  bucket: string,
): Promise<string> {
  const programs = await pythonPrograms([PACKAGE]);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = spawn(
    `${programs}/moto_server`,
    ["-H", "127.0.0.1", "-p", String(port)],
    { stdio: "ignore" },
  );
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
