/** A service that answers as a table says, and remembers what it was asked. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Test } from "tap";

/** Answers by `METHOD path`: a value, or a status and an error. */
export type Answers = Readonly<
  Record<string, unknown | readonly [status: number, error: string]>
>;

/** Serves answers until the test ends. */
export async function fakeService(
  t: Test,
  answers: Answers,
): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const key = `${request.method} ${request.url}`;
    asked.push(key);
    const answer = answers[key];
    const [status, body] =
      answer === undefined
        ? [404, { errors: ["Not found."] }]
        : Array.isArray(answer)
          ? [Number(answer[0]), { errors: [answer[1]] }]
          : [200, answer];
    request.resume().on("end", () => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, asked };
}
