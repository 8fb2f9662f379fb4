/**
 * The whole engine on a Kinesis that costs nothing, in another process.
 *
 * @module
 */
import type { RunCheckpoints } from "../../engine/engine.ts";
import { type RoundRunner, startRoundEngine } from "../suite/round_engine.ts";
import { CERTIFICATE_PEM } from "./certificate.ts";
import type { PacedStubSpec } from "./paced_stub.ts";
import { type StubProcess, startStub } from "./stub_process.ts";
import type { WireStubSpec } from "./wire_stub.ts";

/** Options for {@linkcode startWireEngine}. */
export interface WireEngineOptions extends WireStubSpec {
  readonly workers: number;
  /** @default {none are taken} */
  readonly checkpoints?: RunCheckpoints | undefined;
}

/** Options for {@linkcode startPacedEngine}. */
export interface PacedEngineOptions extends PacedStubSpec {
  readonly workers: number;
  /** Reads of each shard. */
  readonly readsPerSecond: number;
}

function closing(runner: RoundRunner, stub: StubProcess): RoundRunner {
  return {
    ...runner,
    async close() {
      stub.kill();
      await runner.close();
    },
  };
}

/** Starts the stub and an engine that reads from it as fast as it can. */
export async function startWireEngine(
  options: WireEngineOptions,
): Promise<RoundRunner> {
  const { workers, checkpoints, ...spec } = options;
  const stub = await startStub("wire_stub", spec);
  const { port, shardIds, feed } = stub;
  const runner = await startRoundEngine({
    workers,
    checkpoints,
    shardIds,
    endpoint: `${spec.tls ? "https" : "http"}://127.0.0.1:${port}`,
    caPem: spec.tls ? CERTIFICATE_PEM : "",
    feed,
  });
  return closing(runner, stub);
}

/** Starts a stub that records come into at a rate, and an engine on it. */
export async function startPacedEngine(
  options: PacedEngineOptions,
): Promise<RoundRunner> {
  const { workers, readsPerSecond, ...spec } = options;
  const stub = await startStub("paced_stub", spec);
  const { port, shardIds, feed } = stub;
  const endpoint = `http://127.0.0.1:${port}`;
  const runner = await startRoundEngine({
    ...{ workers, readsPerSecond, shardIds, endpoint, feed },
    caPem: "",
  });
  return closing(runner, stub);
}
