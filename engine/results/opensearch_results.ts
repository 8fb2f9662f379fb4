/**
 * Results that are kept in an OpenSearch cluster.
 *
 * @module
 */
import { errorLine, FlagdropError } from "../errors.ts";
import { parseGeohash } from "../geo/geohash.ts";
import type { JobPlan, QueryPlan } from "../job/plan.ts";
import {
  cellField,
  countFieldOf,
  type IndexPlan,
} from "../sink/opensearch/index_plan.ts";
import type { OpensearchClient } from "../sink/opensearch/opensearch_client.ts";
import { NoAnswerError } from "../sink/opensearch/opensearch_transport.ts";
import { refusalOf, refusalText } from "../sink/opensearch/refusal.ts";
import { boxRanges, touchesBox } from "./box_ranges.ts";
import { cellText } from "./cell_number.ts";
import {
  CELL_BUCKETS_MAX,
  CELLS_MAX,
  READ_TIMEOUT_MS,
  READS_WAITING_MAX,
} from "./limits.ts";
import {
  averageNamed,
  cellPartFor,
  queryNamed,
  zonePart,
} from "./result_schema.ts";
import type {
  CellsAnswer,
  CellsRequest,
  EventTimeRange,
  Results,
  SeriesLine,
  SeriesRequest,
} from "./results.ts";
import {
  type MeasureBucket,
  type SeriesBucket,
  seriesMeasure,
} from "./series_measure.ts";

/** Options for {@linkcode OpensearchResults}. */
export interface OpensearchResultsOptions {
  /** Stays the caller's. */
  readonly client: OpensearchClient;
  readonly plan: JobPlan;
  readonly indexPlan: IndexPlan;
}

type Clause = Readonly<Record<string, unknown>>;

interface CellBucket extends MeasureBucket {
  readonly key: string;
}

interface TimeBuckets {
  readonly buckets: readonly SeriesBucket[];
}

/** What a search may answer, of what is asked here. */
interface Answer {
  readonly timed_out?: boolean;
  readonly aggregations?: {
    readonly first?: { readonly value: number | null };
    readonly last?: { readonly value: number | null };
    readonly cells?: { readonly buckets: readonly CellBucket[] };
    readonly times?: TimeBuckets;
    readonly zones?: {
      readonly buckets: readonly {
        readonly key: string;
        readonly times: TimeBuckets;
      }[];
    };
  };
}

function rangeClause({ fromMs, toMs }: EventTimeRange): Clause {
  const gte = Math.ceil(fromMs);
  const lt = Math.ceil(toMs);
  return { range: { timestamp: { gte, lt, format: "epoch_millis" } } };
}

/** Whether a string is between two cells of a precision, or in the last. */
function cellsClause(field: string, first: string, last: string): Clause {
  // All further characters of a geohash sort before "~".
  return { range: { [field]: { gte: first, lte: `${last}~` } } };
}

/** Reads a cluster. */
export class OpensearchResults implements Results {
  readonly #options: OpensearchResultsOptions;
  #waiting = 0;

  constructor(options: OpensearchResultsOptions) {
    this.#options = options;
  }

