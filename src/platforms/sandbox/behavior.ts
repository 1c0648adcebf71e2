import type { Millis } from "../../lib/clock.ts";
import { SECOND } from "../../lib/clock.ts";
import type { SandboxBehavior } from "../../lib/vocabulary.ts";
import { GraphFailure, LostAnswer } from "./graph-answers.ts";
import type { NetworkContext, SandboxCall } from "./network.ts";

/*
 * How sandbox accounts misbehave, so that a client's own tests can meet each kind of trouble on purpose.
 */

/** The calls that make a post public. */
const COMMITS: readonly string[] = ["media_publish", "feed"];

/** How long an image is processed before its container is ready. */
export function processingTime(behavior: SandboxBehavior): Millis {
  return behavior === "slow_processing" ? 10 * SECOND : 0;
}

/** Trouble before the call is carried out. */
export function beforeCalling(context: NetworkContext, call: SandboxCall, edge: string): void {
  const { user } = call;
  if (user.behavior === "token_expired") {
    throw new GraphFailure(190, 463, "Error validating access token: Session has expired.");
  }
  if (user.behavior === "transient_errors" && !isCommit(call, edge)) {
    const calls = (user.calls[edge] ?? 0) + 1;
    context.records.saveUser({ ...user, calls: { ...user.calls, [edge]: calls } });
    // Every second call of a kind works. A commit that fails is what `lost_answer` is for.
    if (calls % 2 === 1) {
      throw new GraphFailure(2, null, "Service temporarily unavailable", { status: 500 });
    }
  }
}

/** Trouble after the call was carried out. */
export function beforeAnswering(call: SandboxCall, edge: string): void {
  if (call.user.behavior === "lost_answer" && isCommit(call, edge)) throw new LostAnswer("the answer was dropped");
}

function isCommit(call: SandboxCall, edge: string): boolean {
  if (call.method !== "POST") return false;
  return COMMITS.includes(edge) || (edge === "photos" && call.params.get("published") !== "false");
}
