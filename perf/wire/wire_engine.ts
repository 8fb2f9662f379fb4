/**
 * The whole engine on a Kinesis that costs nothing, in another process.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RunCheckpoints } from "../../engine/engine.ts";
import { type RoundRunner, startRoundEngine } from "../suite/round_engine.ts";
import { CERTIFICATE_PEM } from "./certificate.ts";
import type { WireStubMessage, WireStubSpec } from "./wire_stub.ts";

/** Options for {@linkcode startWireEngine}. */
export interface WireEngineOptions extends WireStubSpec {
  readonly workers: number;
  /** @default {none are taken} */
  readonly checkpoints?: RunCheckpoints | undefined;
}

/** Starts the stub and an engine that reads from it. */
export async function startWireEngine(
  options: WireEngineOptions,
): Promise<RoundRunner> {
  const { workers, checkpoints, ...spec } = options;
  const path = fileURLToPath(new URL("./wire_stub.js", import.meta.url));
  const stub = fork(path, [JSON.stringify(spec)]);
  const heard = async <T extends WireStubMessage["type"]>(type: T) => {
    const ended = new AbortController();
    const { signal } = ended;
    const [message] = (await Promise.race([
      once(stub, "message", { signal }),
      once(stub, "exit", { signal }).then(() => {
        throw new Error("Cannot measure as the stub has ended");
      }),
    ]).finally(() => ended.abort())) as [WireStubMessage];
    if (message.type !== type) throw new Error(`the stub said ${message.type}`);
    return message as Extract<WireStubMessage, { type: T }>;
  };
  const { port, shardIds } = await heard("listening");
  const runner = await startRoundEngine({
    workers,
    checkpoints,
    shardIds,
    endpoint: `${spec.tls ? "https" : "http"}://127.0.0.1:${port}`,
    caPem: spec.tls ? CERTIFICATE_PEM : "",
    feed: {
      prepare() {
        stub.send("prepare");
        return heard("prepared");
      },
      open: () => void stub.send("open"),
    },
  });
  return {
    ...runner,
    async close() {
      stub.kill();
      await runner.close();
    },
  };
}
