/**
 * The line of a Java stack trace that says what is wrong.
 *
 * @module
 */

/** Longest cause that is shown; generated SQL in a message has no bound. */
const CAUSE_CHARACTERS_MAX = 400;

/** What a stack trace's line has before its message. */
const EXCEPTION_REGEXP = /^(?:Caused by: )?(?:[\w$]+\.)+([\w$]+): ?/;

/**
 * The message of the innermost exception of an answer or a stack trace, on one
 * line.
 *
 * @param answer A REST answer with `errors`, or a stack trace.
 */
export function rootCause(answer: string): string {
  let text = answer;
  try {
    const { errors } = JSON.parse(answer) as { errors?: unknown };
    if (Array.isArray(errors)) text = errors.join("\n");
  } catch {
    // A stack trace as it is.
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const causes = lines.filter((line) => line.startsWith("Caused by: "));
  const line =
    causes.at(-1) ??
    lines.find((one) => EXCEPTION_REGEXP.test(one)) ??
    lines.find((one) => one !== "") ??
    "no reason given";
  const [match, name] = EXCEPTION_REGEXP.exec(line) ?? ["", ""];
  const message = line.slice(match.length).trim() || name || line;
  return message.length > CAUSE_CHARACTERS_MAX
    ? `${message.slice(0, CAUSE_CHARACTERS_MAX)}…`
    : message;
}
