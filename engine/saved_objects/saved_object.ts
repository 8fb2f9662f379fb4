/**
 * Saved objects of OpenSearch Dashboards, as its import takes them: one JSON
 * text a line.
 *
 * @module
 */

/** Major versions of Dashboards that objects are written for. */
export const DASHBOARDS_VERSIONS = ["2", "3"] as const;
/** One of {@linkcode DASHBOARDS_VERSIONS}. */
export type DashboardsVersion = (typeof DASHBOARDS_VERSIONS)[number];

/** The type of a saved object. */
export type SavedObjectType =
  | "index-pattern"
  | "visualization"
  | "map"
  | "dashboard";

/** That one object needs another. */
export interface SavedReference {
  readonly name: string;
  readonly type: SavedObjectType;
  readonly id: string;
}

/** One object. */
export interface SavedObject {
  readonly id: string;
  readonly type: SavedObjectType;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly SavedReference[];
  /** Up to which version its form is: newer ones bring it up to theirs. */
  readonly migrationVersion?: Readonly<Record<string, string>>;
}

/** Newest changes of each type's form, the same in 2.x and 3.x. */
const MIGRATIONS: Partial<Record<SavedObjectType, string>> = {
  "index-pattern": "7.6.0",
  visualization: "7.10.0",
  dashboard: "7.9.3",
};

/** Makes an object in the newest form of its type. */
export function savedObject(
  object: Omit<SavedObject, "migrationVersion">,
): SavedObject {
  const version = MIGRATIONS[object.type];
  if (version === undefined) return object;
  return { ...object, migrationVersion: { [object.type]: version } };
}

/** Where the index pattern of a search stands in its object's references. */
export const SEARCH_INDEX = "kibanaSavedObjectMeta.searchSourceJSON.index";

/** Objects as a file for the import. */
export function savedObjectLines(objects: readonly SavedObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}
