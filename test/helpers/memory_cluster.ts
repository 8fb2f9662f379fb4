/**
 * An OpenSearch cluster in memory, as far as the sink uses one, behind the
 * sink's own transport. What goes wrong is scripted.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import {
  NoAnswerError,
  type OpensearchTransport,
  type WireRequest,
} from "../../engine/sink/opensearch/opensearch_transport.ts";
import type { OpensearchAnswer } from "../../engine/sink/opensearch/refusal.ts";

/** A document as the cluster keeps it. */
export interface KeptDocument {
  readonly version: number;
  readonly source: Readonly<Record<string, unknown>>;
  /** Times that it was written. */
  readonly writes: number;
}

/** An item of a bulk request. */
export interface BulkItem {
  readonly index: string;
  readonly id: string;
  readonly version: number | undefined;
  readonly source: Readonly<Record<string, unknown>>;
}

/** What a script may say of a request; undefined lets it pass. */
export type Script = (
  request: WireRequest,
  items: readonly BulkItem[],
  origin: string,
) => Fault | undefined;

/** Something going wrong. */
export type Fault =
  | { readonly type: "no_answer"; readonly applied: boolean }
  | {
      readonly type: "answer";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | {
      readonly type: "items";
      /** An error for some items; undefined takes the item. */
      readonly error: (
        item: BulkItem,
      ) => { status: number; type: string; reason: string } | undefined;
    };

/** One request as it was. */
export interface SeenRequest {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  readonly items: readonly BulkItem[];
}

interface Index {
  mappings: Record<string, unknown>;
  readonly documents: Map<string, KeptDocument>;
}

function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): OpensearchAnswer {
  const bytes = Buffer.from(
    typeof body === "string" ? body : JSON.stringify(body ?? {}),
  );
  return { status, headers, bytes };
}

function errorBody(type: string, reason: string, status: number) {
  return answer(status, { error: { type, reason }, status });
}

function itemsOf({ body, headers }: WireRequest): BulkItem[] {
  const bytes =
    headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  const lines = bytes.toString("utf8").split("\n");
  if (lines.pop() !== "") throw new Error("no line feed at the end");
  const items: BulkItem[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    const { index } = JSON.parse(lines[i]!) as {
      index: { _index: string; _id?: string; version?: number };
    };
    items.push({
      index: index._index,
      id: index._id ?? "",
      version: index.version,
      source: JSON.parse(lines[i + 1]!) as BulkItem["source"],
    });
  }
  return items;
}

/** The cluster. */
export class MemoryCluster implements OpensearchTransport {
  readonly indices = new Map<string, Index>();
  readonly templates = new Map<string, Record<string, unknown>>();
  /** Answers to `GET /NAME` that no index gives: aliases, data streams. */
  readonly others = new Map<string, unknown>();
  readonly requests: SeenRequest[] = [];
  /** Ids that were in two requests at once. */
  readonly overlaps: string[] = [];
  readonly #inFlight = new Set<string>();
  script: Script = () => undefined;
  /** More than a test needs: who asks for more goes round in circles. */
  requestsMax = 1_000;
  /** Turns of the event loop that an answer takes. */
  turns: () => number = () => 1;
  #ownIds = 0;
  requestsInFlightMax = 0;
  requestsInFlight = 0;

  /** All documents, by id. */
  get documents(): Map<string, KeptDocument> {
    return new Map(
      [...this.indices.values()].flatMap(({ documents }) => [...documents]),
    );
  }

  /** Bulk requests so far. */
  get bulks(): readonly SeenRequest[] {
    return this.requests.filter(({ path }) => path.startsWith("/_bulk"));
  }

