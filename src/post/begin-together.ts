import type { BeginAnswer } from "./machine.ts";
import type { PublishMessage } from "./messages.ts";
import { refOf, taskOf } from "./messages.ts";
import type { PostObjects } from "./post-calls.ts";
import { objectName } from "./post-calls.ts";

export type TaskMessageBody = Extract<PublishMessage, { kind: "task" }>;

/**
 * Asks for the tasks of a batch: where several are of one post, its object is asked once for all of them, and stores and tells
 * once that they have begun. Messages of one post were sent at once and mostly come together.
 *
 * @returns what a message of the batch is answered
 */
export function beginner(
  posts: PostObjects,
  batch: readonly TaskMessageBody[],
): (message: TaskMessageBody) => Promise<BeginAnswer> {
  const ofPosts = Map.groupBy(batch, (message) => objectName(refOf(message)));
  const asked = new Map<string, Promise<BeginAnswer[]>>();
  return async function begin(message) {
    const ref = refOf(message);
    const name = objectName(ref);
    const together = ofPosts.get(name) ?? [];
    if (together.length === 1) return posts(ref).begin(taskOf(message));
    const answers = asked.get(name) ?? posts(ref).beginTogether(together.map(taskOf));
    asked.set(name, answers);
    const answer = (await answers)[together.indexOf(message)];
    if (!answer) throw new Error("a message of a batch was not answered");
    return answer;
  };
}
