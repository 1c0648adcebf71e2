import { GUARDS } from "./guards.ts";

/*
 * The Worker with one guard taken out: the simulation must notice.
 */

/** One place in the source, or in a migration. */
export interface Edit {
  /** Below the project's root. */
  file: string;
  /** Stands there exactly once. */
  find: string;
  replace: string;
}

/** A guard, and how to take it out. */
export type Guard = {
  /** What it does. */
  name: string;
  edits: readonly Edit[];
} & Catch;

/** What shows that it is missing: a seed, or, where another guard nearly always stands in for it, a scripted scenario. */
export type Catch = { seed: number } | { scenario: string };

/** @throws when there is no guard of the name */
export function guardNamed(name: string): Guard {
  const guard = GUARDS.find((each) => each.name === name);
  if (!guard) throw new Error(`there is no guard "${name}"`);
  return guard;
}

/** The guard that this process runs without; null for none. */
export const MISSING_GUARD: Guard | null = process.env.SIMULATION_WITHOUT
  ? guardNamed(process.env.SIMULATION_WITHOUT)
  : null;

/** What takes days takes minutes or hours here, in the same order: a run is not that long. */
const SHORTENED: readonly Edit[] = [
  { file: "src/post/timing.ts", find: "KEPT_FOR: Millis = 7 * DAY", replace: "KEPT_FOR: Millis = 10 * MINUTE" },
  {
    file: "src/post/timing.ts",
    find: "KEPT_FOR_ASKING: Millis = 30 * DAY",
    replace: "KEPT_FOR_ASKING: Millis = 5 * HOUR",
  },
];

const EDITS: readonly Edit[] = [...SHORTENED, ...(MISSING_GUARD?.edits ?? [])];

/** Whether a file of the project is another one in the simulation. */
export function isEdited(file: string): boolean {
  return EDITS.some((edit) => edit.file === file);
}

/**
 * A file of the project as it is in the simulation.
 *
 * @throws when what is to be replaced is not there exactly once
 */
export function edited(file: string, source: string): string {
  return EDITS.filter((edit) => edit.file === file).reduce((text, { find, replace }) => {
    const parts = text.split(find);
    if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times, and not once`);
    return parts.join(replace);
  }, source);
}
