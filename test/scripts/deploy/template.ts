/** A committed template, for tests. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the templates lie. */
export const DEPLOY = join(import.meta.dirname, "../../../scripts/deploy");

interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Parameters: Readonly<
    Record<string, { readonly Default?: unknown; readonly Description: string }>
  >;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

export function readTemplate(
  name: "build" | "infrastructure" | "flink",
): Template {
  return JSON.parse(
    readFileSync(join(DEPLOY, `${name}.template.json`), "utf8"),
  ) as Template;
}

/** Resources of one type, by their logical ids. */
export function ofType(template: Template, type: string) {
  return Object.entries(template.Resources).filter(
    ([, resource]) => resource.Type === type,
  );
}
