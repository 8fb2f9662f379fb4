/**
 * What two indices of a real OpenSearch node have been given, whoever wrote it.
 *
 * @module
 */
const QUERIES = ["pickup_count", "trip_duration"];
const PAGE_DOCUMENTS = 10_000;

/** A node's answer; only what is asked for below. */
interface Answer {
  readonly _all?: {
    readonly primaries: { readonly indexing: { readonly index_total: number } };
  };
  readonly hits?: {
    readonly hits: readonly {
      readonly _id: string;
      readonly _source: object;
      readonly sort: readonly unknown[];
    }[];
  };
  readonly [index: string]: unknown;
}

/** The job's two indices of a prefix. */
export class IndexWatch {
  readonly #origin: string;
  readonly #names: readonly string[];

  constructor(origin: string, prefix: string) {
    this.#origin = origin;
    this.#names = QUERIES.map((query) => `${prefix}-${query}`);
  }

  async #ask(path: string, method = "GET", body?: object): Promise<Answer> {
    const answer = await fetch(`${this.#origin}/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok && answer.status !== 404) {
      throw new Error(`Cannot use OpenSearch: ${await answer.text()}`);
    }
    return (await answer.json()) as Answer;
  }

  /** Makes the indices as those of another prefix are. */
  async makeAs(prefix: string): Promise<void> {
    for (const [i, name] of this.#names.entries()) {
      const like = `${prefix}-${QUERIES[i]}`;
      const found = (await this.#ask(like))[like] as { mappings: object };
      await this.#ask(name, "PUT", {
        settings: { number_of_shards: 1, number_of_replicas: 0 },
        mappings: found.mappings,
      });
    }
  }

  /** Documents written since the indices were made. */
  async written(): Promise<number> {
    const { _all } = await this.#ask(
      `${this.#names.join(",")}/_stats/indexing`,
    );
    return _all?.primaries.indexing.index_total ?? 0;
  }

  /** All documents up to a timestamp: their members as text, by id. */
  async documents(closedMs: number): Promise<Map<string, string>> {
    const documents = new Map<string, string>();
    for (const name of this.#names) {
      await this.#ask(`${name}/_refresh`, "POST");
      for (let after: readonly unknown[] | undefined; ; ) {
        const { hits } = await this.#ask(`${name}/_search`, "POST", {
          size: PAGE_DOCUMENTS,
          query: { range: { timestamp: { lte: closedMs } } },
          sort: [{ timestamp: "asc" }, { _id: "asc" }],
          ...(after && { search_after: after }),
        });
        const page = hits?.hits ?? [];
        for (const { _id, _source } of page) {
          documents.set(_id, JSON.stringify(Object.entries(_source).sort()));
        }
        after = page.at(-1)?.sort;
        if (page.length < PAGE_DOCUMENTS) break;
      }
    }
    return documents;
  }
}
