/**
 * Requests as stubs of Kinesis read them: the body's text, nothing else.
 *
 * @module
 */
import type { Socket } from "node:net";

/** What ends a head. */
export const HEAD_END = "\r\n\r\n";

/** Reads requests of a connection; one at a time comes on each. */
export function readRequests(
  socket: Socket,
  serve: (socket: Socket, body: string) => void,
): void {
  let text = "";
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    const end = text.indexOf(HEAD_END) + HEAD_END.length;
    if (end < HEAD_END.length) return;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + length) return;
    const body = text.slice(end, end + length);
    text = text.slice(end + length);
    serve(socket, body);
  });
}
