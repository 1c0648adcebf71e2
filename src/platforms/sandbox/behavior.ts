import type { Millis } from "../../lib/clock.ts";
import { MINUTE, SECOND } from "../../lib/clock.ts";
import type { NetworkContext, SandboxCall } from "./call.ts";
import { GraphFailure, LostAnswer } from "./graph/answers.ts";
import type { SandboxUser } from "./store.ts";
import { usageHeaders } from "./usage.ts";

/*
 * How sandbox accounts misbehave, so that a client's own tests can meet each kind of trouble on purpose. A commit is a
 * call that makes something public: a post, or a comment.
 *
 * | behavior             | Instagram                                        | Facebook                               |
 * | -------------------- | ------------------------------------------------ | -------------------------------------- |
 * | `ok`                 | everything works                                 | the same                               |
 * | `slow_processing`    | every container takes ten seconds                | every video takes ten seconds          |
 * | `transient_errors`   | of the calls of a kind every other is answered   | the same                               |
 * |                      | HTTP 500 and not carried out; commits work       |                                        |
 * | `token_expired`      | every call is answered 190/463                   | the same                               |
 * | `lost_answer`        | every commit is carried out, and its answer      | the same                               |
 * |                      | never arrives                                    |                                        |
 * | `rate_limited`       | the first call that writes is answered 80002,    | the same, with 80001                   |
 * |                      | and so is every other until a minute has passed  |                                        |
 * |                      | without a call; then all works                   |                                        |
 * | `rejects_media`      | containers end in `ERROR`, by 2207005 for a      | a picture is answered 324; a video's   |
 * |                      | picture and 2207026 for a video                  | processing ends in an error that has   |
 * |                      |                                                  | words and no code, as in Meta's guide  |
 * | `quota_exhausted`    | the limit says that all is used, and publishing  | posts are answered 368/1390008         |
 * |                      | is answered 9/2207042                            |                                        |
 * | `permission_revoked` | every call that writes is answered 10            | the same, with 200                     |
 * | `container_expires`  | every other container is `EXPIRED` when it is    | every other upload session of a video  |
 * |                      | ready                                            | is lost                                |
 * | `held_by_platform`   | commits are answered 25/2207050                  | the same, with 368/4854002             |
 */

const THROTTLE: Millis = MINUTE;
/** What processing takes for a picture and for a video, unless it is slow. */
const PROCESSING: Record<"image" | "video", Millis> = { image: 0, video: 3 * SECOND };
const SLOW: Millis = 10 * SECOND;

/** How long the account's media is processed. */
export function processingTime(user: SandboxUser, type: "image" | "video"): Millis {
  return user.behavior === "slow_processing" ? SLOW : PROCESSING[type];
}

/** Whether the container or upload session that is made now is one that will be lost: the first, the third and so on. */
export function isLost(context: NetworkContext, user: SandboxUser): boolean {
  return user.behavior === "container_expires" && countCall(context, user.id, "lost") % 2 === 1;
}

/** Trouble before the call is carried out. */
export function beforeCalling(context: NetworkContext, call: SandboxCall): void {
  const { user } = call;
  const isInstagram = user.platform === "instagram";
  const isWrite = call.method !== "GET";
  switch (user.behavior) {
    case "token_expired":
      throw new GraphFailure(190, 463, "Error validating access token: Session has expired.");
    case "rate_limited":
      throttle(context, call);
      return;
    case "permission_revoked":
      if (!isWrite) return;
      if (isInstagram) throw new GraphFailure(10, null, "(#10) Application does not have permission for this action");
      throw new GraphFailure(200, null, "(#200) The permission pages_manage_posts is not granted", { status: 403 });
    case "held_by_platform":
      if (!isCommit(call)) return;
      if (isInstagram) throw new GraphFailure(25, 2207050, "The Instagram account is restricted.");
      throw new GraphFailure(368, 4854002, "(#368) Confirm your identity before you can publish as this Page.");
    case "quota_exhausted":
      if (isInstagram || !isCommit(call) || call.edge === "comments") return;
      throw new GraphFailure(368, 1390008, "(#368) It looks like you were misusing this feature by going too fast.");
    case "transient_errors":
      // A commit that fails is what `lost_answer` is for.
      if (isCommit(call) || countCall(context, user.id, kindOf(call)) % 2 === 0) return;
      throw new GraphFailure(2, null, "Service temporarily unavailable", { status: 500 });
  }
}

/** Trouble after the call was carried out. */
export function beforeAnswering(call: SandboxCall): void {
  if (call.user.behavior === "lost_answer" && isCommit(call)) throw new LostAnswer("the answer was dropped");
}

/** Whether a call makes something public, if it is carried out. */
export function isCommit({ method, edge, params }: Pick<SandboxCall, "method" | "edge" | "params">): boolean {
  if (method !== "POST") return false;
  const phase = params.get("upload_phase") ?? "finish";
  switch (edge) {
    case "media_publish":
    case "photo_stories":
    case "comments":
      return true;
    case "feed":
    case "photos":
      return params.get("published") !== "false";
    case "videos":
      return phase === "finish" && params.get("published") !== "false";
    case "video_reels":
    case "video_stories":
      return phase === "finish" && params.get("video_state") !== "DRAFT";
    case null:
      return params.get("is_published") === "true";
    default:
      return false;
  }
}

/** Calling while throttled lengthens the block, as Meta's page on rate limits says. */
function throttle(context: NetworkContext, call: SandboxCall): void {
  const now = context.clock();
  const user = context.records.user(call.user.id) ?? call.user;
  const isFirst = user.throttledUntil === null && call.method !== "GET";
  if (!isFirst && (user.throttledUntil ?? 0) <= now) return;
  const throttled = { ...user, throttledUntil: now + THROTTLE };
  context.records.saveUser(throttled);
  const [code, kind] = user.platform === "instagram" ? [80002, "Instagram"] : [80001, "Page"];
  const message = `(#${code}) There have been too many calls to this ${kind} account. Wait a bit and try again.`;
  throw new GraphFailure(code, null, message, { headers: usageHeaders(throttled, 0, now) });
}

/** What a call is called among others: the phases of an upload are different calls. */
function kindOf({ edge, params }: SandboxCall): string {
  return [edge ?? "node", params.get("upload_phase") ?? ""].filter((part) => part !== "").join("/");
}

/** Counts a call by its name, and answers its number. */
function countCall(context: NetworkContext, userId: string, name: string): number {
  const user = context.records.user(userId);
  if (!user) return 0;
  const calls = (user.calls[name] ?? 0) + 1;
  context.records.saveUser({ ...user, calls: { ...user.calls, [name]: calls } });
  return calls;
}
