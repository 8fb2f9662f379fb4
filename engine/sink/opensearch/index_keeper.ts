/**
 * Sees to it that every document meets the mapping it was made for: templates
 * are installed or checked, and indices made or checked before they are
 * written to.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { FlagdropError } from "../../errors.ts";
import type { QueryPlan } from "../../job/plan.ts";
import type { SinkLog } from "../sink.ts";
import {
  type FoundIndex,
  type FoundMapping,
  mappingProblems,
  targetProblem,
} from "./index_check.ts";
import {
  type IndexMapping,
  type IndexPlan,
  QUERY_FIELD,
} from "./index_plan.ts";
import { INDEX_NAMES_MAX } from "./limits.ts";
import type { OpensearchSettings } from "./opensearch_settings.ts";
import { patientRequest, type Requester } from "./patient_request.ts";
import { type OpensearchAnswer, refusalOf, refusalText } from "./refusal.ts";

/**
 * Templates with longer names go first: the patterns of query `a` may match
 * indices of query `a-b`. Above what users' own catch-all templates have.
 */
const PRIORITY_FIRST = 500;

/** Options for {@linkcode IndexKeeper}. */
export interface IndexKeeperOptions {
  readonly queries: readonly QueryPlan[];
  readonly indexPlan: IndexPlan;
  readonly settings: Pick<
    OpensearchSettings,
    "replacesTemplates" | "auth" | "origins"
  >;
  readonly log: SinkLog | undefined;
}

interface FoundTemplate {
  readonly index_patterns?: readonly string[];
  readonly template?: { readonly mappings?: FoundMapping };
}

