import type { Outcome } from "./simulate.ts";
import { simulate } from "./simulate.ts";

/** What a violation is about: `I1` of `I1: more public posts than tasks`. */
function kindOf(violation: string): string {
  return violation.split(":")[0] ?? violation;
}

const MOST_RUNS = 400;

/**
 * Leaves out faults and posts for as long as the seed still fails in the same way (delta debugging).
 *
 * @returns what has to be left out so that nothing but the cause is left
 */
export async function shrink(failed: Outcome): Promise<ReadonlySet<string>> {
  const kinds = failed.violations.map(kindOf);
  let disabled = new Set<string>();
  let last = failed;
  let runs = 0;
  const stillFails = async (without: Set<string>): Promise<boolean> => {
    runs += 1;
    const outcome = await simulate(failed.seed, { disabled: without });
    if (!outcome.violations.map(kindOf).some((kind) => kinds.includes(kind))) return false;
    last = outcome;
    return true;
  };
  for (let size = Math.ceil((last.fired.length + last.posts.length) / 2); size >= 1; size = Math.floor(size / 2)) {
    // What is left out brings up what had no chance before: gone over until nothing changes.
    for (let hasShrunk = true; hasShrunk && runs < MOST_RUNS; ) {
      hasShrunk = false;
      const parts = [...last.posts, ...last.fired];
      for (let from = 0; from < parts.length && runs < MOST_RUNS; from += size) {
        const without = new Set([...disabled, ...parts.slice(from, from + size)]);
        if (without.size === disabled.size || !(await stillFails(without))) continue;
        disabled = without;
        hasShrunk = true;
      }
    }
  }
  return disabled;
}
