import { parseArgs } from "node:util";

/** What `npm run simulate` is asked for. */
export interface Options {
  /** Replays one seed and shows what happens. */
  seed: number | null;
  /** Runs what is scripted: one by its name, or all. */
  scenario: string | null;
  from: number;
  to: number;
  workers: number;
  /** Looks for a seed that catches each missing guard. */
  mutations: boolean;
  /** Only the guard of this name. */
  guard: string | null;
  /** One line of JSON for whoever started this. */
  json: boolean;
  /** Every so many seeds, for one of several workers. */
  stride: number;
  /** Shows the whole run of a failing seed, not the smallest that fails. */
  whole: boolean;
}

export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string" },
      scenario: { type: "string" },
      seeds: { type: "string", default: "1..1000" },
      workers: { type: "string", default: "1" },
      mutations: { type: "boolean", default: false },
      guard: { type: "string" },
      json: { type: "boolean", default: false },
      stride: { type: "string", default: "1" },
      whole: { type: "boolean", default: false },
    },
  });
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(values.seeds) ?? [];
  if (from === undefined || to === undefined) throw new Error('--seeds must be like "1..1000"');
  return {
    seed: values.seed === undefined ? null : Number(values.seed),
    scenario: values.scenario ?? null,
    from: Number(from),
    to: Number(to),
    workers: Number(values.workers),
    mutations: values.mutations,
    guard: values.guard ?? null,
    json: values.json,
    stride: Number(values.stride),
    whole: values.whole,
  };
}
