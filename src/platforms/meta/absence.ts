import type { Millis } from "../../lib/clock.ts";
import { MINUTE } from "../../lib/clock.ts";
import type { Json } from "../../lib/json.ts";
import type { Armed, Io, Verdict } from "../platform.ts";
import { provesAbsence, readingInterval } from "../settling.ts";

/** A publication that counts the listings in which nothing of it was found while its commit is being settled. */
export type Sought = { absentAt: Millis[]; [member: string]: Json };

/** "Not published" is believed after so many complete listings since the commit, over at least this long. */
const READINGS = 5;
const SPAN: Millis = 10 * MINUTE;

/** What a complete listing means that has nothing of ours: not yet, or, seen often and late enough, that it did not happen. */
export function absentFromListing<S extends Sought>(state: S, armed: Armed, io: Io): Verdict<S> {
  const now = io.now();
  // What was read before this commit says nothing of it.
  const absentAt = [...state.absentAt.filter((at) => at >= armed.last), now];
  const rule = { readings: READINGS, span: io.scaled(SPAN) };
  if (provesAbsence(absentAt, rule)) return { is: "didNot", state: { ...state, absentAt: [] } };
  return { is: "askLater", state: { ...state, absentAt }, until: now + readingInterval(rule), saw: "nothing" };
}
