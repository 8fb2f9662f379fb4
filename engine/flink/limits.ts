/**
 * Limits of the translation and of what is asked of a cluster.
 *
 * @module
 */

/**
 * Boxes of one zone that are written into an expression. Flink generates Java
 * from it, and splits methods beyond 4,000 characters; hundreds of boxes work,
 * many thousands make planning take minutes.
 */
export const ZONE_BOXES_MAX = 1_000;
