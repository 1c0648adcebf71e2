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

/**
 * A file of the project as it is without the guard.
 *
 * @throws when what the guard consists of is not there exactly once
 */
export function withoutGuard(guard: Guard, file: string, source: string): string {
  return guard.edits
    .filter((edit) => edit.file === file)
    .reduce((text, { find, replace }) => {
      const parts = text.split(find);
      if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times, and not once`);
      return parts.join(replace);
    }, source);
}
