/**
 * The fields of a row of CSV. As lenient as spreadsheets are: a quote inside a
 * field that has none at its beginning is a character like others.
 *
 * @module
 */

const SEPARATORS = [",", ";", "\t", "|"] as const;

/** The character between the fields of a header: the one that is there most. */
export function separatorOf(header: string): string {
  const counts = SEPARATORS.map((one) => header.split(one).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function lineOf(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/**
 * Takes a row apart.
 *
 * @param text The row, with or without its line's end.
 * @param separator The character between fields.
 */
export function rowFields(text: string, separator: string): string[] {
  const row = lineOf(text);
  if (!row.includes('"')) return row.split(separator);
  const fields: string[] = [];
  for (let at = 0; ; ) {
    let value = "";
    if (row.charAt(at) === '"') {
      for (at++; ; ) {
        const quote = row.indexOf('"', at);
        const end = quote < 0 ? row.length : quote;
        value += row.slice(at, end);
        at = end + 1;
        if (row.charAt(at) !== '"' || quote < 0) break;
        value += '"';
        at++;
      }
    }
    const next = row.indexOf(separator, at);
    const end = next < 0 ? row.length : next;
    fields.push(value + row.slice(at, end));
    if (next < 0) return fields;
    at = next + 1;
  }
}
