/**
 * The local Kinesis: a stand-in for the service over HTTP, in memory.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";
import { SignatureVerifier } from "./auth/signature_verifier.ts";
import type { FaultSpec } from "./faults/fault_spec.ts";
import { FaultSwitch } from "./faults/fault_switch.ts";
import type { RequestListener } from "./http/exchange.ts";
import { type PortServer, startPortServer } from "./http/port_server.ts";
import { BodyCollector } from "./http/request_body.ts";
import { requestHandler } from "./http/request_handler.ts";
import {
  type LocalKinesisOptions,
  type LocalKinesisSettings,
  localKinesisSettings,
} from "./options.ts";
import { TokenBox } from "./sealed_token.ts";
import type { Service, ServiceCounts } from "./service.ts";
import { StreamStore } from "./store/stream_store.ts";

/** What happened since the start, and what there is. */
export interface LocalKinesisStats extends Readonly<ServiceCounts> {
  readonly requests: number;
  readonly streams: number;
  readonly openShards: number;
  /** Memory that records take. */
  readonly memoryBytes: number;
  /** Records dropped for want of memory. */
  readonly recordsTrimmed: number;
}

/** A running local Kinesis. */
export interface LocalKinesis {
  readonly port: number;
  readonly host: string;
  /** What clients take as endpoint. */
  readonly url: string;
  stats(): LocalKinesisStats;
  /** Sets the faults that calls have from now on; none ends them. */
  setFaults(faults: FaultSpec): void;
  /**
   * Takes no more connections, gives requests under way a second, and ends
   * what is left. The records are gone then.
   */
  close(): Promise<void>;
}

function makeStore(settings: LocalKinesisSettings): StreamStore {
  const { log, memoryBytes } = settings;
  const store = new StreamStore({
    ...settings,
    onTrim: () => {
      log(
        `Records fill the local Kinesis' ${memoryBytes} bytes: from now on the oldest are dropped for new ones; give it more with --memory`,
      );
    },
  });
  for (const { name, shardCount } of settings.streams) {
    store.create({ name, shardCount, mode: "PROVISIONED" });
  }
  return store;
}

function makeService(settings: LocalKinesisSettings): Service {
  return {
    ...settings,
    store: makeStore(settings),
    tokens: new TokenBox(),
    subscriptions: new Set(),
    hasLimits: settings.limits,
    counts: {
      recordsPut: 0,
      bytesPut: 0,
      recordsRead: 0,
      bytesRead: 0,
      throttledPuts: 0,
      throttledReads: 0,
    },
  };
}

async function listen(
  settings: LocalKinesisSettings,
  listener: RequestListener,
): Promise<PortServer> {
  const { host, port } = settings;
  try {
    return await startPortServer({ host, port, listener });
  } catch (error) {
    throw new FlagdropError(
      "FD_NETWORK",
      `Cannot listen on ${host}:${port} as a local Kinesis: ${errorLine(error)}: choose another --port, or 0 for any free one`,
      { domain: "user", cause: error },
    );
  }
}

/**
 * Starts a local Kinesis. HTTP/1.1 and HTTP/2 without TLS share its port.
 *
 * @throws {RangeError} If an option is out of range.
 * @throws {FlagdropError} `FD_NETWORK` if it can't listen there.
 *
 * @example Usage
 * ```ts
 * const kinesis = await startLocalKinesis({
 *   streams: [{ name: "taxi", shardCount: 8 }],
 * });
 * const client = new KinesisClient({ endpoint: kinesis.url });
 * await kinesis.close();
 * ```
 */
export async function startLocalKinesis(
  options: LocalKinesisOptions = {},
): Promise<LocalKinesis> {
  const settings = localKinesisSettings(options);
  const { clock, keyPair, log, host } = settings;
  const service = makeService(settings);
  const faults = new FaultSwitch(clock);
  if (settings.faults !== undefined) faults.set(settings.faults);
  let requests = 0;
  const server = await listen(
    settings,
    requestHandler({
      service,
      verifier: new SignatureVerifier({ clock, keyPair }),
      bodies: new BodyCollector(),
      faults,
      onRequest: () => {
        requests++;
      },
      onFault: log,
    }),
  );
  const { port } = server;
  const { store, counts } = service;
  return {
    port,
    host,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    stats: () => ({
      ...counts,
      requests,
      streams: store.list().length,
      openShards: store.openShardCount,
      memoryBytes: store.memoryBytes,
      recordsTrimmed: store.trimmedCount,
    }),
    setFaults: (spec) => faults.set(spec),
    close: () => {
      for (const subscription of service.subscriptions) subscription.end();
      return server.close();
    },
  };
}
