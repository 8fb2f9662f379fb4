/** A server that sends whatever bytes a test says, in whatever pieces. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";

/** Answers the requests of one connection; `request` counts from 0. */
export type Answer = (socket: Socket, request: number) => Promise<void> | void;

export interface HostileServer {
  readonly endpoint: string;
  /** Connections so far. */
  readonly connections: number;
  /** Requests as they came. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Sends bytes in pieces, cut at these offsets. */
export async function sendInPieces(
  socket: Socket,
  bytes: Buffer,
  cuts: readonly number[],
): Promise<void> {
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    if (to > from && !socket.destroyed) socket.write(bytes.subarray(from, to));
    from = Math.max(from, to);
    await setImmediate();
  }
}

/** Starts one. */
export async function startHostileServer(
  answer: Answer,
): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let text = "";
    let count = 0;
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      const headEnd = text.indexOf("\r\n\r\n") + 4;
      if (headEnd < 4) return;
      const head = text.slice(0, headEnd);
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (text.length < head.length + length) return;
      requests.push(text.slice(0, head.length + length));
      text = text.slice(head.length + length);
      void answer(socket, count++);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