  async send(
    origin: string,
    request: WireRequest,
    signal: AbortSignal,
  ): Promise<OpensearchAnswer> {
    const isBulk = request.path.startsWith("/_bulk");
    const items = isBulk ? itemsOf(request) : [];
    const { method, path, headers, body } = request;
    const bytes = body.length;
    if (this.requests.length >= this.requestsMax) {
      throw new Error(
        `the cluster was asked ${this.requestsMax} times: no end`,
      );
    }
    this.requests.push({ origin, method, path, headers, bytes, items });
    for (const { id } of items) {
      if (id !== "" && this.#inFlight.has(id)) this.overlaps.push(id);
      this.#inFlight.add(id);
    }
    this.requestsInFlight++;
    this.requestsInFlightMax = Math.max(
      this.requestsInFlightMax,
      this.requestsInFlight,
    );
    try {
      for (let i = this.turns(); i > 0; i--) await setImmediate();
      if (signal.aborted) throw new NoAnswerError("closed", undefined);
      const fault = this.script(request, items, origin);
      if (fault?.type === "answer") {
        return answer(fault.status, fault.body, fault.headers);
      }
      if (fault?.type === "no_answer") {
        if (fault.applied) this.#bulk(items, undefined);
        throw new NoAnswerError("other side closed", undefined);
      }
      if (isBulk) return this.#bulk(items, fault);
      return this.#manage(request);
    } finally {
      this.requestsInFlight--;
      for (const { id } of items) this.#inFlight.delete(id);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #bulk(
    items: readonly BulkItem[],
    fault: (Fault & { type: "items" }) | undefined,
  ): OpensearchAnswer {
    const results = items.map((item) => {
      const error = fault?.error(item) ?? this.#index(item);
      return {
        index: error === undefined ? { status: 201 } : { ...error, error },
      };
    });
    return answer(200, { items: results });
  }

  #index({ index, id, version, source }: BulkItem) {
    const found = this.indices.get(index);
    if (found === undefined) {
      const reason = `no such index [${index}]`;
      return { status: 404, type: "index_not_found_exception", reason };
    }
    const key = id === "" ? `own-${this.#ownIds++}` : id;
    const before = found.documents.get(key);
    if (version !== undefined && before && before.version > version) {
      const type = "version_conflict_engine_exception";
      return { status: 409, type, reason: "higher" };
    }
    found.documents.set(key, {
      version: version ?? (before?.version ?? 0) + 1,
      source,
      writes: (before?.writes ?? 0) + 1,
    });
    return undefined;
  }

  #manage({ method, path, body }: WireRequest): OpensearchAnswer {
    const [first = "", second = "", third = ""] = path.slice(1).split("/");
    const json = body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
    if (first === "_index_template") {
      if (second === "_simulate_index") return this.#simulate(third);
      const found = this.templates.get(second);
      if (method === "PUT") {
        this.templates.set(second, json);
        return answer(200, { acknowledged: true });
      }
      return found === undefined
        ? errorBody("resource_not_found_exception", second, 404)
        : answer(200, { index_templates: [{ index_template: found }] });
    }
    if (method === "GET" && second === "_mapping") {
      const prefix = decodeURIComponent(first).replace("*", "");
      const found = [...this.indices].filter(([name]) =>
        name.startsWith(prefix),
      );
      return answer(
        200,
        Object.fromEntries(
          found.map(([name, { mappings }]) => [name, { mappings }]),
        ),
      );
    }
    // Nothing is aggregated.
    if (second.startsWith("_search")) return answer(200, {});
    const other = this.others.get(first);
    if (other !== undefined) return answer(200, other);
    const index = this.indices.get(first);
    if (method === "GET") {
      if (index === undefined) {
        return errorBody("index_not_found_exception", first, 404);
      }
      const { mappings } = index;
      return answer(200, { [first]: { aliases: {}, mappings, settings: {} } });
    }
    if (second === "_mapping" && index !== undefined) {
      index.mappings = { ...index.mappings, ...json };
      return answer(200, { acknowledged: true });
    }
    if (index !== undefined) {
      return errorBody("resource_already_exists_exception", first, 400);
    }
    const mappings = this.#template(first)?.mappings ?? {};
    this.indices.set(first, { mappings, documents: new Map() });
    return answer(200, { acknowledged: true });
  }

  #template(index: string) {
    const matching = [...this.templates.values()].filter(
      ({ index_patterns: patterns }) =>
        (patterns as string[]).some((pattern) =>
          pattern.endsWith("*")
            ? index.startsWith(pattern.slice(0, -1))
            : index === pattern,
        ),
    );
    matching.sort((a, b) => Number(b["priority"]) - Number(a["priority"]));
    return matching[0]?.["template"] as
      | { mappings: Record<string, unknown> }
      | undefined;
  }

  #simulate(index: string): OpensearchAnswer {
    return answer(200, { template: this.#template(index) ?? {} });
  }
}
