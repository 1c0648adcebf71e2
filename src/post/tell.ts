import type { Fault } from "../platforms/platform.ts";
import type { Work } from "./prepare-task.ts";
import type { Report, ReportAnswer } from "./report.ts";
import type { MadeCall } from "./timeline.ts";

/*
 * How a consumer speaks to the post's object: each report takes along which calls were made before it.
 */

/** Reports to the post's object, with the calls that it has not heard of. */
export function tell(work: Work, made: Report): Promise<ReportAnswer> {
  work.tally.outcome = made.is;
  return work.deps.posts(work.ref).report(work.holder, made, work.calls.splice(0));
}

/** Makes a call to the platform and remembers what it was answered, and how long that took. */
export async function callTo<Outcome extends { is: string }>(
  work: Work,
  is: MadeCall["is"],
  name: string,
  call: () => Promise<Outcome>,
): Promise<Outcome> {
  const at = work.deps.clock();
  const outcome = await call();
  const fault = "fault" in outcome ? (outcome.fault as Fault | undefined) : undefined;
  const ms = work.deps.clock() - at;
  work.tally.calls += 1;
  work.tally.callsMs += ms;
  work.calls.push({ is, at, ms, name, outcome: outcome.is, ...(fault && { fault }) });
  return outcome;
}
