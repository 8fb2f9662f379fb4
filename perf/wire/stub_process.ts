/**
 * A stub of Kinesis in a process of its own, and what it says.
 *
 * @module
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RoundFeed } from "../suite/round_engine.ts";
import type { WireStubMessage } from "./wire_stub.ts";

/** A running stub. */
export interface StubProcess {
  readonly port: number;
  readonly shardIds: readonly string[];
  readonly feed: RoundFeed;
  kill(): void;
}

/** Starts a stub by its module's name, and waits until it listens. */
export async function startStub(
  module: "wire_stub" | "paced_stub",
  spec: object,
): Promise<StubProcess> {
  const path = fileURLToPath(new URL(`./${module}.js`, import.meta.url));
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
  return {
    port,
    shardIds,
    feed: {
      prepare() {
        stub.send("prepare");
        return heard("prepared");
      },
      open: () => void stub.send("open"),
    },
    kill: () => void stub.kill(),
  };
}
