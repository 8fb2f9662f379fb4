/**
 * Where an OpenSearch cluster is, how to authenticate there, and how documents
 * are kept in it.
 *
 * @module
 */
import type { CredentialsSource } from "../../aws/credentials.ts";
import { FlagdropError } from "../../errors.ts";

/** Names of the ways to authenticate. */
export const OPENSEARCH_AUTHS = ["sigv4", "basic", "none"] as const;
/** One of {@linkcode OPENSEARCH_AUTHS}. */
export type OpensearchAuthName = (typeof OPENSEARCH_AUTHS)[number];

/** AWS services: managed domains, and serverless collections. */
export const OPENSEARCH_SERVICES = ["es", "aoss"] as const;
/** One of {@linkcode OPENSEARCH_SERVICES}. */
export type OpensearchService = (typeof OPENSEARCH_SERVICES)[number];

/** What of a document's time goes into the name of its index. */
export const INDEX_TIMES = ["none", "day", "month", "year"] as const;
/** One of {@linkcode INDEX_TIMES}. */
export type IndexTime = (typeof INDEX_TIMES)[number];

/** How requests are authenticated. */
export type OpensearchAuth =
  | { readonly type: "none" }
  | {
      readonly type: "basic";
      readonly user: string;
      readonly password: string;
    }
  | {
      readonly type: "sigv4";
      readonly service: OpensearchService;
      readonly region: string;
      readonly credentials: CredentialsSource;
    };

/** Everything about a cluster that is said by its user. */
export interface OpensearchSettings {
  /** Addresses of one cluster, without user and password. */
  readonly origins: readonly string[];
  readonly auth: OpensearchAuth;
  /** Further certificate authorities, PEM; empty for none. */
  readonly caPem: string;
  /** Indices are named `PREFIX-QUERY`. */
  readonly indexPrefix: string;
  readonly indexTime: IndexTime;
  /** Whether open windows are written before they fire. */
  readonly emitsEarly: boolean;
  /** Without ids a document that is sent again is there twice. */
  readonly hasIds: boolean;
  /** Whether a template or mapping that differs is replaced. */
  readonly replacesTemplates: boolean;
  /** Whether bodies are compressed. */
  readonly gzip: boolean;
}

/** The name of the taxi job, and the prefix that its indices have always had. */
const TAXI_NAME = "nyc-taxi";
const TAXI_PREFIX = "taxi-dashboard";

/**
 * The prefix of a job's indices unless another is said.
 *
 * @param jobName Left out where no job is known: the taxi job's.
 */
export function indexPrefixOf(jobName = TAXI_NAME): string {
  return jobName === TAXI_NAME ? TAXI_PREFIX : jobName.toLowerCase();
}

/** Addresses as a user wrote them, taken apart. */
export interface OpensearchUrls {
  readonly origins: readonly string[];
  /** From the first address that has them; empty without. */
  readonly user: string;
  readonly password: string;
}

function invalid(text: string, problem: string): FlagdropError {
  return new FlagdropError(
    "FD_OPTION",
    `Cannot use "${maskedUrls(text)}" as an OpenSearch cluster as ${problem}: write addresses such as https://HOST:9200, several with commas`,
    { domain: "user" },
  );
}

/** The addresses with users and passwords left out. */
export function maskedUrls(text: string): string {
  // Up to the last "@" before a comma and the next address, or the end.
  return text
    .split(/,(?=\s*https?:\/\/)/i)
    .map((one) => one.replace(/^(\s*[a-z]+:\/\/)?.*@/i, "$1"))
    .join(",");
}

/**
 * Reads addresses with commas between them.
 *
 * @throws {FlagdropError} `FD_OPTION`; the message holds no password.
 */
export function parseOpensearchUrls(text: string): OpensearchUrls {
  let user = "";
  let password = "";
  const origins = text.split(/,(?=\s*https?:\/\/)/i).map((one) => {
    const url = URL.canParse(one.trim()) ? new URL(one.trim()) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
      throw invalid(text, "it is no http or https address");
    }
    if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
      throw invalid(text, "it has a path");
    }
    if (user === "" && url.username !== "") {
      user = decodeURIComponent(url.username);
      password = decodeURIComponent(url.password);
    }
    return url.origin;
  });
  if (new Set(origins).size < origins.length) {
    throw invalid(text, "an address is named twice");
  }
  return { origins, user, password };
}

/** The AWS service and region that a host's name tells. */
export function serviceOf(origin: string): {
  readonly service: OpensearchService;
  readonly region: string | undefined;
} {
  const { hostname } = new URL(origin);
  const region = "[a-z]{2}(?:-[a-z]+)+-\\d+";
  const [, domainRegion, domain] =
    new RegExp(`\\.(${region})\\.(es|aoss)\\.amazonaws\\.`).exec(hostname) ??
    [];
  // Addresses of both IP versions have it the other way round.
  const [, dual, dualRegion] =
    new RegExp(`\\.(aos|aoss)\\.(${region})\\.on\\.aws$`).exec(hostname) ?? [];
  return {
    service: (domain ?? dual) === "aoss" ? "aoss" : "es",
    region: domainRegion ?? dualRegion,
  };
}