function jsonOf<T>({ bytes }: OpensearchAnswer): T {
  return JSON.parse(bytes.toString("utf8")) as T;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Everything of a mapping but what describes the job. */
function bare(mapping: object): object {
  const { _meta: _, ...rest } = mapping as Record<string, unknown>;
  return rest;
}

/** A mapping as earlier versions made it. */
function withoutQuery(mapping: IndexMapping): IndexMapping {
  const { [QUERY_FIELD]: _, ...properties } = mapping.properties;
  return { ...mapping, properties };
}

/** Keeps the indices of a job. */
export class IndexKeeper {
  readonly #options: IndexKeeperOptions;
  /** Names that are there, or on their way. */
  readonly #made = new Map<string, Promise<void>>();

  constructor(options: IndexKeeperOptions) {
    this.#options = options;
  }

  /**
   * Installs or checks the templates.
   *
   * @throws {FlagdropError} When one differs in what matters.
   */
  async prepare(requester: Requester): Promise<void> {
    for (const query of this.#options.queries) {
      await this.#prepareTemplate(requester, query);
    }
  }

  /**
   * Makes or checks an index, once.
   *
   * @param name As the index plan names it.
   * @throws {FlagdropError} When it can't be written to.
   */
  ensure(requester: Requester, name: string): Promise<void> {
    let made = this.#made.get(name);
    if (made === undefined) {
      made = this.#make(requester, name).catch((error: unknown) => {
        this.#made.delete(name);
        throw error;
      });
      this.#made.set(name, made);
      const [oldest] = this.#made.keys();
      if (this.#made.size > INDEX_NAMES_MAX && oldest !== undefined) {
        this.#made.delete(oldest);
      }
    }
    return made;
  }

  /** An index is no longer there. */
  forget(name: string): void {
    this.#made.delete(name);
  }

  #fail(what: string, why: string, remedy: string): FlagdropError {
    const { origins } = this.#options.settings;
    return new FlagdropError(
      "FD_SINK",
      `Cannot use ${what} at ${origins.join(",")} as ${why}: ${remedy}`,
      { domain: "user" },
    );
  }

  /** Unless the answer is a success. */
  #check(answer: OpensearchAnswer, what: string): void {
    if (answer.status < 300) return;
    throw this.#fail(
      what,
      `the cluster refused (${refusalText(refusalOf(answer))})`,
      "mend it there or choose another --opensearch-index",
    );
  }

  async #prepareTemplate(
    requester: Requester,
    query: QueryPlan,
  ): Promise<void> {
    const { indexPlan, settings, log } = this.#options;
    // Before anything is written: a cluster simulates no index, and takes no
    // template, where a stream or an alias has the name.
    const first = indexPlan.indexOf(query, 0);
    const there = await this.#found(requester, first);
    this.#checkTarget(first, there ?? {});
    const name = indexPlan.baseOf(query);
    const path = `/_index_template/${name}`;
    const mappings = indexPlan.mappingOf(query);
    const body = {
      index_patterns: [name, `${name}-*`],
      priority: PRIORITY_FIRST + name.length,
      template: { mappings },
    };
    const found = await this.#foundTemplate(requester, path);
    const has = (mapping: IndexMapping) =>
      isDeepStrictEqual(found?.index_patterns, body.index_patterns) &&
      isDeepStrictEqual(bare(found?.template?.mappings ?? {}), bare(mapping));
    const isSame = has(mappings);
    if (found === undefined || (settings.replacesTemplates && !isSame)) {
      this.#check(
        await patientRequest(requester, {
          method: "PUT",
          path,
          body: json(body),
        }),
        `index template "${name}"`,
      );
    } else if (!isSame && !has(withoutQuery(mappings))) {
      log?.warn(
        { template: name },
        "the index template differs from ours and is left as it is",
      );
    }
    const isAlias = there !== undefined && !(first in there);
    if (!isAlias) await this.#checkWinner(requester, query);
  }

  async #foundTemplate(
    requester: Requester,
    path: string,
  ): Promise<FoundTemplate | undefined> {
    const answer = await patientRequest(requester, { method: "GET", path });
    if (answer.status === 404) return undefined;
    this.#check(answer, `index template "${path.split("/").at(-1)}"`);
    const { index_templates: all } = jsonOf<{
      index_templates?: { index_template?: FoundTemplate }[];
    }>(answer);
    return all?.[0]?.index_template;
  }

  /** What a new index would get, of all templates that match it. */
  async #checkWinner(requester: Requester, query: QueryPlan): Promise<void> {
    const { indexPlan, settings } = this.#options;
    const { auth } = settings;
    // Serverless collections don't simulate; the made index is checked anyway.
    if (auth.type === "sigv4" && auth.service === "aoss") return;
    const name = indexPlan.indexOf(query, 0);
    const answer = await patientRequest(requester, {
      method: "POST",
      path: `/_index_template/_simulate_index/${name}`,
    });
    if (answer.status >= 300) return;
    const { template } = jsonOf<FoundTemplate>(answer);
    const [problem] = mappingProblems(
      indexPlan.mappingOf(query),
      template?.mappings ?? {},
    );
    if (problem === undefined) return;
    throw this.#fail(
      `the index template for "${name}"`,
      `${problem} in what wins there`,
      "mend that template, or replace ours with --opensearch-template replace",
    );
  }

  #queryOf(index: string): QueryPlan {
    const { queries, indexPlan } = this.#options;
    const found = queries
      .filter((query) => {
        const base = indexPlan.baseOf(query);
        return index === base || index.startsWith(`${base}-`);
      })
      .sort((a, b) => b.name.length - a.name.length)[0];
    if (found === undefined) throw new RangeError(`Cannot place "${index}"`);
    return found;
  }

  async #found(
    requester: Requester,
    name: string,
  ): Promise<Record<string, FoundIndex> | undefined> {
    const answer = await patientRequest(requester, {
      method: "GET",
      path: `/${name}`,
    });
    if (answer.status === 404) return undefined;
    this.#check(answer, `index "${name}"`);
    return jsonOf<Record<string, FoundIndex>>(answer);
  }

  async #make(requester: Requester, name: string): Promise<void> {
    let found = await this.#found(requester, name);
    if (found === undefined) {
      const answer = await patientRequest(requester, {
        method: "PUT",
        path: `/${name}`,
      });
      const { type } = answer.status < 300 ? { type: "" } : refusalOf(answer);
      // Another run, or a request that got no answer, was first.
      if (type !== "resource_already_exists_exception") {
        this.#check(answer, `index "${name}"`);
      }
      found = (await this.#found(requester, name)) ?? {};
    }
    this.#checkTarget(name, found);
    await this.#checkMapping(requester, name, found);
  }

  #checkTarget(name: string, found: Record<string, FoundIndex>): void {
    const target = targetProblem(name, found);
    if (target === undefined) return;
    throw this.#fail(
      `"${name}"`,
      target,
      "documents are written by id and need an index: choose another --opensearch-index",
    );
  }

  async #checkMapping(
    requester: Requester,
    name: string,
    found: Record<string, FoundIndex>,
  ): Promise<void> {
    const { indexPlan, settings } = this.#options;
    const wanted = indexPlan.mappingOf(this.#queryOf(name));
    const [index] = Object.values(found);
    const { replacesTemplates } = settings;
    const problems = mappingProblems(
      wanted,
      index?.mappings ?? {},
      replacesTemplates,
    );
    if (problems.length === 0) return;
    const remedy =
      "delete or reindex it, or choose another --opensearch-index; fields that are only missing are added with --opensearch-template replace";
    if (!replacesTemplates) {
      throw this.#fail(`index "${name}"`, problems.join(", "), remedy);
    }
    // Adding is always possible; what can't be changed is refused there.
    const { properties, _meta } = wanted;
    this.#check(
      await patientRequest(requester, {
        method: "PUT",
        path: `/${name}/_mapping`,
        body: json({ properties, _meta }),
      }),
      `index "${name}" with ${problems.join(", ")}`,
    );
  }
}
