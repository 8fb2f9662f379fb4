/**
 * Keeps the AWS SDK from telling users about Node versions: the SDK is pinned
 * to a version that supports the present one, and its warning is about later
 * versions of itself.
 *
 * @module
 */

/** To be called before a client of the SDK is made. An own setting stays. */
export function quietSdk(): void {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
}
