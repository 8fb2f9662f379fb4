/**
 * Times in events: `YYYY-MM-DD(T| )hh:mm[:ss[.f…]]` with `Z`, `±hh:mm` or
 * nothing (UTC) behind it. Digits past milliseconds are cut off.
 *
 * @module
 */

const TIME_REGEXP =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))?$/;

const MINUTE_MS = 60_000;

/** Days of a month, January being 1; proleptic Gregorian calendar. */
function daysIn(year: number, month: number): number {
  if (month === 2) {
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    return leap ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Reads a time.
 *
 * @param text The time as the event has it.
 * @returns Epoch ms, or NaN when the text is no time: wrong shape, or a month,
 * day, hour, minute, second or offset that does not exist.
 */
export function parseTimeMs(text: string): number {
  const match = TIME_REGEXP.exec(text);
  if (match === null) return Number.NaN;
  const part = (index: number) => Number(match[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const offsetHour = part(9);
  const offsetMinute = part(10);
  if (
    month < 1 ||
    month > 12 ||
    day < 1 ||
    day > daysIn(year, month) ||
    hour > 23 ||
    minute > 59 ||
    second > 59 ||
    offsetHour > 23 ||
    offsetMinute > 59
  ) {
    return Number.NaN;
  }
  const date = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millis(match[7]));
  const offsetMs = (offsetHour * 60 + offsetMinute) * MINUTE_MS;
  return date.getTime() - (match[8] === "-" ? -offsetMs : offsetMs);
}

function millis(fraction: string | undefined): number {
  return fraction === undefined
    ? 0
    : Number(fraction.slice(0, 3).padEnd(3, "0"));
}
