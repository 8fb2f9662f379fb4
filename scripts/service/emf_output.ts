/**
 * Where lines of metrics go: the CloudWatch agent of this machine
 * (`tcp://127.0.0.1:25888`), a file that something collects, or standard
 * output, where a container's log driver takes them.
 *
 * @module
 */
import { appendFile, rename, stat } from "node:fs/promises";
import { createConnection } from "node:net";
import { EMF_FILE_BYTES_MAX, EMF_SEND_MS_MAX } from "./limits.ts";

/** Takes whole lines; rejects when they were not taken. */
export type EmfOutput = (lines: string) => Promise<void>;

/** A connection a time: once a minute, and an agent may be restarted. */
function tcpOutput({ hostname, port }: URL): EmfOutput {
  return (lines) =>
    new Promise((resolve, reject) => {
      const socket = createConnection({
        host: hostname.replace(/^\[(.*)\]$/, "$1"),
        port: Number(port),
      });
      socket.setTimeout(EMF_SEND_MS_MAX, () => {
        socket.destroy(new Error(`no answer in ${EMF_SEND_MS_MAX / 1_000} s`));
      });
      socket.on("error", reject);
      // Half closed only: an agent that answers nothing closes when it likes.
      socket.end(lines, () => {
        resolve();
        socket.unref();
      });
      socket.resume();
    });
}

function fileOutput(path: string): EmfOutput {
  return async (lines) => {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size + lines.length > EMF_FILE_BYTES_MAX) {
      await rename(path, `${path}.1`);
    }
    await appendFile(path, lines);
  };
}

/** Opens a place that `--emf` names. */
export function openEmfOutput(
  place: string,
  stdout: NodeJS.WritableStream,
): EmfOutput {
  if (place === "-") {
    return async (lines) => {
      stdout.write(lines);
    };
  }
  return place.startsWith("tcp://")
    ? tcpOutput(new URL(place))
    : fileOutput(place);
}
