/**
 * Shapes of requests: what type each member has (else the service answers
 * `SerializationException`) and which constraints it must satisfy (else
 * `ValidationException`, which tells of all problems at once).
 *
 * @module
 */
import { ServiceError } from "../service_error.ts";

/** How a request is written. */
export type Wire = "json" | "cbor";

/** What goes along while a request is read. */
export interface Reading {
  readonly wire: Wire;
  /** Constraints that aren't satisfied, as the service words them. */
  readonly problems: string[];
}

/** Reads one kind of value. */
export interface Shape<T> {
  /**
   * @param value From the decoded request; never null.
   * @param path Where it stood, such as `records.1.member.data`.
   * @param reading Gets the problems.
   * @throws {ServiceError} `SerializationException` for a wrong type.
   */
  read(value: unknown, path: string, reading: Reading): T;
}

/** A member of a structure. */
export interface Member<T> {
  readonly shape: Shape<unknown>;
  readonly isRequired: boolean;
  /** Carries the member's type only; never there. */
  readonly type?: T;
}

/** A member that must be there. */
export function required<T>(shape: Shape<T>): Member<T> {
  return { shape, isRequired: true };
}

/** A member that may be left out or null. */
export function optional<T>(shape: Shape<T>): Member<T | undefined> {
  return { shape, isRequired: false };
}

/** A failed constraint, as the service words it. */
export function problem(path: string, constraint: string, shown?: string) {
  const value = shown === undefined ? "Value" : `Value ${shown}`;
  return `${value} at '${path}' failed to satisfy constraint: Member must ${constraint}`;
}

function typeError(value: unknown, wanted: string): ServiceError {
  const found = Array.isArray(value)
    ? "a list"
    : value instanceof Uint8Array
      ? "a byte string"
      : `a value of type ${typeof value}`;
  return new ServiceError(
    "SerializationException",
    `Expected ${wanted}, found ${found}`,
  );
}