  async extent(): Promise<EventTimeRange | undefined> {
    const { plan } = this.#options;
    const { first, last } = await this.#search(plan.queries, {
      aggs: {
        first: { min: { field: "timestamp" } },
        last: { max: { field: "timestamp" } },
      },
    });
    const fromMs = first?.value ?? undefined;
    const lastMs = last?.value ?? undefined;
    if (fromMs === undefined || lastMs === undefined) return undefined;
    return { fromMs, toMs: lastMs + 1 };
  }

  async cells(request: CellsRequest): Promise<CellsAnswer> {
    const { range, precision, box } = request;
    const query = queryNamed(this.#options.plan, request.query);
    const { as } = cellPartFor(query, precision);
    const filter = [rangeClause(range)];
    if (box !== undefined) {
      const should = boxRanges(box, precision).map(([first, last]) =>
        cellsClause(
          cellField(as),
          cellText(first, precision),
          cellText(last, precision),
        ),
      );
      filter.push({ bool: { should, minimum_should_match: 1 } });
    }
    const average = averageNamed(query, request.average);
    const measure = seriesMeasure(query, average?.as);
    const { cells } = await this.#search([query], {
      query: { bool: { filter } },
      aggs: {
        cells: {
          geohash_grid: { field: as, precision, size: CELL_BUCKETS_MAX },
          aggs: {
            n: { sum: { field: countFieldOf(query) } },
            ...measure.aggs,
          },
        },
      },
    });
    const all = [...(cells?.buckets ?? [])].sort(
      (a, b) => b.n.value - a.n.value || (a.key < b.key ? -1 : 1),
    );
    const isCut = all.length > CELLS_MAX;
    const inside = all
      .slice(0, CELLS_MAX)
      .filter(
        ({ key }) => box === undefined || touchesBox(parseGeohash(key), box),
      );
    return {
      cells: inside.map(({ key }) => key),
      counts: inside.map(({ n }) => n.value),
      ...(average && { averages: inside.map(measure.read) }),
      isCut,
    };
  }

  async series(request: SeriesRequest): Promise<readonly SeriesLine[]> {
    const { range, stepMs, cell } = request;
    const query = queryNamed(this.#options.plan, request.query);
    const measure = seriesMeasure(query, request.measure);
    const filter = [rangeClause(range)];
    if (cell !== undefined) {
      const { as } = cellPartFor(query, cell.length);
      filter.push(cellsClause(cellField(as), cell, cell));
    }
    const times = {
      date_histogram: {
        field: "timestamp",
        fixed_interval: `${stepMs}ms`,
        min_doc_count: 1,
      },
      aggs: { n: { sum: { field: countFieldOf(query) } }, ...measure.aggs },
    };
    const zone = zonePart(query);
    const found = await this.#search([query], {
      query: { bool: { filter } },
      aggs:
        zone === undefined
          ? { times }
          : {
              zones: {
                terms: { field: zone.as, size: zone.zones.length },
                aggs: { times },
              },
            },
    });
    const lineOf = (name: string, buckets: readonly SeriesBucket[]) => ({
      zone: name,
      timesMs: buckets.map(({ key }) => key),
      counts: buckets.map(({ n }) => n.value),
      values: buckets.map(measure.read),
    });
    if (zone === undefined) return [lineOf("", found.times?.buckets ?? [])];
    return zone.zones.map((name) => {
      const one = found.zones?.buckets.find(({ key }) => key === name);
      return lineOf(name, one?.times.buckets ?? []);
    });
  }

  /** The aggregations of a search; without an index there are none. */
  async #search(
    queries: readonly QueryPlan[],
    body: object,
  ): Promise<NonNullable<Answer["aggregations"]>> {
    const { client, indexPlan } = this.#options;
    const action = `Cannot read results at ${client.name}`;
    if (this.#waiting >= READS_WAITING_MAX) {
      throw new FlagdropError(
        "FD_LIMIT",
        `${action} as ${READS_WAITING_MAX} reads are waiting: ask again later`,
        { retry: "backoff" },
      );
    }
    const names = queries.map((query) => indexPlan.searchName(query));
    this.#waiting++;
    try {
      const answer = await client.send({
        method: "POST",
        path: `/${encodeURIComponent(names.join(","))}/_search?allow_no_indices=true&ignore_unavailable=true`,
        timeoutMs: READ_TIMEOUT_MS,
        body: Buffer.from(
          JSON.stringify({
            size: 0,
            timeout: `${READ_TIMEOUT_MS}ms`,
            ...body,
          }),
        ),
      });
      if (answer.status >= 300) {
        const text = refusalText(refusalOf(answer));
        throw new FlagdropError("FD_STORE", `${action}: ${text}`);
      }
      const json = JSON.parse(answer.bytes.toString("utf8")) as Answer;
      if (json.timed_out === true) {
        throw new FlagdropError("FD_STORE", `${action}: it takes too long`);
      }
      return json.aggregations ?? {};
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      throw new FlagdropError("FD_STORE", `${action}: ${errorLine(error)}`, {
        retry: "backoff",
        cause: error,
      });
    } finally {
      this.#waiting--;
    }
  }
}
