// Hot path: CRC-32C over everything that snappy decompresses, eight bytes a
// step. Measured by the snappy case of perf/source_bench.ts; the plain form is
// in the test.

const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256, one after the other. */
const TABLES = new Uint32Array(8 * 256);
for (let i = 0; i < 256; i++) {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) {
    crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  }
  TABLES[i] = crc;
}
for (let i = 256; i < TABLES.length; i++) {
  const before = TABLES[i - 256]!;
  TABLES[i] = (before >>> 8) ^ TABLES[before & 0xff]!;
}

/** CRC-32C (Castagnoli) of some bytes. */
export function crc32c(bytes: Uint8Array): number {
  const t = TABLES;
  const whole = bytes.length - (bytes.length % 8);
  let crc = 0xffffffff;
  let i = 0;
  for (; i < whole; i += 8) {
    const low =
      crc ^
      (bytes[i]! |
        (bytes[i + 1]! << 8) |
        (bytes[i + 2]! << 16) |
        (bytes[i + 3]! << 24));
    crc =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[i + 4]!]! ^
      t[512 + bytes[i + 5]!]! ^
      t[256 + bytes[i + 6]!]! ^
      t[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) {
    crc = (crc >>> 8) ^ t[(crc ^ bytes[i]!) & 0xff]!;
  }
  return ~crc >>> 0;
}