/** Constraints of {@linkcode text}. */
export interface TextOptions {
  /** In UTF-16 units, as Java counts. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly values?: readonly string[];
}

function textProblem(value: string, options: TextOptions, regexp?: RegExp) {
  const { min = 0, max = Number.POSITIVE_INFINITY, values } = options;
  if (regexp !== undefined && !regexp.test(value)) {
    return `satisfy regular expression pattern: ${options.pattern}`;
  }
  if (value.length > max) return `have length less than or equal to ${max}`;
  if (value.length < min) return `have length greater than or equal to ${min}`;
  if (values !== undefined && !values.includes(value)) {
    return `satisfy enum value set: [${values.join(", ")}]`;
  }
  return undefined;
}

/** A string. */
export function text<T extends string = string>(
  options: TextOptions = {},
): Shape<T> {
  const regexp =
    options.pattern === undefined
      ? undefined
      : new RegExp(`^(?:${options.pattern})$`);
  return {
    read(value, path, { problems }) {
      if (typeof value !== "string") throw typeError(value, "a string");
      const found = textProblem(value, options, regexp);
      if (found !== undefined)
        problems.push(problem(path, found, `'${value}'`));
      return value as T;
    },
  };
}

/** A whole number; fractions are cut off, as the service does. */
export function integer(
  options: { readonly min?: number; readonly max?: number } = {},
): Shape<number> {
  const { min = -(2 ** 63), max = 2 ** 63 } = options;
  return {
    read(value, path, { problems }) {
      if (typeof value !== "number" || Number.isNaN(value)) {
        throw typeError(value, "a number");
      }
      const whole = Math.trunc(value);
      if (whole > max) {
        const constraint = `have value less than or equal to ${max}`;
        problems.push(problem(path, constraint, `'${whole}'`));
      } else if (whole < min) {
        const constraint = `have value greater than or equal to ${min}`;
        problems.push(problem(path, constraint, `'${whole}'`));
      }
      return whole;
    },
  };
}

/** True or false. */
export function boolean(): Shape<boolean> {
  return {
    read(value) {
      if (typeof value !== "boolean") throw typeError(value, "a boolean");
      return value;
    },
  };
}

/** A time in epoch milliseconds: seconds in JSON, milliseconds in CBOR. */
export function timestamp(): Shape<number> {
  return {
    read(value, _path, { wire }) {
      if (typeof value !== "number" || !Number.isFinite(value)) {
        throw typeError(value, "a timestamp");
      }
      return Math.round(wire === "json" ? value * 1_000 : value);
    },
  };
}

const BASE64_REGEXP = /^[A-Za-z0-9+/]*={0,2}$/;

/** Bytes: base64 in JSON, a byte string in CBOR. */
export function blob(): Shape<Uint8Array> {
  return {
    read(value, _path, { wire }) {
      if (wire === "cbor" && value instanceof Uint8Array) return value;
      if (wire === "cbor" || typeof value !== "string") {
        throw typeError(value, wire === "cbor" ? "a byte string" : "base64");
      }
      if (value.length % 4 !== 0 || !BASE64_REGEXP.test(value)) {
        throw new ServiceError(
          "SerializationException",
          `A string of ${value.length} characters can not be converted to a Blob: it is no base64`,
        );
      }
      return Buffer.from(value, "base64");
    },
  };
}

/** A list of values of one shape. */
export function list<T>(
  item: Shape<T>,
  options: { readonly min: number; readonly max: number },
): Shape<readonly T[]> {
  const { min, max } = options;
  return {
    read(value, path, reading) {
      if (!Array.isArray(value)) throw typeError(value, "a list");
      if (value.length < min || value.length > max) {
        const constraint =
          value.length > max
            ? `have length less than or equal to ${max}`
            : `have length greater than or equal to ${min}`;
        reading.problems.push(problem(path, constraint));
        return [];
      }
      return value.map((each: unknown, index) => {
        if (each === null) throw typeError(each, "a value");
        return item.read(each, `${path}.${index + 1}.member`, reading);
      });
    },
  };
}

type Members = Readonly<Record<string, Member<unknown>>>;

/** What a structure of some members gives. */
export type Structure<M extends Members> = {
  readonly [K in keyof M]: M[K] extends Member<infer T> ? T : never;
};

/** Lists of problems end here, as the service's do. */
const PROBLEM_COUNT_MAX = 10;

/** A structure; unknown members are passed over. */
export function structure<M extends Members>(members: M): Shape<Structure<M>> {
  const entries = Object.entries(members).map(
    ([name, { shape, isRequired }]) => ({
      name,
      wireName: `${name.charAt(0).toLowerCase()}${name.slice(1)}`,
      shape,
      isRequired,
    }),
  );
  return {
    read(value, path, reading) {
      if (
        typeof value !== "object" ||
        value === null ||
        Array.isArray(value) ||
        value instanceof Uint8Array
      ) {
        throw typeError(value, "a structure");
      }
      const given = value as Readonly<Record<string, unknown>>;
      const result: Record<string, unknown> = {};
      for (const { name, wireName, shape, isRequired } of entries) {
        const member = Object.hasOwn(given, name) ? given[name] : undefined;
        const memberPath = path === "" ? wireName : `${path}.${wireName}`;
        if (member !== undefined && member !== null) {
          result[name] = shape.read(member, memberPath, reading);
        } else if (isRequired) {
          reading.problems.push(problem(memberPath, "not be null", "null"));
        }
      }
      return result as Structure<M>;
    },
  };
}

/** Throws what the service would for constraints that aren't satisfied. */
export function throwProblems(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, PROBLEM_COUNT_MAX);
  throw new ServiceError(
    "ValidationException",
    `${shown.length} validation error${shown.length > 1 ? "s" : ""} detected: ${shown.join("; ")}`,
  );
}

/**
 * Reads a whole request.
 *
 * @throws {ServiceError} `SerializationException` or `ValidationException`.
 */
export function readInput<T>(shape: Shape<T>, value: unknown, wire: Wire): T {
  const problems: string[] = [];
  const input = shape.read(value, "", { wire, problems });
  throwProblems(problems);
  return input;
}
