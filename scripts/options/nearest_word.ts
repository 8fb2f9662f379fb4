/**
 * What a misspelt word was meant to be.
 *
 * @module
 */

/** Changes between two words: letters added, left out or exchanged. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/**
 * The word nearest to another.
 *
 * @returns `undefined` when none is near: a third of its letters must stand.
 */
export function nearestWord(
  word: string,
  words: readonly string[],
): string | undefined {
  const distances = words.map((one) => editDistance(word, one));
  const least = Math.min(...distances);
  const nearest = words[distances.indexOf(least)];
  return nearest !== undefined && least <= Math.ceil(word.length / 3)
    ? nearest
    : undefined;
}
