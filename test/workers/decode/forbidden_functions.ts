/**
 * Run in a process of its own that forbids to make functions from text: prints
 * what openDecoder() decodes there.
 */
import { openDecoder } from "../../../workers/decode/open_decoder.ts";
import {
  canMakeFunctions,
  makeFunction,
} from "../../../workers/decode/scanner/scanner_kernel.ts";
import { TAXI } from "./test_plans.ts";

const record = Buffer.from(
  '{"type":"watermark","watermark":"2016-01-01T00:00Z"}\n',
);
const decoder = openDecoder(TAXI);
const outcomes = [1, 2, 3, 4].map(() =>
  decoder.decode(record, 0, record.length),
);
process.stdout.write(
  JSON.stringify({
    canMake: canMakeFunctions(makeFunction),
    outcomes,
    watermarkMs: decoder.watermarkMs,
  }),
);
