import type { Millis } from "../lib/clock.ts";

/** How often, and over how long, a post must be read as absent before its absence is believed. */
export interface AbsenceRule {
  readings: number;
  span: Millis;
}

/**
 * Whether these readings, each of which found nothing, are proof enough that nothing happened. One reading never is:
 * platforms list late.
 *
 * @param absentAt when nothing was found, in order
 */
export function provesAbsence(absentAt: readonly Millis[], rule: AbsenceRule): boolean {
  const [first, last] = [absentAt[0], absentAt.at(-1)];
  if (first === undefined || last === undefined) return false;
  return absentAt.length >= rule.readings && last - first >= rule.span;
}
