/** A guard that is taken out. */
export interface Mutation {
  /** What is missing. */
  name: string;
  /** Below the project's root. */
  file: string;
  /** Stands there exactly once. */
  find: string;
  replace: string;
  /** A seed that catches it. */
  seed: number;
  /** Takes the guard out of the file. @throws when it is not there exactly once */
  apply(source: string): string;
}

const GUARDS: Omit<Mutation, "apply">[] = [];

export const MUTATIONS: readonly Mutation[] = GUARDS.map((guard) => ({
  ...guard,
  apply(source) {
    const parts = source.split(guard.find);
    if (parts.length !== 2)
      throw new Error(`${guard.file} has "${guard.find}" ${parts.length - 1} times, and not once`);
    return parts.join(guard.replace);
  },
}));

/** @returns null for no name; @throws for one that nobody knows */
export function mutationNamed(name: string): Mutation | null {
  if (name === "") return null;
  const mutation = MUTATIONS.find((each) => each.name === name);
  if (!mutation) throw new Error(`there is no mutation "${name}"`);
  return mutation;
}
