import type { Millis } from "../lib/clock.ts";

/** How often, and over how long, a post must be read as absent before its absence is believed. */
export interface AbsenceRule {
  readings: number;
  span: Millis;
}

/** How long it is from one reading to the next. */
export function readingInterval({ readings, span }: AbsenceRule): Millis {
  return span / (readings - 1);
}

/**
 * Whether these readings, each of which found nothing, are proof enough that nothing happened. One reading never is:
 * platforms list late. Between two readings no more counts than is needed from one to the next: a clock that was set
 * forward meanwhile lets time pass for us that did not pass for the platform.
 *
 * @param absentAt when nothing was found, in order
 */
export function provesAbsence(absentAt: readonly Millis[], rule: AbsenceRule): boolean {
  const most = readingInterval(rule);
  let counted = 0;
  absentAt.forEach((at, index) => {
    counted += Math.min(Math.max(at - (absentAt[index - 1] ?? at), 0), most);
  });
  return absentAt.length >= rule.readings && counted >= rule.span;
}
