/**
 * A run's options as they may be shown: without secrets.
 *
 * @module
 */

const SECRET_REGEXP = /token|secret|password|credential|apikey|api_key/i;

/** What stands for a secret. */
const MASK = "••••••";

function maskedText(text: string): string {
  // A user and password in an address, and signatures behind it.
  return text
    .replace(/(:\/\/)[^/\s@]+@/g, `$1${MASK}@`)
    .replace(
      /([?&][^=&]*(?:token|secret|password|signature|key)[^=&]*=)[^&\s]+/gi,
      `$1${MASK}`,
    );
}

/** The options with what is secret replaced, and nothing undefined. */
export function maskedConfig(
  options: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        if (SECRET_REGEXP.test(name)) return [name, MASK];
        const text =
          typeof value === "string" ? value : (JSON.stringify(value) ?? "");
        return [name, maskedText(text)];
      })
      .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  );
}
