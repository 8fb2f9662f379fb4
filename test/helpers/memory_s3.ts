/** S3 in memory, over loopback HTTP: as much as checkpoints and replay need. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { S3Connection } from "../../engine/checkpoint/s3_address.ts";
import { testCredentialsSource } from "./credentials.ts";

/** Small, so that lists have several pages. */
const PAGE_KEYS = 2;

interface Answer {
  readonly status: number;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

function etag(bytes: Buffer): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function refusal(status: number, code: string): Answer {
  return {
    status,
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  };
}

export class MemoryS3 {
  readonly bucket = "checkpoints";
  readonly objects = new Map<string, Buffer>();
  readonly credentials = testCredentialsSource();
  /** What the next requests are refused with, one each. */
  refusals: (readonly [status: number, code: string])[] = [];
  /** The next write of this key happens, but its connection is cut. */
  cutAnswerOf = "";
  /** As a service does that knows nothing of conditions. */
  ignoresConditions = false;
  requests = 0;
  /** Bodies of so many next answers break off half-way. */
  cutBodies = 0;
  /** Each answer is the last of its connection, and says so. */
  closesConnections = false;
  /** What the last request for an object asked for. */
  lastRange = "";
  /** Requests that were signed. */
  signedRequests = 0;
  /** Called before a read of an object is answered. */
  onGet: (key: string) => void = () => {};
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(t: {
    teardown(undo: () => unknown): void;
  }): Promise<MemoryS3> {
    const s3 = new MemoryS3();
    s3.#server.listen(0, "127.0.0.1");
    await once(s3.#server, "listening");
    t.teardown(() => {
      s3.#server.closeAllConnections();
      s3.#server.close();
    });
    return s3;
  }

  get connection(): S3Connection {
    const { port } = this.#server.address() as AddressInfo;
    return {
      region: "us-east-1",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: this.credentials,
      caPem: "",
    };
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.requests++;
    if (request.headers.authorization !== undefined) this.signedRequests++;
    const body = await buffer(request);
    const url = new URL(request.url ?? "", "http://s3");
    const [bucket = "", ...rest] = url.pathname.slice(1).split("/");
    const key = decodeURIComponent(rest.join("/"));
    const refused = this.refusals.shift();
    const answer =
      refused !== undefined
        ? refusal(...refused)
        : bucket !== this.bucket
          ? refusal(404, "NoSuchBucket")
          : key === ""
            ? this.#list(url.searchParams)
            : this.#object(request, key, body);
    if (this.cutAnswerOf === key && request.method === "PUT") {
      this.cutAnswerOf = "";
      response.destroy();
      return;
    }
    if (this.closesConnections) response.setHeader("connection", "close");
    response.writeHead(answer.status, answer.headers);
    const bytes = Buffer.from(answer.body ?? "");
    if (answer.status === 206 && this.cutBodies > 0) {
      this.cutBodies--;
      response.write(bytes.subarray(0, bytes.length >> 1), () =>
        response.destroy(),
      );
      return;
    }
    response.end(bytes);
  }

  #object(request: IncomingMessage, key: string, body: Buffer): Answer {
    if (request.method === "GET") this.onGet(key);
    const found = this.objects.get(key);
    switch (request.method) {
      case "GET":
        return found === undefined
          ? refusal(404, "NoSuchKey")
          : this.#read(found, request);
      case "DELETE":
        this.objects.delete(key);
        return { status: 204 };
      default: {
        const match = request.headers["if-match"];
        const isAllowed =
          this.ignoresConditions ||
          (match !== undefined
            ? found !== undefined && match === etag(found)
            : request.headers["if-none-match"] === undefined ||
              found === undefined);
        if (!isAllowed) return refusal(412, "PreconditionFailed");
        this.objects.set(key, body);
        return { status: 200, headers: { etag: etag(body) } };
      }
    }
  }

  #read(found: Buffer, { headers }: IncomingMessage): Answer {
    const version = etag(found);
    if ((headers["if-match"] ?? version) !== version) {
      return refusal(412, "PreconditionFailed");
    }
    const answer = { status: 200, body: found, headers: { etag: version } };
    const { range = "" } = headers;
    this.lastRange = range;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    if (first === undefined) return answer;
    const body = found.subarray(Number(first), Number(last) + 1);
    return {
      status: 206,
      body,
      headers: {
        ...answer.headers,
        "content-length": String(body.length),
        "content-range": `bytes ${first}-${last}/${found.length}`,
      },
    };
  }

  #list(query: URLSearchParams): Answer {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? "";
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(prefix) && key > after)
      .filter(
        (key) =>
          !query.has("delimiter") || !key.slice(prefix.length).includes("/"),
      )
      .sort();
    const page = keys.slice(0, PAGE_KEYS);
    const isCut = keys.length > page.length;
    return {
      status: 200,
      headers: { "content-type": "application/xml" },
      body: [
        '<?xml version="1.0"?><ListBucketResult>',
        `<IsTruncated>${isCut}</IsTruncated>`,
        isCut
          ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>`
          : "",
        ...page.map((key) => {
          const bytes = this.objects.get(key) ?? Buffer.alloc(0);
          const version = etag(bytes).replaceAll('"', "&quot;");
          return `<Contents><Key>${key}</Key><Size>${bytes.length}</Size><ETag>${version}</ETag></Contents>`;
        }),
        "</ListBucketResult>",
      ].join(""),
    };
  }
}
