/**
 * Compares what a cluster has with what the job's documents need.
 *
 * @module
 */
import {
  type FieldMapping,
  type IndexMapping,
  QUERY_FIELD,
} from "./index_plan.ts";

/** A mapping as a cluster tells it; whatever is missing is undefined. */
export interface FoundMapping {
  readonly properties?: Readonly<Record<string, FoundField | undefined>>;
}

/** A field as a cluster tells it. */
interface FoundField {
  readonly type?: string;
  readonly format?: string;
  readonly copy_to?: string | readonly string[];
  readonly index?: unknown;
  readonly doc_values?: unknown;
}

/** Further types that hold the same values. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  long: ["integer", "unsigned_long", "double"],
};

function fieldProblem(
  name: string,
  wanted: FieldMapping,
  found: FoundField | undefined,
): string | undefined {
  if (found === undefined) return `field "${name}" is missing`;
  const type = found.type ?? "object";
  if (type !== wanted.type && !ALSO[wanted.type]?.includes(type)) {
    return `field "${name}" is of type ${type} instead of ${wanted.type}`;
  }
  const { format } = found;
  if (wanted.type === "date" && format !== undefined) {
    if (!/\bepoch_millis\b/.test(format)) {
      return `field "${name}" has no format epoch_millis`;
    }
  }
  const copies = [found.copy_to ?? []].flat();
  const missing = wanted.copy_to?.find((target) => !copies.includes(target));
  if (missing !== undefined)
    return `field "${name}" is not copied to "${missing}"`;
  if (String(found.doc_values ?? true) === "false") {
    return `field "${name}" has no doc_values`;
  }
  return undefined;
}

/**
 * What a found mapping lacks, one line each; empty when it will do.
 *
 * @param needsAll Whether a field that only Flink's documents have is to be
 * there too; indices of earlier versions have none.
 */
export function mappingProblems(
  wanted: IndexMapping,
  found: FoundMapping,
  needsAll = false,
): string[] {
  return Object.entries(wanted.properties).flatMap(([name, field]) => {
    const there = found.properties?.[name];
    if (name === QUERY_FIELD && (there !== undefined || !needsAll)) return [];
    const problem = fieldProblem(name, field, there);
    return problem === undefined ? [] : [problem];
  });
}

/** An index as `GET /INDEX` tells it. */
export interface FoundIndex {
  readonly aliases?: Readonly<
    Record<string, { readonly is_write_index?: boolean }>
  >;
  readonly mappings?: FoundMapping;
  readonly settings?: {
    readonly index?: {
      readonly plugins?: {
        readonly index_state_management?: { readonly rollover_alias?: string };
      };
      readonly lifecycle?: { readonly rollover_alias?: string };
    };
  };
}

/** Why an index must not be written to under a name; undefined if it may. */
export function targetProblem(
  name: string,
  found: Readonly<Record<string, FoundIndex>>,
): string | undefined {
  const entries = Object.entries(found);
  const [first] = entries;
  if (first === undefined) return undefined;
  const [index, { aliases = {}, settings }] = first;
  if (index.startsWith(".ds-")) return "it is a data stream";
  if (entries.length > 1) {
    return `it is an alias of ${entries.length} indices`;
  }
  if (index === name) return undefined;
  const ism = settings?.index?.plugins?.index_state_management;
  const rollsOver =
    aliases[name]?.is_write_index !== undefined ||
    ism?.rollover_alias !== undefined ||
    settings?.index?.lifecycle?.rollover_alias !== undefined ||
    /-\d{6}$/.test(index);
  return rollsOver ? `it is a rollover alias of "${index}"` : undefined;
}
