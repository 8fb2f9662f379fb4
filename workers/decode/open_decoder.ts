/**
 * Opens the decoder of a job.
 *
 * @module
 */
import type { JobPlan } from "../../engine/job/plan.ts";
import type { TextSizes } from "../../engine/kinesis/text_memory_kernel.ts";
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
 * @param answers What its memory shall have room for. @default {nothing}
 * @returns A decoder of its own: it isn't shared and not closed.
 */
export function openDecoder(plan: JobPlan, answers?: TextSizes): Decoder {
  if (!comparesAsBytes(plan)) return new JsonDecoder(plan);
  return new ExactDecoder({
    plan,
    makeFunction: canMakeFunctions(makeFunction) ? makeFunction : undefined,
    runMemory: RunMemory.open(plan, answers),
  });
}
