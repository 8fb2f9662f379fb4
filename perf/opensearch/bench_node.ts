/**
 * What the benchmark asks of the node beside documents.
 *
 * @module
 */
import { request } from "undici";

/** Processor time of the node's process so far, ms. */
export async function nodeCpuMs(origin: string): Promise<number> {
  const { body } = await request(`${origin}/_nodes/_local/stats/process`);
  const { nodes } = (await body.json()) as {
    readonly nodes: Readonly<
      Record<
        string,
        {
          readonly process: {
            readonly cpu: { readonly total_in_millis: number };
          };
        }
      >
    >;
  };
  const [node] = Object.values(nodes);
  return node?.process.cpu.total_in_millis ?? Number.NaN;
}

/** Documents in an index, once all of them can be found. */
export async function documentsIn(
  origin: string,
  index: string,
): Promise<number> {
  const refresh = await request(`${origin}/${index}/_refresh`, {
    method: "POST",
  });
  await refresh.body.dump();
  const { body } = await request(`${origin}/${index}/_count`);
  return ((await body.json()) as { readonly count: number }).count;
}

/** Deletes indices, and what the node would still have merged of them. */
export async function deleteIndices(
  origin: string,
  names: readonly string[],
): Promise<void> {
  const { body } = await request(
    `${origin}/${names.join(",")}?ignore_unavailable=true`,
    { method: "DELETE" },
  );
  await body.dump();
}
