/**
 * Opens the decoder of a job.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";
import type { Decoder } from "./decoder.ts";
import { ExactDecoder } from "./exact_decoder_kernel.ts";
import { comparesAsBytes } from "./field_names.ts";
import { JsonDecoder } from "./json_decoder.ts";
import { RunMemory } from "./runs/run_memory.ts";
import { canMakeFunctions, makeFunction } from "./scanner/scanner_kernel.ts";

/**
 * Opens a decoder. Where the process forbids to make functions from text
 * (`--disallow-code-generation-from-strings`), it does without.
 *
 * @param plan The job.
 * @param textBytes Longest answer that its memory shall have room for.
 * @returns A decoder of its own: it isn't shared and not closed.
 */
export function openDecoder(plan: JobPlan, textBytes = 0): Decoder {
  if (!comparesAsBytes(plan)) return new JsonDecoder(plan);
  return new ExactDecoder({
    plan,
    makeFunction: canMakeFunctions(makeFunction) ? makeFunction : undefined,
    runMemory: RunMemory.open(plan, textBytes),
  });
}
