/**
 * Sinks by the names that users give them: `duckdb:FILE`, `ndjson:FILE`,
 * `ndjson:-`, `opensearch:URL`, `none`.
 *
 * @module
 */
import { resolve } from "node:path";
import { FlagdropError } from "../errors.ts";
import type { JobPlan } from "../job/plan.ts";
import { DuckdbSink } from "./duckdb_sink.ts";
import { NdjsonSink } from "./ndjson_sink.ts";
import { NoneSink } from "./none_sink.ts";
import {
  maskedUrls,
  type OpensearchSettings,
  parseOpensearchUrls,
} from "./opensearch/opensearch_settings.ts";
import { OpensearchSink } from "./opensearch/opensearch_sink.ts";
import type { Sink, SinkLog } from "./sink.ts";

/** A sink's name, taken apart. `"-"` as a path is standard output. */
export type SinkAddress =
  | { readonly kind: "duckdb"; readonly path: string }
  | { readonly kind: "ndjson"; readonly path: string }
  | {
      readonly kind: "opensearch";
      /** Addresses with commas between them, perhaps with a password. */
      readonly urls: string;
    }
  | { readonly kind: "none" };

/** The kinds, as they are listed to a user. */
const SINK_FORMS = "duckdb:FILE, ndjson:FILE, ndjson:-, opensearch:URL or none";

/** Options for {@linkcode createSink}. */
export interface SinkOptions {
  readonly plan: JobPlan;
  /**
   * How long a store keeps documents, in event time.
   *
   * @default {undefined} for ever
   */
  readonly retentionMs?: number | undefined;
  /**
   * The watermark that a restored run goes on from: what a store has of later
   * windows comes again.
   */
  readonly firedMs?: number | undefined;
  /** Length at which a restored run cuts an NDJSON file. @default {0} */
  readonly resumeAtBytes?: number | undefined;
  /** How to reach the cluster of an `opensearch:` address. */
  readonly opensearch?: OpensearchSettings | undefined;
  readonly log?: SinkLog | undefined;
  /**
   * Where `ndjson:-` writes.
   *
   * @default {process.stdout}
   */
  readonly stdout?: NodeJS.WritableStream | undefined;
}

function invalid(text: string, problem: string): FlagdropError {
  return new FlagdropError(
    "FD_OPTION",
    `Cannot use "${maskedUrls(text)}" as a sink${problem}: write ${SINK_FORMS}`,
    { domain: "user" },
  );
}

/**
 * Reads a sink's name.
 *
 * @throws {FlagdropError} `FD_OPTION`, listing the kinds there are.
 *
 * @example Usage
 * ```ts
 * parseSink("ndjson:out.ndjson"); // { kind: "ndjson", path: "out.ndjson" }
 * ```
 */
export function parseSink(text: string): SinkAddress {
  if (text === "none") return { kind: "none" };
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const path = colon < 0 ? "" : text.slice(colon + 1);
  if (kind === "opensearch" && path !== "") {
    parseOpensearchUrls(path);
    return { kind, urls: path };
  }
  if (kind !== "duckdb" && kind !== "ndjson" && kind !== "opensearch") {
    throw invalid(text, ` as there is no kind "${kind}"`);
  }
  if (kind === "opensearch") {
    throw invalid(text, " as it names no cluster");
  }
  if (path === "" || (kind === "duckdb" && path === "-")) {
    throw invalid(text, " as it names no file");
  }
  return { kind, path };
}

function placeOf(address: SinkAddress): string {
  if (address.kind === "none") return "none";
  if (address.kind === "opensearch") {
    return parseOpensearchUrls(address.urls).origins.join(",");
  }
  return address.path === "-" ? "-" : resolve(address.path);
}

/**
 * Reads the names of several sinks.
 *
 * @throws {FlagdropError} `FD_OPTION` when one is wrong or two are the same
 * place.
 */
export function parseSinks(texts: readonly string[]): SinkAddress[] {
  const addresses = texts.map(parseSink);
  const places = addresses.map(placeOf);
  const twice = places.findIndex((one, i) => places.indexOf(one) !== i);
  if (twice >= 0) {
    throw new FlagdropError(
      "FD_OPTION",
      `Cannot use "${maskedUrls(texts[twice] ?? "")}" as a sink twice: name each place once`,
      { domain: "user" },
    );
  }
  return addresses;
}

/** Makes a sink; nothing is touched until it is opened. */
export function createSink(address: SinkAddress, options: SinkOptions): Sink {
  const {
    plan,
    retentionMs,
    resumeAtBytes,
    firedMs,
    log,
    opensearch: settings,
    stdout = process.stdout,
  } = options;
  switch (address.kind) {
    case "none":
      return new NoneSink(plan);
    case "opensearch": {
      if (settings === undefined) throw new TypeError("No cluster settings");
      return new OpensearchSink({ plan, settings, firedMs, log });
    }
    case "duckdb":
      return new DuckdbSink({
        file: address.path,
        plan,
        retentionMs,
        firedMs,
        log,
      });
    case "ndjson":
      return new NdjsonSink(
        plan,
        address.path === "-"
          ? { type: "stream", stream: stdout }
          : { type: "file", path: address.path, resumeAtBytes },
      );
  }
}
