/**
 * Passes bytes on to another port and keeps what clients say: which calls are
 * made is read from them, whatever protocol they speak.
 *
 * @module
 */
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer } from "node:net";

/** A port that listens in. */
export interface TcpTap {
  readonly url: string;
  /** All that was said to the service, as Latin 1. */
  said(): string;
}

/** Opens one in front of a service. */
export async function tapInFront(
  t: { teardown(undo: () => unknown): void },
  address: string,
): Promise<TcpTap> {
  const target = new URL(address);
  const parts: Buffer[] = [];
  const server = createServer((client) => {
    const service = createConnection(Number(target.port), target.hostname);
    client.on("data", (part: Buffer) => parts.push(part));
    client.pipe(service).pipe(client);
    client.on("error", () => service.destroy());
    service.on("error", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    said: () => Buffer.concat(parts).toString("latin1"),
  };
}
